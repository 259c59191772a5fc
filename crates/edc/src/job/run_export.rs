//! Carries out an export: writes its files, counts while it does, packs them.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use contract::{Act, Context, Scope, Sites};
use formats::export::{ExportError, ExportOptions, Scratch, Sink, Written};
use jiff::Timestamp;
use kernel::{ItemOid, StudyOid};
use store::Range;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    event::{ExportMade, ExportWanted, FileMade, JobEvent},
    files::{JobFolder, sha256, write_whole},
    upload::{broke, full_or_broke},
    work::Meter,
};
use crate::{
    Edc, Failure,
    export::{ExportFailure, ExportRequest, Exported, Progress, export},
    failure::Result,
    views::{SUBJECT, decode_subject},
};

const MANIFEST: &str = "manifest.json";
/// Rows of subjects that are read at a time.
const ROWS: u32 = 2_000;

/// The folder in which an attempt writes, inside that of the job.
pub(super) fn out_folder(attempt: i64) -> String {
    format!("out-{attempt}")
}

/// Exports as the caller may, into the folder of the job.
pub(super) async fn run(
    edc: &Arc<Edc>,
    context: &Context,
    (study, id): (&StudyOid, &str),
    wanted: &ExportWanted,
    (attempt, meter): (i64, &Arc<Meter>),
) -> Result<JobEvent> {
    let folder = Arc::clone(edc.job_folder()?);
    let out = folder.inside(id, &out_folder(attempt));
    let out = out.map_err(|error| full_or_broke("make a folder for an export", &error))?;
    if wanted.forms.is_empty() {
        meter.total.store(expected(edc, context, study, wanted).await?, Relaxed);
    }
    let hidden_before = hidden(edc, context, study).await?;
    let default = ExportOptions::default();
    let request = ExportRequest {
        format: wanted.format.clone(),
        as_of: wanted.as_of_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        site: wanted.site.clone(),
        forms: wanted.forms.clone(),
        options: ExportOptions {
            byte_order_mark: wanted.byte_order_mark,
            trail: wanted.trail,
            language: wanted.language.clone().unwrap_or_else(|| default.language.clone()),
            ..default
        },
        files: wanted.files,
        source_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let sink = Counted { folder: out.clone(), bytes: Arc::clone(&meter.bytes) };
    let shown = Arc::clone(meter);
    let progress: Progress = Arc::new(move |done| shown.done.store(done, Relaxed));
    let exported = export(edc, context, study, request, Box::new(sink), progress).await;
    let exported = exported.map_err(failure)?;
    // What is kept as left out was left out whatever version was in force meanwhile.
    let mut left_out = hidden(edc, context, study).await?;
    left_out.retain(|item| hidden_before.contains(item));
    let at = (edc.clock)();
    let name = archive_name(study, &wanted.format, at);
    let packed = tokio::task::spawn_blocking({
        let job = folder.of(id);
        move || pack(&job.join(&name), &out, exported, at)
    });
    let packed = packed.await.map_err(|error| Failure::Broke(error.to_string()))?;
    let (archive, files) = packed.map_err(|error| full_or_broke("pack an export", &error))?;
    remove_other_attempts(&folder, id, attempt)?;
    let mut hidden: Vec<ItemOid> = left_out.into_iter().collect();
    hidden.sort();
    Ok(JobEvent::ExportFinished(ExportMade { attempt, archive, files, hidden }))
}

/// The items that this caller does not see.
async fn hidden(edc: &Edc, context: &Context, study: &StudyOid) -> Result<HashSet<ItemOid>> {
    if context.caller.permit(Act::ReadUnblinded, Scope::study_wide(study.as_str())).is_ok() {
        return Ok(HashSet::new());
    }
    let known = edc.study(study).await?;
    Ok(known.compiled.design.version().blinding.items.iter().cloned().collect())
}

/// How many form records there are at the sites that are exported.
async fn expected(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    wanted: &ExportWanted,
) -> Result<u64> {
    let sites: Sites = context.caller.sites(Act::ExportData, study.as_str());
    let is_wanted = |site: &str| {
        sites.contains(site) && wanted.site.as_ref().is_none_or(|only| only.as_str() == site)
    };
    let mut records = 0;
    let mut range = Range::all(SUBJECT, study.as_str(), ROWS);
    loop {
        let rows = edc.store.list(range.clone()).await?;
        for (_, bytes) in &rows {
            let subject = decode_subject(bytes)?;
            if is_wanted(&subject.site) {
                records += subject.visits.values().map(|cell| u64::from(cell.records)).sum::<u64>();
            }
        }
        match rows.into_iter().next_back() {
            Some((last, _)) => range = range.after(last),
            None => return Ok(records),
        }
    }
}

/// Files in a folder; what is written to them is counted.
struct Counted {
    folder: PathBuf,
    bytes: Arc<AtomicU64>,
}

struct CountedFile {
    file: BufWriter<File>,
    bytes: Arc<AtomicU64>,
}

impl Sink for Counted {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        let file = BufWriter::new(File::create(path)?);
        Ok(Box::new(CountedFile { file, bytes: Arc::clone(&self.bytes) }))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile_in(&self.folder)?))
    }
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes.fetch_add(written as u64, Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts the files and the manifest into one archive; all of them are on disk then.
fn pack(
    path: &Path,
    out: &Path,
    exported: Exported,
    at: Timestamp,
) -> io::Result<(FileMade, Vec<FileMade>)> {
    write_whole(&out.join(MANIFEST), exported.manifest.as_bytes())?;
    let mut files: Vec<FileMade> = exported.files.into_iter().map(FileMade::from).collect();
    let (hash, bytes) = sha256(&out.join(MANIFEST))?;
    let manifest =
        FileMade { name: MANIFEST.to_owned(), bytes, sha256: hash, ..FileMade::default() };
    files.push(manifest);
    let mut archive = ZipWriter::new(BufWriter::new(File::create(path)?));
    let options = SimpleFileOptions::default().large_file(true);
    let options = zip_time(at).map_or(options, |time| options.last_modified_time(time));
    for file in &files {
        archive.start_file(file.name.as_str(), options)?;
        let mut opened = File::open(out.join(&file.name))?;
        io::copy(&mut opened, &mut archive)?;
        opened.sync_all()?;
    }
    let mut written = archive.finish()?;
    written.flush()?;
    written.get_ref().sync_all()?;
    let (sha256, bytes) = sha256(path)?;
    let archive = FileMade {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        rows: files.iter().map(|file| file.rows).sum(),
        values: files.iter().map(|file| file.values).sum(),
        bytes,
        sha256,
    };
    Ok((archive, files))
}

fn zip_time(at: Timestamp) -> Option<zip::DateTime> {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let number = |part: i8| u8::try_from(part).ok();
    zip::DateTime::from_date_and_time(
        u16::try_from(at.year()).ok()?,
        number(at.month())?,
        number(at.day())?,
        number(at.hour())?,
        number(at.minute())?,
        number(at.second())?,
    )
    .ok()
}

/// Such as `CDISCPILOT01-csv-20261129T0130Z.zip`.
fn archive_name(study: &StudyOid, format: &str, at: Timestamp) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let plain: String =
        study.as_str().chars().take(60).map(|c| if is_plain(c) { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.');
    format!("{plain}-{format}-{}.zip", at.strftime("%Y%m%dT%H%MZ"))
}

fn remove_other_attempts(folder: &JobFolder, id: &str, attempt: i64) -> Result<()> {
    let failed = |error: io::Error| broke("remove what an earlier attempt has written", &error);
    let own = out_folder(attempt);
    for entry in fs::read_dir(folder.of(id)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("out-") && *name != *own {
            fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn failure(failed: ExportFailure) -> Failure {
    match failed {
        ExportFailure::Failed(failure) => failure,
        ExportFailure::Export(ExportError::Io { source, file }) => {
            full_or_broke(&format!("write {file}"), &source)
        }
        other => Failure::Broke(other.to_string()),
    }
}

impl From<Written> for FileMade {
    fn from(written: Written) -> Self {
        // What else is known of it is in the manifest.
        let Written { name, rows, values, bytes, sha256, .. } = written;
        Self { name, rows, values, bytes, sha256 }
    }
}
