//! What callers have done with jobs: permit, read, decide, append, answer.

use std::sync::Arc;

use contract::{Act, Context, Error, Permit, Scope, Sites};
use formats::export::ExportOptions;
use kernel::{FormOid, StudyOid};
use store::Effect;

use super::{
    event::{ExportWanted, ImportWanted, JobEvent, JobState, Matter, Stage},
    files::{JobFolder, file_name},
    list::{may_take, names},
    log::{Author, JobKind, Known, request_half},
    upload::received,
    work::Work,
};
use crate::{Edc, export, failure::Result};

/// What can be imported, by the end of the name.
const TABLES: [&str; 3] = [".csv", ".xpt", ".xlsx"];
const ODM: &str = ".xml";
/// FHIR resources; with a mapping it is a table of Dataset-JSON.
pub(super) const FHIR: [&str; 2] = [".json", ".ndjson"];
const LONGEST_REASON: usize = 1_000;

impl Edc {
    /// The folder of jobs. Refuses where there is none.
    pub(crate) fn job_folder(&self) -> Result<&Arc<JobFolder>, Error> {
        let message = "this process has no folder for jobs";
        self.jobs.as_ref().ok_or_else(|| Error::unavailable(message))
    }

    /// The work as a job of the store, for whoever has the folder.
    fn enqueue(&self, context: &Context, id: &str, at_ms: i64) -> Result<Effect> {
        Ok(Effect::Enqueue {
            queue: self.job_folder()?.queue(),
            key: id.to_owned(),
            payload: Work::new(context).to_bytes()?,
            run_at_ms: at_ms,
        })
    }

    /// Begins a job, unless the same request has begun it already.
    async fn begin(
        &self,
        (context, study): (&Context, &StudyOid),
        kind: JobKind,
        (permit, request): (&Permit, Option<&String>),
        (event, is_enqueued): (JobEvent, bool),
    ) -> Result<(String, JobState)> {
        self.job_folder()?;
        let at_ms = (self.clock)().as_millisecond();
        let author = Author::new(permit, context, request);
        let id = kind.new_id(study, &author.actor, &author.request_id, at_ms);
        // Two calls with the same id, one after the other, are one; so are two at once, here.
        let _one_at_a_time = self.starting.lock().await;
        if request.is_some() {
            let all = names(self, study, kind).await?;
            let same = all.into_iter().find(|known| request_half(known) == request_half(&id));
            if let Some(same) = same {
                let known = self.job(study, kind, &same).await?;
                return Ok((same, known.state));
            }
        }
        let effects = if is_enqueued { vec![self.enqueue(context, &id, at_ms)?] } else { vec![] };
        let decide = |state: &JobState| {
            let is_new = state.matter.is_none();
            Ok(is_new.then(|| (event.clone(), effects.clone())))
        };
        let state = self.change_job(study.as_str(), &id, &author, decide).await?;
        Ok((id, state))
    }
}

/// A permit for what is done with jobs of a kind: for exports at the site that is named, or at any.
pub(super) fn permit(
    context: &Context,
    study: &StudyOid,
    kind: JobKind,
    site: Option<&str>,
) -> Result<Permit, Error> {
    let wide = Scope::study_wide(study.as_str());
    let scope = match (kind, site) {
        (JobKind::Import, _) => wide,
        (JobKind::Export, Some(site)) => Scope::at_site(study.as_str(), site),
        (JobKind::Export, None) => match context.caller.sites(kind.act(), study.as_str()) {
            Sites::Only(own) => match own.first() {
                Some(first) => Scope::at_site(study.as_str(), first.as_str()),
                None => wide,
            },
            Sites::All => wide,
        },
    };
    context.caller.permit(kind.act(), scope)
}

/// Starts an export for the caller, who sees in it what he may see now.
pub(crate) async fn start_export(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    mut wanted: ExportWanted,
    request: Option<&String>,
) -> Result<(String, JobState)> {
    let known = edc.study_for(context, study, Act::ExportData).await?;
    let site = wanted.site.as_ref().map(AsRef::as_ref);
    let permit = permit(context, study, JobKind::Export, site)?;
    let Ok(format) = export::format_named(&wanted.format) else {
        return Err(Error::invalid("format", "there is no such format").into());
    };
    let version = known.compiled.design.version();
    let exporter = (format.make)(&ExportOptions::default());
    if exporter.needs_tabulation() && version.tabulation.is_empty() {
        let message = "the study version has no tabulation mapping";
        return Err(Error::refused("TABULATION_MISSING", message).into());
    }
    if exporter.needs_whole_casebooks() && !wanted.forms.is_empty() {
        let message = "it takes whole casebooks; leave the choice out";
        return Err(Error::invalid("formOids", message).into());
    }
    let is_form = |oid: &FormOid| version.forms.iter().any(|form| form.oid == *oid);
    if !wanted.forms.iter().all(is_form) {
        return Err(Error::invalid("formOids", "the study has no such form").into());
    }
    if let Some(site) = &wanted.site {
        known.site(site)?;
    }
    wanted.sites = match context.caller.sites(Act::ExportData, study.as_str()) {
        Sites::All => None,
        Sites::Only(own) => Some(own.into_iter().collect()),
    };
    let wide = Scope::study_wide(study.as_str());
    wanted.unblinded = context.caller.permit(Act::ReadUnblinded, wide).is_ok()
        && !version.blinding.items.is_empty();
    let event = JobEvent::ExportRequested(wanted);
    edc.begin((context, study), JobKind::Export, (&permit, request), (event, true)).await
}

/// Begins an import; its files come next.
pub(crate) async fn start_import(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    data_file: &str,
    request: Option<&String>,
) -> Result<(String, JobState)> {
    edc.study_for(context, study, Act::ImportData).await?;
    let permit = permit(context, study, JobKind::Import, None)?;
    file_name("dataFile", data_file)?;
    let lower = data_file.to_ascii_lowercase();
    if !TABLES.iter().chain([&ODM]).chain(&FHIR).any(|end| lower.ends_with(end)) {
        let kinds = "give a .csv, .xpt, .xlsx, .xml, .json or .ndjson";
        return Err(Error::invalid("dataFile", kinds).into());
    }
    let event = JobEvent::ImportRequested { data_file: data_file.to_owned() };
    edc.begin((context, study), JobKind::Import, (&permit, request), (event, false)).await
}

/// Whether the caller may list jobs of a kind at all.
pub(crate) async fn may_list(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    kind: JobKind,
) -> Result<()> {
    edc.study_for(context, study, kind.act()).await?;
    permit(context, study, kind, None)?;
    Ok(())
}

/// An import of a caller who may import.
pub(crate) async fn import_of(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    id: &str,
) -> Result<(Permit, Known)> {
    edc.study_for(context, study, Act::ImportData).await?;
    let permit = permit(context, study, JobKind::Import, None)?;
    let known = edc.job(study, JobKind::Import, id).await?;
    Ok((permit, known))
}

/// An export that the caller could have made.
pub(crate) async fn export_of(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    id: &str,
) -> Result<(Permit, Known)> {
    edc.study_for(context, study, Act::ExportData).await?;
    let permit = permit(context, study, JobKind::Export, None)?;
    let known = edc.job(study, JobKind::Export, id).await?;
    if !may_take(context, study, &known.state) {
        return Err(JobKind::Export.unknown(id).into());
    }
    Ok((permit, known))
}

/// Has an import decided without writing anything. Refuses with `UPLOAD_INCOMPLETE` while a file is
/// not there, and with `JOB_STATE` while it is worked on or after it was applied.
pub(crate) async fn check_import(
    edc: &Edc,
    context: &Context,
    (study, id): (&StudyOid, &str),
    wanted: ImportWanted,
    request: Option<&String>,
) -> Result<JobState> {
    let (permit, known) = import_of(edc, context, study, id).await?;
    let Matter::Import { data_file, .. } = matter(&known.state)? else {
        return Err(JobKind::Import.unknown(id).into());
    };
    let lower = data_file.to_ascii_lowercase();
    let is_fhir = FHIR.iter().any(|end| lower.ends_with(end));
    if !is_fhir && lower.ends_with(ODM) == wanted.mapping_file.is_some() {
        let message = "a table needs a mapping; an ODM document has none";
        return Err(Error::invalid("mappingFile", message).into());
    }
    if wanted.reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid("reason", "at most 1000 characters").into());
    }
    let there = received(edc.job_folder()?, id).await?;
    let needed = [Some(data_file), wanted.mapping_file.as_ref()];
    for name in needed.into_iter().flatten() {
        if !there.iter().any(|file| file.whole && file.name == *name) {
            let message = format!("{name} has not arrived whole");
            let error = Error::refused("UPLOAD_INCOMPLETE", message);
            return Err(error.with_metadata("file", name.as_str()).into());
        }
    }
    let at_ms = (edc.clock)().as_millisecond();
    let author = Author::new(&permit, context, request);
    let work = edc.enqueue(context, id, at_ms)?;
    let decide = |state: &JobState| {
        if state.stage == Stage::Waiting && state.wanted() == Some(&wanted) {
            return Ok(None);
        }
        if !state.takes_files() {
            return Err(wrong_state("it is being worked on, or has ended").into());
        }
        Ok(Some((JobEvent::ImportCheckRequested(wanted.clone()), vec![work.clone()])))
    };
    edc.change_job(study.as_str(), id, &author, decide).await
}

/// Has an import applied that was checked. Refuses with `IMPORT_HAS_REJECTED_ROWS` unless the good
/// rows are wanted all the same.
pub(crate) async fn apply_import(
    edc: &Edc,
    context: &Context,
    (study, id): (&StudyOid, &str),
    keep_good: bool,
    request: Option<&String>,
) -> Result<JobState> {
    let (permit, _) = import_of(edc, context, study, id).await?;
    let at_ms = (edc.clock)().as_millisecond();
    let author = Author::new(&permit, context, request);
    let work = edc.enqueue(context, id, at_ms)?;
    let decide = |state: &JobState| match (&state.stage, state.report()) {
        (Stage::Applying { .. } | Stage::Done, _) => Ok(None),
        (Stage::Checked, Some(report)) if report.rejected > 0 && !keep_good => {
            let message = format!("{} rows cannot be loaded", report.rejected);
            let error = Error::refused("IMPORT_HAS_REJECTED_ROWS", message);
            Err(error.with_metadata("rejected", report.rejected.to_string()).into())
        }
        (Stage::Checked, Some(_)) => {
            let event = JobEvent::ImportApplyRequested { keep_good };
            Ok(Some((event, vec![work.clone()])))
        }
        _ => Err(wrong_state("it was not checked").into()),
    };
    edc.change_job(study.as_str(), id, &author, decide).await
}

/// Cancels a job that has not ended. The worker hears of it within a second or two.
pub(crate) async fn cancel(
    edc: &Edc,
    context: &Context,
    (study, id): (&StudyOid, &str),
    kind: JobKind,
    request: Option<&String>,
) -> Result<JobState> {
    let (permit, _) = match kind {
        JobKind::Export => export_of(edc, context, study, id).await?,
        JobKind::Import => import_of(edc, context, study, id).await?,
    };
    let author = Author::new(&permit, context, request);
    let decide = |state: &JobState| {
        if state.stage == Stage::Cancelled {
            return Ok(None);
        }
        if state.has_ended() {
            return Err(wrong_state("it has ended").into());
        }
        Ok(Some((JobEvent::JobCancelled, Vec::new())))
    };
    edc.change_job(study.as_str(), id, &author, decide).await
}

fn matter(state: &JobState) -> Result<&Matter> {
    let none = || crate::Failure::Broke("a job has no first entry".to_owned());
    state.matter.as_ref().ok_or_else(none)
}

fn wrong_state(why: &str) -> Error {
    Error::refused("JOB_STATE", format!("this cannot be done with the job: {why}"))
}
