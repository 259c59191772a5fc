//! `casebook import`: brings clinical data in.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use edc::{
    Edc,
    import::{
        ImportFailure, ImportOptions, ImportReport, Outcome, Phase, Progress, RowReport, Source,
        fhir_source, import, is_redcap, odm_source, redcap_source, suggested_mapping, table_source,
    },
};
use kernel::StudyOid;

use crate::{
    assembly::{Assembly, terminal},
    cli::Import,
    config::Config,
    progress::counter,
};

/// Rejected rows that are shown at the terminal.
const SHOWN: usize = 20;

pub async fn run(args: Import) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let study: StudyOid = args.study.as_str().into();
    if args.suggest {
        let design = assembly.edc.design(&study).await?;
        let sheet = args.sheet.as_deref();
        print!("{}", suggested_mapping(&args.file, sheet, &design).map_err(explained)?);
        return Ok(ExitCode::SUCCESS);
    }
    let reason =
        args.reason.clone().unwrap_or_else(|| format!("import of {}", name_of(&args.file)));
    let options = ImportOptions {
        dry_run: args.dry_run,
        keep_good: args.keep_good,
        complete: !args.incomplete,
        reason,
    };
    let source = source(&assembly.edc, &study, &args.file, args.mapping.as_deref()).await?;
    let mut rows = Rows::new(args.report.as_deref())?;
    let report = run_import(&assembly.edc, &study, &source, options, &mut rows).await?;
    rows.finish()?;
    if args.json {
        println!("{}", json(&report));
    } else {
        print(&report, &rows, args.dry_run);
    }
    let bad = report.counts.rejected > 0 || report.broken.is_some();
    Ok(if bad && !args.keep_good { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The file as a source of rows, by its kind.
pub async fn source(
    edc: &Edc,
    study: &StudyOid,
    file: &Path,
    mapping: Option<&Path>,
) -> Result<Source> {
    let design = edc.design(study).await?;
    let made = match mapping {
        Some(mapping) => table_source(file, mapping, design),
        None if is_redcap(file, &design) => {
            let sites = edc.study_state(study).await?.sites.into_iter().map(|(oid, site)| {
                let name = site.added.name.values().next().cloned().unwrap_or_default();
                (oid, name)
            });
            redcap_source(file, &design, sites.collect())
        }
        None if file.extension().is_some_and(|ext| ext == "xml") => odm_source(file, &design),
        None if file.extension().is_some_and(|ext| ext == "json" || ext == "ndjson") => {
            fhir_source(file, design)
        }
        None => bail!("a table needs a mapping: give --mapping FILE"),
    };
    made.map_err(explained)
}

/// An import failure with everything it found.
fn explained(failure: ImportFailure) -> anyhow::Error {
    match failure {
        ImportFailure::Unfit(findings) => {
            let lines: Vec<String> = findings.iter().map(|one| format!("  {one}")).collect();
            anyhow::anyhow!("the mapping does not fit:\n{}", lines.join("\n"))
        }
        other => other.into(),
    }
}

/// Runs an import with a progress bar.
pub async fn run_import(
    edc: &Arc<Edc>,
    study: &StudyOid,
    source: &Source,
    options: ImportOptions,
    rows: &mut Rows,
) -> Result<ImportReport> {
    let bar = counter("checking", "rows");
    let shown = bar.clone();
    let progress: Progress = Arc::new(move |phase, done| {
        if phase == Phase::Applying {
            shown.set_message("loading");
        }
        shown.set_position(done);
    });
    let mut on_row = |phase: Phase, row: &RowReport| rows.take(phase, row);
    let report = import(edc, &terminal(false), study, source, options, progress, &mut on_row)
        .await
        .map_err(explained)?;
    bar.finish_and_clear();
    Ok(report)
}

/// Collects what became of the rows.
pub struct Rows {
    file: Option<(std::path::PathBuf, BufWriter<File>)>,
    phase: Phase,
    shown: Vec<RowReport>,
    failed: Option<std::io::Error>,
}

impl Rows {
    pub fn new(report: Option<&Path>) -> Result<Self> {
        let file = match report {
            None => None,
            Some(path) => Some((path.to_owned(), create(path)?)),
        };
        Ok(Self { file, phase: Phase::Checking, shown: Vec::new(), failed: None })
    }

    fn take(&mut self, phase: Phase, row: &RowReport) {
        if phase != self.phase {
            self.phase = phase;
            self.shown.clear();
            if let Some((path, file)) = &mut self.file {
                match create(path) {
                    Ok(new) => *file = new,
                    Err(error) => self.failed = Some(std::io::Error::other(error)),
                }
            }
        }
        if row.outcome == Outcome::Rejected && self.shown.len() < SHOWN {
            self.shown.push(row.clone());
        }
        if let Some((_, file)) = &mut self.file {
            let reason = row.reason.replace('"', "\"\"");
            let written =
                writeln!(file, "{},{},{},\"{reason}\"", row.place.row, row.place.line, row.outcome);
            if let Err(error) = written {
                self.failed = Some(error);
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        if let Some((_, file)) = &mut self.file {
            file.flush()?;
        }
        match self.failed.take() {
            Some(error) => Err(error).context("cannot write the report"),
            None => Ok(()),
        }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    writeln!(file, "row,line,outcome,reason")?;
    Ok(file)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn print(report: &ImportReport, rows: &Rows, dry_run: bool) {
    let counts = &report.counts;
    for row in &rows.shown {
        let line =
            if row.place.line > 0 { format!(", line {}", row.place.line) } else { String::new() };
        println!("row {}{line}: {}", row.place.row, row.reason);
    }
    if counts.rejected > SHOWN as u64 {
        println!(
            "… and {} more rejected rows; --report FILE lists all",
            counts.rejected - SHOWN as u64
        );
    }
    if let Some(broken) = &report.broken {
        println!("the file breaks off: {broken}");
    }
    println!(
        "{} rows: {} accepted, {} changed, {} unchanged, {} skipped, {} rejected",
        counts.rows(),
        counts.accepted,
        counts.changed,
        counts.unchanged,
        counts.skipped,
        counts.rejected
    );
    println!(
        "{} records, {} values, {} queries opened, {} closed",
        report.records, report.values, report.queries_opened, report.queries_closed
    );
    if dry_run {
        println!("nothing was written: this was a dry run");
    } else if !report.applied {
        println!(
            "nothing was written: correct the file, or give --keep-good to load the good rows"
        );
    }
}

fn json(report: &ImportReport) -> serde_json::Value {
    let counts = &report.counts;
    serde_json::json!({
        "rows": counts.rows(), "accepted": counts.accepted, "changed": counts.changed,
        "unchanged": counts.unchanged, "skipped": counts.skipped, "rejected": counts.rejected,
        "records": report.records, "values": report.values,
        "queriesOpened": report.queries_opened, "queriesClosed": report.queries_closed,
        "broken": report.broken, "applied": report.applied,
    })
}
