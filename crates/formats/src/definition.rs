//! A study definition put together from several files: protocol, case report forms, rules. Each
//! lays itself over those before it.

mod tables;

use kernel::StudyVersion;

use crate::{
    Finding, FormatError, ImportedDesign, Places, Severity, fhir, merge, odm, redcap, rules_toml,
    tabulation_toml, usdm,
};

/// A file of a definition; the end of its name says what it is.
#[derive(Clone, Copy, Debug)]
pub struct DefinitionFile<'a> {
    pub name: &'a str,
    pub content: &'a [u8],
}

/// A study version put together from files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub version: StudyVersion,
    /// Where its parts stand, by file in their order.
    pub places: Vec<Places>,
    /// What was read otherwise than written, replaced, or left aside.
    pub findings: Vec<Finding>,
    /// The sites that the files name, by OID, with their names.
    pub sites: Vec<(String, String)>,
    is_protocol: bool,
}

impl Definition {
    /// The file and line of a definition, in the last file that has it.
    pub fn place(&self, kind: &str, oid: &str) -> Option<(&str, u32)> {
        self.places.iter().rev().find_map(|one| Some((one.file.as_str(), one.line(kind, oid)?)))
    }
}

/// Reads the files in their order: `.xml` is ODM 1.3.2 or 2.0, or a REDCap project; `.json` is USDM, or
/// Questionnaires of FHIR; `.csv` is a REDCap dictionary, or its arms, events and forms, or the sheets of
/// an XLSForm; `.xlsx` and `.xls` are an XLSForm, or a form of OpenClinica; `.toml` is a rules file.
/// `study` names a study whose files do not say its OID. Refuses with every place at which they cannot be
/// used.
pub fn read_definition(
    files: &[DefinitionFile<'_>],
    study: Option<&str>,
) -> Result<Definition, Vec<Finding>> {
    let mut read: Option<Definition> = None;
    for file in files {
        if extension(file.name) == "csv" && tables::is_schedule(file) {
            continue;
        }
        read = Some(over(read, file, files, study)?);
    }
    let Some(read) = read else { return Err(vec![unusable("", "", "no file was given")]) };
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let errors: Vec<Finding> = read.findings.iter().filter(is_error).cloned().collect();
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

fn over(
    base: Option<Definition>,
    file: &DefinitionFile<'_>,
    files: &[DefinitionFile<'_>],
    study: Option<&str>,
) -> Result<Definition, Vec<Finding>> {
    let imported = match extension(file.name) {
        "xml" if redcap::is_project(file.content) => redcap_project(file, study),
        "xml" => odm::read_metadata(file.content, file.name),
        "json" | "ndjson" if fhir::is_fhir(file.content) => {
            let oid = study.map_or_else(|| tables::oid_of(file.name), str::to_owned);
            fhir::read_questionnaires(file.content, file.name, &oid)
        }
        "json" => usdm::read(file.content, file.name),
        "csv" => tables::read(file, files, study),
        "xlsx" | "xls" => tables::read_workbook(file, study),
        "toml" => return with_rules(base, file),
        _ => {
            let advice = "a definition is .xml (ODM, REDCap), .json (USDM, FHIR), .csv (REDCap, XLSForm), \
                          .xlsx, .xls (XLSForm, OpenClinica) or .toml (rules, tabulation)";
            return Err(vec![unusable(file.name, "", advice)]);
        }
    };
    let imported = imported.map_err(|error| vec![refused(&error)])?;
    let mut findings = imported.warnings;
    let is_site = |one: &&crate::Location| one.kind.as_deref() == Some("Site");
    let sites = imported.sites.iter().filter(is_site);
    let sites: Vec<_> = sites.map(|one| (one.oid.clone(), one.name.clone())).collect();
    let Some(newest) = imported.versions.into_iter().next_back() else {
        return Err(vec![unusable(file.name, "Study", "it holds no study version")]);
    };
    let Some(base) = base else {
        let is_protocol = extension(file.name) == "json" && !fhir::is_fhir(file.content);
        let places = vec![newest.places];
        let version = newest.version;
        return Ok(Definition { version, places, findings, sites, is_protocol });
    };
    // Forms that a protocol sketches are replaced by the case report forms.
    let below = if base.is_protocol { usdm::protocol_only(base.version) } else { base.version };
    let merged = merge(below, newest.version)?;
    let mut places = base.places;
    places.push(newest.places);
    findings.splice(0..0, base.findings);
    findings.extend(merged.notes);
    let sites = base.sites.into_iter().chain(sites).collect();
    Ok(Definition { version: merged.version, places, findings, sites, is_protocol: false })
}

fn redcap_project(
    file: &DefinitionFile<'_>,
    study: Option<&str>,
) -> Result<ImportedDesign, FormatError> {
    let dictionary = redcap::read_project(file.content, file.name)?;
    let oid = redcap::project_oid(&dictionary.title);
    Ok(redcap::to_study(&dictionary, file.name, study.unwrap_or(&oid)))
}

fn with_rules(
    base: Option<Definition>,
    file: &DefinitionFile<'_>,
) -> Result<Definition, Vec<Finding>> {
    let Some(mut base) = base else {
        return Err(vec![unusable(file.name, "", "rules and mappings need a study before them")]);
    };
    let text = std::str::from_utf8(file.content)
        .map_err(|_| vec![unusable(file.name, "", "a rules file is text in UTF-8")])?;
    if tabulation_toml::is_tabulation(text) {
        return with_tabulation(base, text, file.name);
    }
    let rules = rules_toml::read(text, file.name).map_err(|error| vec![refused(&error)])?;
    base.findings.extend(rules.merge_into(&mut base.version));
    base.places.push(rules.places().clone());
    Ok(base)
}

fn with_tabulation(
    mut base: Definition,
    text: &str,
    file: &str,
) -> Result<Definition, Vec<Finding>> {
    let read = tabulation_toml::read(text, file)?;
    let of = base.version.study_oid.as_str();
    if let Some(other) = read.study.filter(|study| study != of) {
        let said = format!("the mapping is for study {other}, the definition is of {of}");
        return Err(vec![unusable(file, "Study", &said)]);
    }
    base.version.tabulation = read.tabulation;
    base.places.push(read.places);
    Ok(base)
}

/// A file that cannot be read, as a finding.
fn refused(error: &FormatError) -> Finding {
    Finding {
        severity: Severity::Error,
        file: error.file.clone(),
        line: Some(error.line).filter(|line| *line > 0),
        about: String::new(),
        text: format!("{}; {}", error.what, error.advice),
    }
}

fn unusable(file: &str, about: &str, text: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        file: file.to_owned(),
        line: None,
        about: about.to_owned(),
        text: text.to_owned(),
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODM: &str = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="f" CreationDateTime="2026-01-01T00:00:00Z"><Study OID="S1"><GlobalVariables><StudyName>One</StudyName><StudyDescription>d</StudyDescription><ProtocolName>P</ProtocolName></GlobalVariables><MetaDataVersion OID="V1" Name="v1">
<FormDef OID="F.A" Name="A" Repeating="No"/>
</MetaDataVersion></Study></ODM>"#;

    fn file<'a>(name: &'a str, content: &'a str) -> DefinitionFile<'a> {
        DefinitionFile { name, content: content.as_bytes() }
    }

    #[test]
    fn a_definition_knows_where_its_parts_stand() {
        let read = read_definition(&[file("a.xml", ODM)], None).expect("it is ODM");
        assert_eq!(read.version.study_oid.as_str(), "S1");
        assert_eq!(read.place("FormDef", "F.A"), Some(("a.xml", 2)));
        assert_eq!(read.place("FormDef", "F.B"), None);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_file_and_line() {
        let broken = ODM.replace("<FormDef", "<FormDef <");
        let found = read_definition(&[file("a.xml", &broken)], None).expect_err("it is no XML");
        assert_eq!((found[0].file.as_str(), found[0].line), ("a.xml", Some(2)));
        let found = read_definition(&[file("a.doc", "")], None).expect_err("it is no definition");
        assert!(found[0].text.contains(".xml (ODM, REDCap)"));
        assert!(read_definition(&[], None).is_err());
    }

    #[test]
    fn rules_need_a_study_before_them() {
        let rules = file("rules.toml", "study = 'S1'");
        let found = read_definition(&[rules], None).expect_err("there is no study");
        assert_eq!(found[0].text, "rules and mappings need a study before them");
        assert!(read_definition(&[file("a.xml", ODM), rules], None).is_ok());
        let other = file("rules.toml", "study = 'S2'");
        assert!(
            read_definition(&[file("a.xml", ODM), other], None).is_err(),
            "rules of another study"
        );
    }
}
