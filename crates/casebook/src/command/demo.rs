//! `casebook demo`: builds the demonstration trial from real data with the same commands that a
//! user has, prints logins, serves.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use edc::import::{Counts, ImportOptions};
use identity::{AddUser, Password};
use kernel::StudyOid;
use rust_embed::RustEmbed;
use serde::Deserialize;

use super::{
    draft, enter,
    import::{Rows, run_import, source},
    serve::{listen, serve},
    study, user,
};
use crate::{
    assembly::{Assembly, terminal},
    cli::Demo,
    command::serve::tell,
    config::Config,
    watch,
};

/// The definition and the data of the trial, as they stand in the repository.
#[derive(RustEmbed)]
#[folder = "../../demo"]
#[include = "*.toml"]
#[include = "mappings/*.toml"]
#[include = "crf.odm.xml"]
#[include = "data/raw/*.csv"]
#[include = "data/sdtm/*.zip"]
#[include = "data/usdm/*.json"]
struct Content;

/// The order in which the trial is built (`demo/plan.toml`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    study: String,
    crf: String,
    usdm: String,
    rules: String,
    tabulation: String,
    sites: String,
    import: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    mapping: String,
    file: Option<String>,
    archive: Option<String>,
    member: Option<String>,
}

/// The sites and the people of the demonstration (`demo/sites.toml`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    time_zone: String,
    country: String,
    site: Vec<DemoSite>,
    user: Vec<DemoUser>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoSite {
    oid: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoUser {
    name: String,
    full_name: String,
    role: String,
    sites: Vec<String>,
    #[serde(default)]
    unblinded: bool,
}

/// What the build did.
#[derive(Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    subjects: u64,
    sites: u64,
    form_records: u64,
    values: u64,
    queries: u64,
    pending_queries: u64,
    entries: u64,
    source_rows: u64,
    seconds: f64,
}

pub async fn run(args: Demo) -> Result<ExitCode> {
    let config = Config::new(&args.place, args.listen)?;
    watch::start_metrics(&config.watch).await?;
    let assembly = Assembly::open(&config).await?;
    let unpacked = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = unpacked.path();
    unpack(folder)?;
    let plan: Plan = toml::from_str(&fs::read_to_string(folder.join("plan.toml"))?)?;
    let people: People = toml::from_str(&fs::read_to_string(folder.join(&plan.sites))?)?;
    let study = StudyOid::new(&plan.study);
    let started = Instant::now();
    let there = assembly.edc.study_oids().await?.contains(&study);
    let mut summary = Summary::default();
    if there && complete(&assembly.data) {
        println!("the demonstration trial is already in {}", assembly.data.display());
    } else {
        build(&assembly, folder, &plan, &people, &study, &mut summary, args.json).await?;
        fs::write(assembly.data.join(COMPLETE), b"")?;
    }
    summary.seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    let logins = logins(&assembly, &people, &study).await?;
    enter::study(&assembly, &study).await?;
    for person in &people.user {
        enter::person(&assembly, &study, &person.name, &person.role, &person.sites).await?;
    }
    count(&assembly, &study, &mut summary).await?;
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        print_summary(&summary, &assembly.data);
        print_logins(&logins);
    }
    if args.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    let listener = listen(&config)?;
    tell(format_args!("\nlistening on http://{}   (Ctrl-C stops)", listener.local_addr()?));
    serve(&config, &assembly, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Marks a data folder in which the demonstration was built to the end.
const COMPLETE: &str = "demo.complete";

fn complete(data: &Path) -> bool {
    data.join(COMPLETE).exists()
}

fn unpack(folder: &Path) -> Result<()> {
    for name in Content::iter() {
        let path = folder.join(&*name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if let Some(file) = Content::get(&name) {
            fs::write(path, file.data)?;
        }
    }
    Ok(())
}

async fn build(
    assembly: &Assembly,
    folder: &Path,
    plan: &Plan,
    people: &People,
    study: &StudyOid,
    summary: &mut Summary,
    quiet: bool,
) -> Result<()> {
    let files = [&plan.usdm, &plan.crf, &plan.rules, &plan.tabulation];
    let files: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
    draft::import(assembly, &files, None).await?;
    if study::try_publish(assembly, study, None).await?.is_none() {
        bail!("the demonstration's design has faults");
    }
    add_sites(assembly, people, study).await?;
    unzip(folder, plan)?;
    for step in &plan.import {
        let counts = load(assembly, folder, study, step).await?;
        summary.source_rows += counts.rows();
        if !quiet {
            println!(
                "{:<24} {:>7} rows: {:>7} loaded, {:>6} skipped, {} rejected",
                step.mapping.trim_start_matches("mappings/"),
                counts.rows(),
                counts.accepted + counts.changed + counts.unchanged,
                counts.skipped,
                counts.rejected
            );
        }
    }
    Ok(())
}

async fn add_sites(assembly: &Assembly, people: &People, study: &StudyOid) -> Result<()> {
    let caller = terminal(false).caller;
    for site in &people.site {
        let added = edc::SiteAdded {
            site: site.oid.as_str().into(),
            name: [("en".to_owned(), site.name.clone())].into(),
            time_zone: people.time_zone.clone(),
            country: Some(people.country.clone()),
        };
        assembly.edc.add_site(&caller, study, added).await?;
    }
    Ok(())
}

/// Takes the files that the plan names out of their archives, beside each other.
fn unzip(folder: &Path, plan: &Plan) -> Result<()> {
    let archives: std::collections::BTreeSet<&String> =
        plan.import.iter().filter_map(|step| step.archive.as_ref()).collect();
    for archive in archives {
        let mut zip = zip::ZipArchive::new(File::open(folder.join(archive))?)?;
        for index in 0..zip.len() {
            let mut member = zip.by_index(index)?;
            let Some(name) = member.enclosed_name().filter(|_| member.is_file()) else { continue };
            let path = folder.join("unzipped").join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            io::copy(&mut member.by_ref(), &mut File::create(path)?)?;
        }
    }
    Ok(())
}

async fn load(assembly: &Assembly, folder: &Path, study: &StudyOid, step: &Step) -> Result<Counts> {
    let file = match (&step.file, &step.member) {
        (Some(file), _) => folder.join(file),
        (None, Some(member)) => folder.join("unzipped").join(member),
        (None, None) => bail!("{}: the plan names no file", step.mapping),
    };
    let mapping = folder.join(&step.mapping);
    let source = source(&assembly.edc, study, &file, Some(&mapping)).await?;
    let options = ImportOptions {
        dry_run: false,
        keep_good: true,
        complete: true,
        reason: format!("import of {}", file.file_name().unwrap_or_default().to_string_lossy()),
    };
    let mut rows = Rows::new(None)?;
    let report = run_import(&assembly.edc, study, &source, options, &mut rows).await?;
    if let Some(broken) = report.broken {
        bail!("{}: {broken}", file.display());
    }
    Ok(report.counts)
}

/// Makes the people of the demonstration, each with a new password; who is there gets a new one.
async fn logins(
    assembly: &Assembly,
    people: &People,
    study: &StudyOid,
) -> Result<Vec<(String, String, String)>> {
    let context = terminal(false);
    let known = assembly.identity.list_users(&context, None, 500).await?.users;
    let mut all = Vec::new();
    for person in &people.user {
        let password = user::new_password();
        let role = person.role.replace(' ', "_");
        if known.iter().any(|one| one.name == person.name) {
            let new = Password::new(password.clone());
            assembly.identity.reset_password(&context, &person.name, new).await?;
        } else {
            let mut places: Vec<String> =
                person.sites.iter().map(|site| format!("{role}@{study}/{site}")).collect();
            if places.is_empty() {
                places.push(format!("{role}@{study}"));
            }
            if person.unblinded {
                places.push(format!("pharmacist@{study}"));
            }
            // Who runs the system and who designs studies do so for those to come as well.
            if matches!(role.as_str(), "administrator" | "study_designer") {
                places = vec![role];
            }
            let grants = places.iter().map(|one| user::grant(one)).collect::<Result<_>>()?;
            let request = AddUser {
                name: person.name.clone(),
                full_name: person.full_name.clone(),
                password: Password::new(password.clone()),
                grants,
            };
            assembly.identity.add_user(&context, request).await?;
        }
        all.push((person.name.clone(), password, person.role.clone()));
    }
    Ok(all)
}

async fn count(assembly: &Assembly, study: &StudyOid, summary: &mut Summary) -> Result<()> {
    let totals = assembly.edc.totals(study).await?;
    summary.subjects = totals.subjects;
    summary.sites = assembly.edc.study_state(study).await?.sites.len() as u64;
    summary.form_records = totals.records;
    summary.values = totals.values;
    summary.queries = totals.queries;
    summary.pending_queries = totals.pending_queries;
    summary.entries = totals.entries;
    Ok(())
}

fn print_summary(summary: &Summary, data: &Path) {
    println!("\nCDISCPILOT01 in {}", data.display());
    println!(
        "{} subjects at {} sites, {} forms, {} values, {} queries ({} to be answered), {} journal entries, {} s",
        summary.subjects,
        summary.sites,
        summary.form_records,
        summary.values,
        summary.queries,
        summary.pending_queries,
        summary.entries,
        summary.seconds
    );
}

fn print_logins(logins: &[(String, String, String)]) {
    println!("\nlogins (new passwords, shown once)");
    for (name, password, role) in logins {
        println!("  {name:<16} {password}   {role}");
    }
}
