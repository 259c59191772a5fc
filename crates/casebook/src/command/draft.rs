//! A definition as files of this machine.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use edc::{ImportCall, ImportFailure, Imported};
use formats::{Definition, DefinitionFile, Finding, read_definition};
use kernel::StudyOid;

use crate::assembly::{Assembly, terminal};

/// A file with its name, as it was given, and its bytes.
type Read = (String, Vec<u8>);

/// Reads files in their order; each lays itself over those before it. `study` names a study whose
/// files do not say their OID: a REDCap dictionary has none.
pub fn read(files: &[PathBuf], study: Option<&str>) -> Result<Definition> {
    let read = bytes(files)?;
    read_definition(&as_files(&read), study).map_err(|found| listed(&found))
}

/// Makes files the draft of their study, in place of the one that may be there.
pub async fn import(
    assembly: &Assembly,
    files: &[PathBuf],
    study: Option<&str>,
) -> Result<Imported> {
    let read = bytes(files)?;
    let study = study.map(StudyOid::from);
    let call = ImportCall {
        origin: "system",
        study: study.as_ref(),
        replaces_any: true,
        ..ImportCall::default()
    };
    let imported = assembly.edc.import_draft(&terminal(false).caller, call, &as_files(&read)).await;
    match imported {
        Ok(imported) => Ok(imported),
        Err(ImportFailure::Unreadable(found)) => bail!(listed(&found)),
        Err(ImportFailure::Failed(failure)) => Err(failure.into()),
    }
}

fn bytes(files: &[PathBuf]) -> Result<Vec<Read>> {
    let read = files.iter().map(|file| {
        let name = file.display().to_string();
        let content = fs::read(file).with_context(|| format!("cannot read {name}"))?;
        Ok((name, content))
    });
    read.collect()
}

fn as_files(read: &[Read]) -> Vec<DefinitionFile<'_>> {
    read.iter().map(|(name, content)| DefinitionFile { name, content }).collect()
}

fn listed(findings: &[Finding]) -> anyhow::Error {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    anyhow!("the definition cannot be used:\n{}", lines.join("\n"))
}
