//! Fills a data folder as a user would: publish, add sites, screen, enrol, import.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use contract::{Caller, Context, Grant, Role};
use edc::{
    Edc, EnrolSubject, ScreenSubject, SiteAdded,
    import::{ImportOptions, import, table_source},
};
use identity::{AddUser, DatedGrant, Hashing, Identity, Password};
use jiff::Timestamp;
use kernel::{StudyOid, SubjectKey, study::Design};
use store::{Sqlite, Store};

use crate::{
    place, process,
    study::{
        EVENTS, FORM, GROUP, SITES, STUDY, event_oid, item_oid, site_oid, subject_key, version,
    },
    values,
};

pub const USER: &str = "coordinator";
pub const PASSWORD: &str = "benchmarks-only-7391";

/// A folder with this many enrolled subjects, with all their forms filled or none. Made once.
pub async fn folder(name: &str, subjects: u32, filled: bool) -> Result<PathBuf> {
    let folder = place::data()?.join(name);
    let complete = folder.join("complete");
    if complete.exists() {
        bring_up_to_date(&folder)?;
        return Ok(folder);
    }
    place::remove(&folder)?;
    fs::create_dir_all(&folder)?;
    let started = Instant::now();
    eprintln!("filling {}: {subjects} subjects", folder.display());
    // The program makes the database, and says in it how its views are written.
    process::run(Command::new(place::casebook()).args(["study", "list", "--data"]).arg(&folder))?;
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&folder.join("casebook.db"))?);
    let edc = Arc::new(Edc::new(Arc::clone(&store), Arc::new(now)));
    let study = StudyOid::new(STUDY);
    publish(&edc, &study).await?;
    add_user(&store).await?;
    enrol(&edc, &study, subjects).await?;
    if filled {
        load(&edc, &study, subjects, &folder).await?;
    }
    fs::write(&complete, b"")?;
    eprintln!("filled in {:.0} s", started.elapsed().as_secs_f64());
    Ok(folder)
}

/// A program that writes its views otherwise refuses what an earlier one has left, and says so at once.
fn bring_up_to_date(folder: &Path) -> Result<()> {
    let command = |words: &[&str]| {
        let mut command = Command::new(place::casebook());
        command.args(words).arg("--data").arg(folder);
        command
    };
    if process::run(&mut command(&["study", "list"])).is_err() {
        eprintln!("writing the views of {} anew", folder.display());
        process::run(&mut command(&["rebuild-views"]))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement runs on the real clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn context(request: impl Into<String>) -> Context {
    Context::new(Caller::system("bench"), "system", request)
}

async fn publish(edc: &Edc, study: &StudyOid) -> Result<()> {
    let caller = Caller::system("bench");
    edc.publish(&caller, version(), None).await?;
    for number in 0..SITES {
        let site = SiteAdded {
            site: site_oid(number).into(),
            name: [("en".to_owned(), format!("Site {number}"))].into(),
            time_zone: "Europe/Berlin".to_owned(),
            country: None,
        };
        edc.add_site(&caller, study, site).await?;
    }
    Ok(())
}

fn identity(store: &Arc<dyn Store>) -> Identity {
    let random = Arc::new(|bytes: &mut [u8]| {
        getrandom::fill(bytes).expect("the operating system has randomness");
    });
    Identity::new(Arc::clone(store), Arc::new(now), random, Hashing::default())
}

/// Adds users with a role in the study, or who may do nothing.
pub async fn add_users(
    folder: &Path,
    names: impl IntoIterator<Item = String>,
    password: &str,
    role: Option<Role>,
) -> Result<()> {
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&folder.join("casebook.db"))?);
    let identity = identity(&store);
    let grant = |role| Grant { role, study: Some(STUDY.to_owned()), site: None };
    let dated = |role| DatedGrant { grant: grant(role), from_ms: 0, until_ms: None };
    for name in names {
        let request = AddUser {
            full_name: name.clone(),
            name,
            password: Password::new(password),
            grants: role.map(dated).into_iter().collect(),
        };
        let added = identity.add_user(&context("add user"), request).await;
        added.map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    Ok(())
}

async fn add_user(store: &Arc<dyn Store>) -> Result<()> {
    let identity = identity(store);
    let grant = Grant { role: Role::Coordinator, study: Some(STUDY.to_owned()), site: None };
    let request = AddUser {
        name: USER.to_owned(),
        full_name: "Site coordinator".to_owned(),
        password: Password::new(PASSWORD),
        grants: vec![DatedGrant { grant, from_ms: 0, until_ms: None }],
    };
    let added = identity.add_user(&context("add user"), request).await;
    added.map_err(|error| anyhow::anyhow!("{error}"))
}

/// Screens and enrols, the sites beside each other.
async fn enrol(edc: &Arc<Edc>, study: &StudyOid, subjects: u32) -> Result<()> {
    let sites: Vec<_> = (0..SITES)
        .map(|site| {
            let (edc, study) = (Arc::clone(edc), study.clone());
            tokio::spawn(async move {
                for number in (site..subjects).step_by(SITES as usize) {
                    enrol_one(&edc, &study, site, number).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for site in sites {
        site.await??;
    }
    Ok(())
}

async fn enrol_one(edc: &Edc, study: &StudyOid, site: u32, number: u32) -> Result<()> {
    let subject = SubjectKey::new(subject_key(number));
    let screen = ScreenSubject {
        site: site_oid(site).into(),
        subject: Some(subject.clone()),
        consented_on: "2026-01-05".to_owned(),
        screened_on: None,
        took_place: false,
    };
    edc.screen(&context(format!("screen {number}")), study, None, &screen).await?;
    let enrol = EnrolSubject {
        subject,
        enrolled_on: "2026-01-12".to_owned(),
        enrolment_number: None,
        attested: std::collections::BTreeMap::new(),
        took_place: false,
    };
    edc.enrol(&context(format!("enrol {number}")), study, None, &enrol).await?;
    Ok(())
}

/// Imports a form record for every visit of every subject, replicated from real visits.
async fn load(edc: &Arc<Edc>, study: &StudyOid, subjects: u32, folder: &Path) -> Result<()> {
    let (table, mapping) = (folder.join("visits.csv"), folder.join("visits.toml"));
    write_table(&table, subjects)?;
    fs::write(&mapping, mapping_text())?;
    let source = table_source(&table, &mapping, Design::new(Arc::new(version())))?;
    let options = ImportOptions {
        dry_run: false,
        keep_good: false,
        complete: true,
        reason: "replicated".to_owned(),
    };
    let mut said = Vec::new();
    let mut on_row = |_, row: &edc::import::RowReport| {
        if !row.reason.is_empty() && said.len() < 5 {
            said.push(row.reason.clone());
        }
    };
    let progress = Arc::new(|phase, rows: u64| {
        if rows.is_multiple_of(100_000) {
            eprintln!("{phase:?} {rows}");
        }
    });
    let report =
        import(edc, &context("load"), study, &source, options, progress, &mut on_row).await?;
    let wanted = u64::from(subjects) * u64::from(EVENTS);
    ensure!(report.applied && report.records == wanted, "{:?}: {said:?}", report.counts);
    fs::remove_file(&table).context("cannot remove the table")?;
    Ok(())
}

/// A row for every visit of every subject, replicated from real visits.
pub fn write_table(path: &Path, subjects: u32) -> Result<()> {
    let visits = values::real_visits()?;
    let mut file = std::io::BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
    let names: Vec<&str> = values::entered().collect();
    writeln!(file, "SUBJECT,VISIT,{}", names.join(","))?;
    let mut next = visits.iter().map(|visit| visit.join(",").replace(", ", "; ")).cycle();
    for subject in 0..subjects {
        for event in 0..EVENTS {
            let row = next.next().unwrap_or_default();
            writeln!(file, "{},{},{row}", subject_key(subject), event_oid(event))?;
        }
    }
    file.flush()?;
    Ok(())
}

/// How the rows of that table become values.
pub fn mapping_text() -> String {
    let item = |name: &str| format!("  {{ column = \"{name}\", item = \"{}\" }},", item_oid(name));
    let items = values::entered().map(item).collect::<Vec<_>>().join("\n");
    format!(
        "study = {{ value = \"{STUDY}\" }}\nsubject = {{ column = \"SUBJECT\" }}\n\
         event = {{ column = \"VISIT\" }}\nform = {{ value = \"{FORM}\" }}\ngroup = \"{GROUP}\"\n\
         item = [\n{items}\n]\n"
    )
}
