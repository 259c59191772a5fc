//! A study version as files: read, put together, checked, and named faults with file and line.

use std::{
    fs::{self, File},
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use formats::{
    Finding, ImportedDesign, Places, Severity, merge, odm, redcap, rules_toml,
    table::{CsvTable, Table as _, TextEncoding},
    usdm, xlsform,
};
use kernel::{StudyVersion, study::Fault};

/// A study version put together from files.
pub struct Draft {
    pub version: StudyVersion,
    /// The sites that the files name, by OID, with their names.
    pub sites: Vec<(String, String)>,
    places: Vec<Places>,
    is_protocol: bool,
    /// What was read otherwise than written, replaced, or left aside.
    pub findings: Vec<Finding>,
}

/// Reads the files in their order; each lays itself over those before it.
/// `study` names a study whose files do not say their OID: a REDCap dictionary has none.
pub fn read(files: &[PathBuf], study: Option<&str>) -> Result<Draft> {
    let mut draft: Option<Draft> = None;
    for file in files {
        draft = over(draft, file, (files, study))?;
    }
    let Some(draft) = draft else { bail!("no file was given") };
    let errors: Vec<String> = draft
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    if errors.is_empty() { Ok(draft) } else { bail!("{}", errors.join("\n")) }
}

fn over(
    base: Option<Draft>,
    file: &Path,
    (files, study): (&[PathBuf], Option<&str>),
) -> Result<Option<Draft>> {
    let name = file.display().to_string();
    let open = || File::open(file).with_context(|| format!("cannot read {name}"));
    let imported = match extension(file) {
        "csv" if is_xlsform(file)? => {
            let sheets = xlsform::Sheets::read_csv(open()?, &name)?;
            xlsform::to_study(&sheets, study.unwrap_or(&oid_of(file)))
        }
        "csv" if is_schedule(file)? => return Ok(base),
        "csv" => redcap_csv(file, files, study)?,
        "xml" if is_redcap(file)? => {
            let dictionary = redcap::read_project(BufReader::new(open()?), &name)?;
            let oid = redcap::project_oid(&dictionary.title);
            redcap::to_study(&dictionary, &name, study.unwrap_or(&oid))
        }
        "xml" => odm::read_metadata(BufReader::new(open()?), &name)?,
        "json" => usdm::read(BufReader::new(open()?), &name)?,
        "toml" => {
            let Some(base) = base else { bail!("{name}: rules need a study before them") };
            return rules(base, file, &name).map(Some);
        }
        _ => bail!(
            "{name}: a definition is .xml (ODM, REDCap), .json (USDM), .csv (REDCap, XLSForm) or .toml (rules)"
        ),
    };
    let mut findings = imported.warnings;
    let is_site = |one: &&formats::Location| one.kind.as_deref() == Some("Site");
    let sites = imported.sites.iter().filter(is_site);
    let sites: Vec<_> = sites.map(|one| (one.oid.clone(), one.name.clone())).collect();
    let Some(newest) = imported.versions.into_iter().next_back() else {
        bail!("{name} holds no study version");
    };
    let Some(base) = base else {
        let is_protocol = extension(file) == "json";
        let places = vec![newest.places];
        let version = newest.version;
        return Ok(Some(Draft { version, sites, places, is_protocol, findings }));
    };
    // Forms that a protocol sketches are replaced by the case report forms.
    let below = if base.is_protocol { usdm::protocol_only(base.version) } else { base.version };
    let merged = merge(below, newest.version).map_err(|found| listed(&found))?;
    let mut places = base.places;
    places.push(newest.places);
    findings.splice(0..0, base.findings);
    findings.extend(merged.notes);
    let sites = base.sites.into_iter().chain(sites).collect();
    Ok(Some(Draft { version: merged.version, sites, places, is_protocol: false, findings }))
}

/// Whether a definition in XML was written by REDCap.
fn is_redcap(file: &Path) -> Result<bool> {
    const BEGINNING_BYTES: u64 = 64 * 1024;
    let name = file.display();
    let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
    let mut beginning = Vec::new();
    opened.take(BEGINNING_BYTES).read_to_end(&mut beginning)?;
    Ok(redcap::is_project(&beginning))
}

/// Whether a table says when something happens, and not what is collected.
fn is_schedule(file: &Path) -> Result<bool> {
    let name = file.display();
    let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
    let table = CsvTable::open(opened, &name.to_string(), TextEncoding::UTF_8, b',')?;
    Ok(redcap::Dictionary::is_schedule(table.columns()))
}

/// A REDCap dictionary with the tables of arms, events and forms that are given beside it.
fn redcap_csv(file: &Path, files: &[PathBuf], study: Option<&str>) -> Result<ImportedDesign> {
    let name = file.display().to_string();
    let open = |file: &Path| File::open(file).with_context(|| format!("cannot read {name}"));
    let mut dictionary = redcap::Dictionary::read_csv(open(file)?, &name)?;
    for beside in files.iter().filter(|one| extension(one) == "csv") {
        if !is_xlsform(beside)? && is_schedule(beside)? {
            dictionary.read_schedule(open(beside)?, &beside.display().to_string())?;
        }
    }
    Ok(redcap::to_study(&dictionary, &name, study.unwrap_or(&oid_of(file))))
}

/// The OID of a study whose file does not say one: the name of the file.
fn oid_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    // A draft is kept with its files numbered.
    let stem = stem.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
    redcap::project_oid(stem)
}

/// Whether a table holds the sheets of an XLSForm, of which the first is the survey.
fn is_xlsform(file: &Path) -> Result<bool> {
    const WORD: &[u8] = b"survey";
    let name = file.display();
    let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
    let mut beginning = Vec::new();
    opened.take(WORD.len() as u64 + 4).read_to_end(&mut beginning)?;
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning);
    Ok(text.strip_prefix(b"\"").unwrap_or(text).starts_with(WORD))
}

fn rules(mut base: Draft, file: &Path, name: &str) -> Result<Draft> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let rules = rules_toml::read(&text, name)?;
    base.findings.extend(rules.merge_into(&mut base.version));
    base.places.push(rules.places().clone());
    Ok(base)
}

fn listed(findings: &[Finding]) -> anyhow::Error {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the files do not fit together:\n{}", lines.join("\n"))
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

impl Draft {
    /// A fault with the file and line of what is at fault.
    pub fn said(&self, fault: &Fault) -> String {
        let place = self.places.iter().rev().find_map(|places| {
            let line = places.line(fault.kind, &fault.oid)?;
            Some(format!("{}:{line}: ", places.file))
        });
        format!("{}{} {}: {}", place.unwrap_or_default(), fault.kind, fault.oid, fault.message)
    }
}

/// Where the files of a study's draft are kept.
pub fn folder(data: &Path, study: &str) -> PathBuf {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    data.join("drafts").join(study.chars().map(safe).collect::<String>())
}

/// Keeps the files of a draft, in their order.
pub fn keep(data: &Path, study: &str, files: &[PathBuf]) -> Result<()> {
    let folder = folder(data, study);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (number, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        fs::copy(file, folder.join(format!("{:02}-{name}", number + 1)))?;
    }
    Ok(())
}

/// The files of a study's draft.
pub fn kept(data: &Path, study: &str) -> Result<Vec<PathBuf>> {
    let folder = folder(data, study);
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("study {study} has no draft; import one first"))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
