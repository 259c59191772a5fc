//! A study version as files: read, put together, checked, and named faults with file and line.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use formats::{Finding, Places, Severity, merge, odm, rules_toml, usdm};
use kernel::{StudyVersion, study::Fault};

/// A study version put together from files.
pub struct Draft {
    pub version: StudyVersion,
    places: Vec<Places>,
    is_protocol: bool,
    /// What was read otherwise than written, replaced, or left aside.
    pub findings: Vec<Finding>,
}

/// Reads the files in their order; each lays itself over those before it.
pub fn read(files: &[PathBuf]) -> Result<Draft> {
    let mut draft: Option<Draft> = None;
    for file in files {
        draft = Some(over(draft, file)?);
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

fn over(base: Option<Draft>, file: &Path) -> Result<Draft> {
    let name = file.display().to_string();
    let open = || File::open(file).with_context(|| format!("cannot read {name}"));
    let imported = match extension(file) {
        "xml" => odm::read_metadata(BufReader::new(open()?), &name)?,
        "json" => usdm::read(BufReader::new(open()?), &name)?,
        "toml" => {
            let Some(base) = base else { bail!("{name}: rules need a study before them") };
            return rules(base, file, &name);
        }
        _ => bail!("{name}: a definition is .xml (ODM), .json (USDM) or .toml (rules)"),
    };
    let mut findings = imported.warnings;
    let Some(newest) = imported.versions.into_iter().next_back() else {
        bail!("{name} holds no study version");
    };
    let Some(base) = base else {
        let is_protocol = extension(file) == "json";
        let places = vec![newest.places];
        return Ok(Draft { version: newest.version, places, is_protocol, findings });
    };
    // Forms that a protocol sketches are replaced by the case report forms.
    let below = if base.is_protocol { usdm::protocol_only(base.version) } else { base.version };
    let merged = merge(below, newest.version).map_err(|found| listed(&found))?;
    let mut places = base.places;
    places.push(newest.places);
    findings.splice(0..0, base.findings);
    findings.extend(merged.notes);
    Ok(Draft { version: merged.version, places, is_protocol: false, findings })
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
