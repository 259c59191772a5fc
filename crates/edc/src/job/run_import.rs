//! Carries out an import: decides every row, and writes if that is what is wanted.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use contract::{Context, Error};
use kernel::StudyOid;

use super::{
    event::{ImportWanted, JobEvent, ReportMade, Stage},
    rows::{ROWS, RowsOut},
    start::FHIR,
    upload::{WHOLE, full_or_broke},
    work::Meter,
};
use crate::{
    Edc, Failure,
    failure::Result,
    import::{
        ImportFailure, ImportOptions, ImportReport, Phase, Progress, RowReport, Source,
        fhir_source, import, odm_source, table_source,
    },
};

/// Faults of a mapping that are kept.
const MOST_FAULTS: usize = 200;

/// What is imported, and how.
pub(super) struct Task<'a> {
    pub data_file: &'a str,
    pub wanted: &'a ImportWanted,
    /// What was found when it was checked.
    pub checked: Option<&'a ReportMade>,
    pub stage: &'a Stage,
}

/// Checks, or applies, an import as the caller may.
pub(super) async fn run(
    edc: &Arc<Edc>,
    context: &Context,
    (study, id): (&StudyOid, &str),
    task: Task<'_>,
    (attempt, meter): (i64, &Arc<Meter>),
) -> Result<JobEvent> {
    let folder = edc.job_folder()?.of(id);
    let source = match source(edc, study, &folder.join(WHOLE), &task).await {
        Ok(source) => source,
        Err(failure) => return failed(failure, &folder),
    };
    let keep_good = match task.stage {
        Stage::Applying { keep_good } => Some(*keep_good),
        _ => None,
    };
    if keep_good.is_some() && task.checked.is_none_or(|report| report.sha256 != source.digest) {
        let error = Error::refused("IMPORT_CHANGED", "the files are not those that were checked");
        return Ok(because(&error, Vec::new()));
    }
    let usual = || format!("import of {}", task.data_file);
    let options = ImportOptions {
        dry_run: keep_good.is_none(),
        keep_good: keep_good.unwrap_or(false),
        complete: task.wanted.complete,
        reason: task.wanted.reason.clone().unwrap_or_else(usual),
    };
    meter.total.store(task.checked.map_or(0, rows_of), Relaxed);
    let shown = Arc::clone(meter);
    let progress: Progress = Arc::new(move |phase, done| {
        shown.applying.store(phase == Phase::Applying, Relaxed);
        shown.done.store(done, Relaxed);
    });
    let written = folder.join(format!("rows-{attempt}.csv"));
    let mut rows = RowsOut::create(written.clone())
        .map_err(|error| full_or_broke("write the report of an import", &error))?;
    let mut on_row = |phase: Phase, row: &RowReport| rows.take(phase, row);
    let report = import(edc, context, study, &source, options, progress, &mut on_row).await;
    let report = match report {
        Ok(report) => report,
        Err(failure) => return failed(failure, &folder),
    };
    rows.finish()
        .and_then(|()| fs::rename(&written, folder.join(ROWS)))
        .map_err(|error| full_or_broke("write the report of an import", &error))?;
    let made = made(report, source.digest, keep_good.is_some() && attempt > 1, &folder);
    // What was there to be applied may have changed since it was checked: then it is checked again.
    Ok(if made.1 { JobEvent::ImportApplied(made.0) } else { JobEvent::ImportChecked(made.0) })
}

async fn source(
    edc: &Edc,
    study: &StudyOid,
    folder: &Path,
    task: &Task<'_>,
) -> Result<Source, ImportFailure> {
    let design = edc.design(study).await?;
    let data = folder.join(task.data_file);
    let mapping: Option<PathBuf> = task.wanted.mapping_file.as_ref().map(|file| folder.join(file));
    let opened = tokio::task::spawn_blocking(move || match mapping {
        Some(mapping) => table_source(&data, &mapping, design),
        None if is_fhir(&data) => fhir_source(&data, design),
        None => odm_source(&data, &design),
    });
    opened.await.map_err(|error| ImportFailure::Stopped(error.to_string()))?
}

fn is_fhir(data: &Path) -> bool {
    let name = data.to_string_lossy().to_ascii_lowercase();
    FHIR.iter().any(|end| name.ends_with(end))
}

/// What is wrong with the files is for the caller, without the place of our folder; everything else
/// is not.
fn failed(failure: ImportFailure, folder: &Path) -> Result<JobEvent> {
    let told = |text: String| without(&text, folder);
    match failure {
        ImportFailure::Failed(failure) => Err(failure),
        ImportFailure::Stopped(why) => Err(Failure::Broke(why)),
        ImportFailure::Format(fault) => {
            let error = Error::refused("IMPORT_UNREADABLE", "the file cannot be read");
            Ok(because(&error, vec![told(fault.to_string())]))
        }
        ImportFailure::Unfit(findings) => {
            let faults = findings.iter().take(MOST_FAULTS).map(|one| told(one.to_string()));
            let error = Error::refused("IMPORT_UNFIT", "the mapping does not fit");
            Ok(because(&error, faults.collect()))
        }
    }
}

fn because(error: &Error, faults: Vec<String>) -> JobEvent {
    JobEvent::JobFailed { code: error.reason().to_owned(), faults }
}

fn without(text: &str, folder: &Path) -> String {
    let inside = format!("{}/", folder.join(WHOLE).display());
    text.replace(&inside, "")
}

/// What is kept of a report, and whether anything was written.
fn made(report: ImportReport, sha256: String, resumed: bool, folder: &Path) -> (ReportMade, bool) {
    let counts = report.counts;
    let made = ReportMade {
        accepted: counts.accepted,
        changed: counts.changed,
        unchanged: counts.unchanged,
        skipped: counts.skipped,
        rejected: counts.rejected,
        records: report.records,
        values: report.values,
        queries_opened: report.queries_opened,
        queries_closed: report.queries_closed,
        broken: report.broken.map(|text| without(&text, folder)),
        resumed,
        sha256,
    };
    (made, report.applied)
}

fn rows_of(report: &ReportMade) -> u64 {
    report.accepted + report.changed + report.unchanged + report.skipped + report.rejected
}
