//! Brings data in: parse and check everything, then apply it as ordinary saves.
//!
//! A source gives [`Unit`]s: form records, subjects, rows that its mapping leaves out or refuses.
//! The first pass decides all of them against copies of the casebooks and writes nothing. Only if
//! no row is rejected, or the good ones are wanted all the same, a second pass applies them. Each
//! record is saved under a request id made from its content, so that a second run, or one after a
//! kill, does nothing twice.

mod apply;
mod fhir;
mod odm;
mod record;
mod redcap;
mod report;
mod source;
mod subjects;

use std::sync::Arc;

use contract::{Act, Context, Permit, Scope};
use formats::FormatError;
use futures::future::BoxFuture;
use kernel::StudyOid;

pub use self::{
    fhir::fhir_source,
    odm::odm_source,
    redcap::{is_redcap, redcap_source},
    report::{Counts, ImportReport, Outcome, RowReport},
    source::{
        Cell, Expect, Given, Place, RecordUnit, Source, SubjectUnit, Take, Unit, suggested_mapping,
        table_source,
    },
};
use crate::{Edc, Failure, study::Study};

/// How an import is run.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Decides everything and writes nothing.
    pub dry_run: bool,
    /// Applies the good rows of a file that has bad ones.
    pub keep_good: bool,
    /// Marks the records that it fills as complete.
    pub complete: bool,
    /// Why values change that were complete before.
    pub reason: String,
}

/// What cannot be imported, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("the mapping does not fit the study or the file")]
    Unfit(Vec<formats::Finding>),
    #[error(transparent)]
    Failed(#[from] Failure),
    #[error("the import stopped: {0}")]
    Stopped(String),
}

/// Told from time to time how many rows are through, of how many if that is known.
pub type Progress = Arc<dyn Fn(Phase, u64) + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Checking,
    Applying,
}

/// Everything that the steps of one import share.
#[derive(Clone)]
pub(crate) struct Run {
    pub edc: Arc<Edc>,
    pub study: Arc<Study>,
    pub context: Context,
    pub permit: Arc<Permit>,
    pub options: ImportOptions,
    /// Stands for the file in request ids.
    pub file_digest: String,
}

/// Is told what became of each row, in both phases.
pub type OnRow<'a> = dyn FnMut(Phase, &RowReport) + Send + 'a;

/// Imports a source into a study.
///
/// Nothing is written when a row is rejected, unless `keep_good`; the report then says so.
pub fn import<'a>(
    edc: &'a Arc<Edc>,
    context: &'a Context,
    study: &'a StudyOid,
    source: &'a Source,
    options: ImportOptions,
    progress: Progress,
    on_row: &'a mut OnRow<'_>,
) -> BoxFuture<'a, Result<ImportReport, ImportFailure>> {
    // Behind a pointer, so that it is compiled here and not again by every caller.
    Box::pin(in_two_passes(edc, context, study, source, options, progress, on_row))
}

async fn in_two_passes(
    edc: &Arc<Edc>,
    context: &Context,
    study: &StudyOid,
    source: &Source,
    options: ImportOptions,
    progress: Progress,
    on_row: &mut OnRow<'_>,
) -> Result<ImportReport, ImportFailure> {
    let study = edc.study_for(context, study, Act::ImportData).await?;
    let scope = Scope::study_wide(study.oid.as_str());
    let permit = context.caller.permit(Act::ImportData, scope).map_err(Failure::from)?;
    let run = Run {
        edc: Arc::clone(edc),
        study,
        context: context.clone(),
        permit: Arc::new(permit),
        options: options.clone(),
        file_digest: source.digest.clone(),
    };
    let checked = apply::pass(&run, source, Phase::Checking, &progress, on_row).await?;
    let bad = checked.counts.rejected > 0 || checked.broken.is_some();
    if options.dry_run || (bad && !options.keep_good) {
        return Ok(checked);
    }
    let mut applied = apply::pass(&run, source, Phase::Applying, &progress, on_row).await?;
    applied.applied = true;
    Ok(applied)
}
