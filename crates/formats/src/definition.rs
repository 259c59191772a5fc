//! A study definition put together from several files: protocol, case report forms, rules. Each
//! lays itself over those before it.

use kernel::StudyVersion;

use crate::{Finding, FormatError, Places, Severity, merge, odm, rules_toml, usdm};

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
    is_protocol: bool,
}

impl Definition {
    /// The file and line of a definition, in the last file that has it.
    pub fn place(&self, kind: &str, oid: &str) -> Option<(&str, u32)> {
        self.places.iter().rev().find_map(|one| Some((one.file.as_str(), one.line(kind, oid)?)))
    }
}

/// Reads the files in their order: `.xml` is ODM 1.3.2 or 2.0, `.json` is USDM, `.toml` is a rules
/// file. Refuses with every place at which they cannot be used.
pub fn read_definition(files: &[DefinitionFile<'_>]) -> Result<Definition, Vec<Finding>> {
    let mut read: Option<Definition> = None;
    for file in files {
        read = Some(over(read, file)?);
    }
    let Some(read) = read else { return Err(vec![unusable("", "", "no file was given")]) };
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let errors: Vec<Finding> = read.findings.iter().filter(is_error).cloned().collect();
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

fn over(base: Option<Definition>, file: &DefinitionFile<'_>) -> Result<Definition, Vec<Finding>> {
    let imported = match extension(file.name) {
        "xml" => odm::read_metadata(file.content, file.name),
        "json" => usdm::read(file.content, file.name),
        "toml" => return with_rules(base, file),
        _ => {
            let advice = "a definition is .xml (ODM), .json (USDM) or .toml (rules)";
            return Err(vec![unusable(file.name, "", advice)]);
        }
    };
    let imported = imported.map_err(|error| vec![refused(&error)])?;
    let mut findings = imported.warnings;
    let Some(newest) = imported.versions.into_iter().next_back() else {
        return Err(vec![unusable(file.name, "Study", "it holds no study version")]);
    };
    let Some(base) = base else {
        let is_protocol = extension(file.name) == "json";
        let places = vec![newest.places];
        return Ok(Definition { version: newest.version, places, is_protocol, findings });
    };
    // Forms that a protocol sketches are replaced by the case report forms.
    let below = if base.is_protocol { usdm::protocol_only(base.version) } else { base.version };
    let merged = merge(below, newest.version)?;
    let mut places = base.places;
    places.push(newest.places);
    findings.splice(0..0, base.findings);
    findings.extend(merged.notes);
    Ok(Definition { version: merged.version, places, is_protocol: false, findings })
}

fn with_rules(
    base: Option<Definition>,
    file: &DefinitionFile<'_>,
) -> Result<Definition, Vec<Finding>> {
    let Some(mut base) = base else {
        return Err(vec![unusable(file.name, "", "rules need a study before them")]);
    };
    let text = std::str::from_utf8(file.content)
        .map_err(|_| vec![unusable(file.name, "", "a rules file is text in UTF-8")])?;
    let rules = rules_toml::read(text, file.name).map_err(|error| vec![refused(&error)])?;
    base.findings.extend(rules.merge_into(&mut base.version));
    base.places.push(rules.places().clone());
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
        let read = read_definition(&[file("a.xml", ODM)]).expect("it is ODM");
        assert_eq!(read.version.study_oid.as_str(), "S1");
        assert_eq!(read.place("FormDef", "F.A"), Some(("a.xml", 2)));
        assert_eq!(read.place("FormDef", "F.B"), None);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_file_and_line() {
        let broken = ODM.replace("<FormDef", "<FormDef <");
        let found = read_definition(&[file("a.xml", &broken)]).expect_err("it is no XML");
        assert_eq!((found[0].file.as_str(), found[0].line), ("a.xml", Some(2)));
        let found = read_definition(&[file("a.doc", "")]).expect_err("it is no definition");
        assert!(found[0].text.contains(".xml (ODM)"));
        assert!(read_definition(&[]).is_err());
    }

    #[test]
    fn rules_need_a_study_before_them() {
        let rules = file("rules.toml", "study = 'S1'");
        let found = read_definition(&[rules]).expect_err("there is no study");
        assert_eq!(found[0].text, "rules need a study before them");
        assert!(read_definition(&[file("a.xml", ODM), rules]).is_ok());
        let other = file("rules.toml", "study = 'S2'");
        assert!(read_definition(&[file("a.xml", ODM), other]).is_err(), "rules of another study");
    }
}
