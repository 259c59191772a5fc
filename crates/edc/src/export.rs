//! Takes data out: the records of a study, handed to an exporter in pages, with flat memory.
//!
//! Without a cut-off, a history or a fixed order, records come from the view, form by form; else
//! each casebook is folded from its log, as far as the cut-off. Readers run on the runtime, the
//! exporter on a thread of its own, with a few pages between them.

mod attached;
mod casebook;
mod folded;
mod page;
mod people;
mod sqlite_file;
mod viewed;
mod whole;
mod writer;

use std::{collections::HashSet, sync::Arc};

use contract::{Act, Context, Scope, Sites};
use formats::{
    export::{
        ExportError, ExportOptions, Exporter, Format, Sink, Written, csv_tables,
        dataset_json_tables, xpt_tables,
    },
    tabular::TabularExporter,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use kernel::{CheckOid, FormOid, ItemOid, SiteOid, StudyOid, casebook::Query};
use tokio::sync::mpsc;

use self::{people::People, sqlite_file::SqliteTables};
use crate::{Edc, Failure, study::Study, tabulate::TabulationExporter};

/// The formats of this crate: those that need a database to be written, or expressions evaluated.
const OWN_FORMATS: &[Format] = &[
    Format {
        name: "sqlite",
        media_type: "application/vnd.sqlite3",
        summary: "one SQLite file with all tables, which describes itself",
        make: |options| {
            let writer = SqliteTables::new(&options.language);
            Box::new(TabularExporter::one_file(writer, &options.language))
        },
    },
    Format {
        name: "sdtm-xpt",
        media_type: "application/x-sas-xport",
        summary: "datasets by the mapping of the study version, as SAS transport files",
        make: |options| Box::new(TabulationExporter::new(xpt_tables(options))),
    },
    Format {
        name: "sdtm-dataset-json",
        media_type: "application/json",
        summary: "datasets by the mapping of the study version, as CDISC Dataset-JSON 1.1",
        make: |options| Box::new(TabulationExporter::new(dataset_json_tables(options))),
    },
    Format {
        name: "sdtm-csv",
        media_type: "text/csv; charset=utf-8",
        summary: "datasets by the mapping of the study version, as CSV with scripts",
        make: |options| Box::new(TabulationExporter::new(csv_tables(options))),
    },
];

/// All formats in which a study can be exported.
pub fn formats() -> impl Iterator<Item = &'static Format> {
    formats::export::FORMATS.iter().chain(OWN_FORMATS)
}

/// The format of this name; refuses a name that none has.
pub fn format_named(name: &str) -> Result<&'static Format, ExportFailure> {
    formats().find(|known| known.name == name).ok_or_else(|| {
        let names: Vec<&str> = formats().map(|known| known.name).collect();
        ExportFailure::FormatUnknown(name.to_owned(), names.join(", "))
    })
}

/// Reads whose pages wait for the exporter, so that it works on one while the next is read.
const QUEUE: usize = 4;

/// What is exported.
#[derive(Clone, Debug, Default)]
pub struct ExportRequest {
    /// The name of a format of [`formats`].
    pub format: String,
    /// The state at this time; that of now when absent.
    pub as_of: Option<Timestamp>,
    pub site: Option<SiteOid>,
    /// Only these forms; all when empty.
    pub forms: Vec<FormOid>,
    pub options: ExportOptions,
    /// With the bytes of attached files, in a folder `files` beside the data.
    pub files: bool,
    /// The version of the program, for the files that name their source system.
    pub source_version: String,
}

/// What was exported.
#[derive(Clone, Debug)]
pub struct Exported {
    pub files: Vec<Written>,
    /// The text of `manifest.json`.
    pub manifest: String,
}

/// What could not be exported, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailure {
    #[error("'{0}' is not a format; there are {1}")]
    FormatUnknown(String, String),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Failed(#[from] Failure),
    #[error("the export stopped: {0}")]
    Stopped(String),
}

/// Told from time to time how many records are through.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// What the readers and the writer of one export know.
pub(crate) struct Job {
    pub edc: Arc<Edc>,
    pub study: Arc<Study>,
    pub request: ExportRequest,
    pub sites: Sites,
    /// Items that the caller must not see.
    pub hidden: HashSet<ItemOid>,
    /// Checks whose queries he must not see.
    pub hidden_checks: HashSet<CheckOid>,
    pub trail: bool,
    /// Whole casebooks with their journals are exported.
    pub whole: bool,
}

impl Job {
    pub fn has_site(&self, site: &str) -> bool {
        self.sites.contains(site)
            && self.request.site.as_ref().is_none_or(|only| only.as_str() == site)
    }

    /// Whether nothing is hidden at all.
    pub fn sees_all(&self) -> bool {
        self.hidden.is_empty() && self.hidden_checks.is_empty()
    }

    /// Whether neither the query's item nor its check reveals the arm.
    pub fn shows_query(&self, query: &Query) -> bool {
        let (item, check) = (&query.opened.item, &query.opened.check);
        item.as_ref().is_none_or(|item| !self.hidden.contains(&item.item))
            && check.as_ref().is_none_or(|check| !self.hidden_checks.contains(check))
    }

    pub fn has_form(&self, form: &FormOid) -> bool {
        self.request.forms.is_empty() || self.request.forms.contains(form)
    }
}

/// Exports a study to a sink. Values that reveal the arm are left out for a caller who may not see
/// them; sites that he may not see as well.
pub fn export<'a>(
    edc: &'a Arc<Edc>,
    context: &'a Context,
    study: &'a StudyOid,
    request: ExportRequest,
    sink: Box<dyn Sink + Send>,
    progress: Progress,
) -> BoxFuture<'a, Result<Exported, ExportFailure>> {
    // Behind a pointer, so that it is compiled here and not again by every caller.
    Box::pin(permitted(edc, context, study, request, sink, progress))
}

async fn permitted(
    edc: &Arc<Edc>,
    context: &Context,
    study: &StudyOid,
    request: ExportRequest,
    sink: Box<dyn Sink + Send>,
    progress: Progress,
) -> Result<Exported, ExportFailure> {
    let study = edc.study_for(context, study, Act::ExportData).await?;
    let oid = study.oid.as_str();
    if let Some(site) = &request.site {
        let scope = Scope::at_site(oid, site.as_str());
        context.caller.permit(Act::ExportData, scope).map_err(Failure::from)?;
    }
    let sites = context.caller.sites(Act::ExportData, oid);
    if matches!(&sites, Sites::Only(only) if only.is_empty()) {
        let scope = Scope::study_wide(oid);
        context.caller.permit(Act::ExportData, scope).map_err(Failure::from)?;
    }
    let unblinded = context.caller.permit(Act::ReadUnblinded, Scope::study_wide(oid)).is_ok();
    let then = match request.as_of {
        Some(at) => edc.studies.at(&study.oid, at).await.map_err(|failure| before(failure, at))?,
        None => Arc::clone(&study),
    };
    let (mut hidden, mut hidden_checks) = blinded([&study, &then]);
    if unblinded {
        if !hidden.is_empty() {
            edc.note_unblinded_export(context, oid).await?;
        }
        (hidden, hidden_checks) = Default::default();
    }
    let exporter = (format_named(&request.format)?.make)(&request.options);
    if exporter.needs_whole_casebooks() && !request.forms.is_empty() {
        return Err(ExportFailure::Export(ExportError::DoesNotFit {
            what: "a choice of forms".to_owned(),
            advice: "it takes whole casebooks; leave the choice out".to_owned(),
        }));
    }
    let job = Arc::new(Job {
        edc: Arc::clone(edc),
        trail: exporter.needs_trail(),
        whole: exporter.takes_casebooks(),
        study: then,
        request,
        sites,
        hidden,
        hidden_checks,
    });
    carry_out(&job, exporter, sink, progress).await
}

/// The items and checks that tell the arm by any of these: what tells it now is hidden, be it that it
/// was not said to tell it then.
fn blinded(studies: [&Study; 2]) -> (HashSet<ItemOid>, HashSet<CheckOid>) {
    let versions = studies.map(|study| study.whole().version());
    let items = versions.iter().flat_map(|version| version.blinding.items.iter().cloned());
    let checks = versions.iter().flat_map(|version| &version.checks);
    let checks = checks.filter(|check| check.blinded).map(|check| check.oid.clone());
    (items.collect(), checks.collect())
}

/// Reads on the runtime, and writes on a thread.
async fn carry_out(
    job: &Arc<Job>,
    exporter: Box<dyn Exporter>,
    sink: Box<dyn Sink + Send>,
    progress: Progress,
) -> Result<Exported, ExportFailure> {
    let people =
        if exporter.needs_people() { people::gather(job).await? } else { People::default() };
    let (send, receive) = mpsc::channel(QUEUE);
    let created_at = (job.edc.clock)().to_string();
    let writing = {
        let job = Arc::clone(job);
        let order = exporter.any_order();
        let handle = tokio::task::spawn_blocking(move || {
            writer::write(&job, &people, exporter, sink, receive, &created_at, &progress)
        });
        (handle, order)
    };
    let (handle, any_order) = writing;
    let read = if any_order && !job.trail && job.request.as_of.is_none() {
        viewed::read(job, &send).await
    } else {
        folded::read(job, &send).await
    };
    if let Err(failure) = &read {
        // The writer must not take a broken stream for a complete one.
        let _ = send.send(vec![page::Page::Broken(failure.to_string())]).await;
    }
    drop(send);
    let written = handle.await.map_err(|error| ExportFailure::Stopped(error.to_string()))?;
    read?;
    written
}

/// Before its first version a study has nothing to be exported.
fn before(failure: Failure, at: Timestamp) -> ExportFailure {
    match failure {
        Failure::StudyUnknown(_) | Failure::StudyNotPublished(_) => {
            ExportFailure::Export(ExportError::DoesNotFit {
                what: format!("the state at {at}, when the study had no version yet,"),
                advice: "choose a later instant".to_owned(),
            })
        }
        other => other.into(),
    }
}
