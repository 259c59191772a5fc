//! `casebook study`: imports, lists, shows, compares and publishes study versions.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use edc::{Failure, PublishDraft, PublishFailure, Published};
use formats::{
    redcap::Layout,
    xlsform::{self, FormFile},
};
use kernel::{
    FormOid, StudyOid, StudyVersion,
    study::{Design, diff},
};

use super::{draft, enter};
use crate::{
    assembly::{Assembly, terminal},
    cli::{
        Place,
        study::{ShowFormat, Study},
    },
    config::Config,
};

pub async fn run(args: Study) -> Result<ExitCode> {
    match args {
        Study::Import { place, files, study, publish, reason } => {
            let assembly = Assembly::open(&Config::new(&place, None)?).await?;
            import(&assembly, (&files, study.as_deref()), publish, reason).await
        }
        Study::List { place, json } => list(&place, json).await,
        Study::Show { place, study, version, format, form } => {
            show(&place, &study, version.as_deref(), (format, form.as_deref())).await
        }
        Study::Diff { place, study, old, new, json } => {
            difference(&place, &study, old.as_deref(), new.as_deref(), json).await
        }
        Study::Publish { place, study, reason } => {
            let assembly = Assembly::open(&Config::new(&place, None)?).await?;
            publish(&assembly, &StudyOid::new(study), reason).await
        }
    }
}

async fn import(
    assembly: &Assembly,
    (files, study): (&[PathBuf], Option<&str>),
    at_once: bool,
    reason: Option<String>,
) -> Result<ExitCode> {
    let draft = draft::read(files, study)?;
    for finding in &draft.findings {
        println!("{finding}");
    }
    let version = &draft.version;
    println!(
        "{}: {} events, {} forms, {} items, {} code lists, {} checks, version {}",
        version.study_oid,
        version.events.len(),
        version.forms.len(),
        version.items.len(),
        version.code_lists.len(),
        version.checks.len(),
        &version.hash().to_string()[..12]
    );
    let imported = draft::import(assembly, files, study).await?.study;
    if at_once {
        let code = publish(assembly, &imported, reason).await?;
        if code == ExitCode::SUCCESS {
            add_sites(assembly, &imported, &draft.sites).await?;
        }
        return Ok(code);
    }
    println!("kept as the draft; `casebook study publish --study {imported}` checks it");
    Ok(ExitCode::SUCCESS)
}

async fn publish(
    assembly: &Assembly,
    study: &StudyOid,
    reason: Option<String>,
) -> Result<ExitCode> {
    let Some(published) = try_publish(assembly, study, reason).await? else {
        return Ok(ExitCode::FAILURE);
    };
    enter::study(assembly, study).await?;
    let before = if published.unchanged { " (it was published before)" } else { "" };
    println!("published version {}{before}", published.hash);
    Ok(ExitCode::SUCCESS)
}

/// Adds the sites that the files name and the study does not have. What they do not say of a site,
/// its time zone, is UTC.
async fn add_sites(
    assembly: &Assembly,
    study: &StudyOid,
    sites: &[(String, String)],
) -> Result<()> {
    const TIME_ZONE: &str = "Etc/UTC";
    let known = assembly.edc.study_state(study).await?.sites;
    for (oid, name) in sites {
        if known.keys().any(|one| one.as_str() == oid) {
            continue;
        }
        let added = edc::SiteAdded {
            site: oid.as_str().into(),
            name: [("en".to_owned(), name.clone())].into(),
            time_zone: TIME_ZONE.to_owned(),
            country: None,
        };
        assembly.edc.add_site(&terminal(false).caller, study, added).await?;
        println!("site {oid} was added, in the time zone {TIME_ZONE}");
    }
    Ok(())
}

/// Publishes the draft of a study; `None` after every fault was listed on standard error.
pub async fn try_publish(
    assembly: &Assembly,
    study: &StudyOid,
    reason: Option<String>,
) -> Result<Option<Published>> {
    let caller = terminal(false).caller;
    let wanted = PublishDraft {
        study,
        seen_revision: None,
        reason: reason.as_deref(),
        site_by_site: false,
        origin: "system",
        request: None,
    };
    match assembly.edc.publish_draft(&caller, wanted).await {
        Ok(published) => Ok(Some(published)),
        Err(PublishFailure::DraftFaults(faults)) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            eprintln!("{} faults; nothing was published", faults.len());
            Ok(None)
        }
        Err(PublishFailure::Failed(Failure::Denied(error)))
            if error.reason() == "DRAFT_UNKNOWN" =>
        {
            // What was the draft may have been published before.
            let latest = assembly.edc.version(&caller, study, None).await;
            let hash = latest.map_err(|_| error)?.hash().to_string();
            Ok(Some(Published { hash, unchanged: true }))
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn list(place: &Place, json: bool) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    for oid in assembly.edc.study_oids().await? {
        let state = assembly.edc.study_state(&oid).await?;
        let latest = state.versions.last();
        if json {
            let versions: Vec<_> = state.versions.iter().map(|one| &one.hash).collect();
            let sites: Vec<_> = state.sites.keys().map(ToString::to_string).collect();
            let line = serde_json::json!({ "study": oid, "versions": versions, "sites": sites });
            println!("{line}");
            continue;
        }
        let hash = latest.map_or("none", |latest| &latest.hash[..12]);
        println!(
            "{oid:<20} {} versions, latest {hash}, {} sites",
            state.versions.len(),
            state.sites.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(
    place: &Place,
    study: &str,
    version: Option<&str>,
    (format, form): (ShowFormat, Option<&str>),
) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    let (caller, study) = (terminal(false).caller, StudyOid::new(study));
    let version = assembly.edc.version(&caller, &study, version).await?;
    if form.is_some() && !matches!(format, ShowFormat::Xlsform | ShowFormat::XlsformCsv) {
        bail!("--form is for --format xlsform or xlsform-csv");
    }
    match format {
        ShowFormat::Text => outline(&version),
        ShowFormat::Json => println!("{}", serde_json::to_string_pretty(&version)?),
        ShowFormat::Fhir => {
            println!("{}", formats::fhir::questionnaires(&Design::new(Arc::new(version))));
        }
        ShowFormat::Redcap => {
            let layout = Layout::of(&Design::new(Arc::new(version)));
            for finding in &layout.findings {
                eprintln!("{finding}");
            }
            std::io::stdout().lock().write_all(&layout.dictionary.write_csv(true))?;
        }
        ShowFormat::Xlsform => questionnaire(version, form, FormFile::Workbook)?,
        ShowFormat::XlsformCsv => questionnaire(version, form, FormFile::Csv)?,
        ShowFormat::Odm | ShowFormat::Odm2 => {
            let header = header(&version);
            let out = std::io::stdout().lock();
            let mut out = if format == ShowFormat::Odm {
                formats::odm::write_metadata_v1(&version, &header, out)?
            } else {
                formats::odm::write_metadata_v2(&version, &header, out)?
            };
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One form as an XLSForm, or all in an archive; what they do not say goes to standard error.
fn questionnaire(version: StudyVersion, form: Option<&str>, file: FormFile) -> Result<()> {
    let design = Design::new(Arc::new(version));
    let (bytes, findings) = match form {
        None => xlsform::archive(&design, file)?,
        Some(form) => {
            let out = xlsform::of_form(&design, &FormOid::new(form));
            let out = out.with_context(|| format!("the study version has no form {form}"))?;
            (out.sheets.write(file)?, out.findings)
        }
    };
    for finding in &findings {
        eprintln!("{finding}");
    }
    std::io::stdout().lock().write_all(&bytes)?;
    Ok(())
}

fn header(version: &StudyVersion) -> formats::odm::Header {
    formats::odm::Header {
        file_oid: format!("{}.{}", version.study_oid, &version.hash().to_string()[..12]),
        created: crate::assembly::now().to_string(),
        source_system: Some("Casebook".to_owned()),
        source_system_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..formats::odm::Header::default()
    }
}

fn outline(version: &StudyVersion) {
    println!("{} {}\nversion {}", version.study_oid, version.study_name, version.hash());
    for event in &version.events {
        let name = event.description.in_lang("en").unwrap_or(&event.name);
        println!("{:<24} {name} ({:?})", event.oid.as_str(), event.kind);
        for form in &event.forms {
            let def = version.forms.iter().find(|one| one.oid == form.form);
            let name = def.and_then(|def| def.description.in_lang("en")).unwrap_or_default();
            println!("    {:<20} {name}", form.form.as_str());
        }
    }
    println!("{} items, {} checks", version.items.len(), version.checks.len());
}

async fn difference(
    place: &Place,
    study: &str,
    old: Option<&str>,
    new: Option<&str>,
    json: bool,
) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    let oid = StudyOid::new(study);
    let state = assembly.edc.study_state(&oid).await?;
    let before = if let Some(old) = old {
        old.to_owned()
    } else {
        let back = if new.is_some() { 1 } else { 2 };
        let at = state.versions.len().checked_sub(back);
        state.versions[at.context("there is no older version")?].hash.clone()
    };
    let old = named(&assembly, &oid, &before).await?;
    let new = named(&assembly, &oid, new.unwrap_or("latest")).await?;
    let all = diff(&old, &new);
    for one in &all {
        if json {
            println!("{}", serde_json::to_string(one)?);
        } else {
            println!("{} {} {}", one.kind, one.oid, one.what);
        }
    }
    if !json {
        println!("{} differences", all.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// A version by hash, `latest`, `draft` or file.
async fn named(assembly: &Assembly, study: &StudyOid, name: &str) -> Result<StudyVersion> {
    let caller = terminal(false).caller;
    match name {
        "latest" => Ok(assembly.edc.version(&caller, study, None).await?),
        "draft" => Ok(assembly.edc.draft_version(&caller, study).await?),
        file if Path::new(file).exists() => {
            Ok(draft::read(&[PathBuf::from(file)], Some(study.as_str()))?.version)
        }
        hash => assembly
            .edc
            .version(&caller, study, Some(hash))
            .await
            .with_context(|| format!("'{hash}' is neither a version nor a file")),
    }
}
