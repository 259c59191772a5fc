//! Questionnaires as a study version: each a form, all at one event.
//!
//! A questionnaire that was written here gets its OIDs back. One from elsewhere gets OIDs made of its name
//! and its links, and aliases of context `FHIR` with its URL and links, by which responses find it.

mod codes;
mod conditions;
mod walk;

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
};

use kernel::{
    StudyVersion, Texts,
    study::{Alias, FormDef},
};

use self::conditions::Known;
use super::{
    json::Json,
    names::{TRANSLATION, oid_in},
    questionnaire::FORM,
    resources::{Resource, each},
};
use crate::{Finding, FormatError, ImportedDesign, Places, Severity};

/// Whether a document is FHIR: it says of what type the resource is.
pub(crate) fn is_fhir(content: &[u8]) -> bool {
    memchr::memmem::find(content, b"\"resourceType\"").is_some()
}

/// Makes a study version of the questionnaires of a file: one resource, a Bundle, or one on each line.
/// The study is that of which they were written, else `study`. What cannot be taken over is a warning;
/// a file without a questionnaire is refused.
pub fn read_questionnaires(
    content: &[u8],
    file: &str,
    study: &str,
) -> Result<ImportedDesign, FormatError> {
    let mut found: Vec<(Json, u32)> = Vec::new();
    let mut findings = Vec::new();
    each(content, file, &mut |Resource { json, line, .. }| {
        let kind = json.as_ref().and_then(|json| json.text("resourceType")).unwrap_or("entry");
        if kind == "Questionnaire" {
            found.extend(json.map(|json| (json, line)));
        } else {
            findings.push(Finding {
                severity: Severity::Note,
                file: file.to_owned(),
                line: Some(line),
                about: kind.to_owned(),
                text: "it is no questionnaire, and is left aside".to_owned(),
            });
        }
        ControlFlow::Continue(())
    })?;
    if found.is_empty() {
        return Err(FormatError {
            file: file.to_owned(),
            line: 0,
            column: 0,
            what: "it has no Questionnaire".to_owned(),
            advice: "data are brought with `casebook import`".to_owned(),
        });
    }
    let of = found.iter().find_map(|(json, _)| Some(oid_in(json.text("url")?, "Questionnaire")?.0));
    let study = of.unwrap_or_else(|| study.to_owned());
    let title = found.iter().find_map(|(json, _)| json.text("title")).unwrap_or(&study).to_owned();
    let mut making = Making {
        file: file.to_owned(),
        line: 0,
        version: StudyVersion {
            study_oid: study.as_str().into(),
            study_name: if found.len() == 1 { title } else { study.clone() },
            protocol_name: study,
            version_oid: "MDV.1".into(),
            version_name: found[0].0.text("version").unwrap_or("1").to_owned(),
            ..StudyVersion::default()
        },
        findings,
        places: Places::new(file),
        taken: BTreeSet::new(),
    };
    for (json, line) in &found {
        making.line = *line;
        making.form(json);
    }
    Ok(making.finish())
}

/// What is made of the questionnaires so far.
struct Making {
    file: String,
    /// Where the questionnaire begins that is read.
    line: u32,
    version: StudyVersion,
    findings: Vec<Finding>,
    places: Places,
    /// OIDs that are in use, with their kind.
    taken: BTreeSet<(&'static str, String)>,
}

/// The questionnaire that is read.
struct Form<'j> {
    json: &'j Json,
    /// Whether it was written here, so that its links are OIDs.
    own: bool,
    /// What its OIDs begin with, behind their kind.
    prefix: String,
    label: String,
    /// The questions by their links.
    known: HashMap<&'j str, Known<'j>>,
    /// Names of items in the form.
    names: BTreeSet<String>,
}

impl Making {
    fn say(&mut self, severity: Severity, about: &str, text: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            file: self.file.clone(),
            line: Some(self.line),
            about: about.to_owned(),
            text: text.into(),
        });
    }

    /// An OID that nothing of its kind has; with a number behind it where that is needed.
    fn oid(&mut self, kind: &'static str, wanted: &str) -> String {
        let mut oid = wanted.to_owned();
        let mut number = 1;
        while !self.taken.insert((kind, oid.clone())) {
            number += 1;
            oid = format!("{wanted}.{number}");
        }
        oid
    }

    fn form(&mut self, json: &Json) {
        let url = json.text("url");
        let own = url.and_then(|url| oid_in(url, "Questionnaire")).map(|(_, oid)| oid);
        let identifier = json.list("identifier").iter();
        let mut identifiers = identifier.filter(|one| one.text("system") == Some(FORM));
        let named = identifiers.next().and_then(|one| one.text("value"));
        let said = ["name", "id", "title"].into_iter().find_map(|name| json.text(name));
        let name = plain(said.unwrap_or("form"));
        let is_own = own.is_some();
        let wanted =
            own.or_else(|| named.map(str::to_owned)).unwrap_or_else(|| format!("F.{name}"));
        let oid = self.oid("FormDef", &wanted);
        let title = texts(json, "title");
        let derived = json.list("derivedFrom").iter().filter_map(Json::as_text);
        let urls = url.filter(|_| !is_own).into_iter().chain(derived);
        let shown = title.in_lang("en").or(said).unwrap_or(&oid).to_owned();
        let label = format!("Questionnaire {}", json.text("id").unwrap_or(&oid));
        let mut form = Form {
            json,
            own: is_own,
            prefix: name,
            label,
            known: HashMap::new(),
            names: BTreeSet::new(),
        };
        self.know(&mut form, json.list("item"), None);
        let groups = self.groups(&mut form, &title);
        self.places.set("FormDef", &oid, self.line);
        self.version.forms.push(FormDef {
            oid: oid.as_str().into(),
            name: shown,
            description: title,
            groups,
            aliases: urls.map(alias).collect(),
            ..FormDef::default()
        });
    }

    fn finish(self) -> ImportedDesign {
        ImportedDesign::of_forms(self.version, self.places, self.findings)
    }
}

/// The name of something in FHIR.
fn alias(name: &str) -> Alias {
    Alias { context: "FHIR".to_owned(), name: name.to_owned() }
}

/// A text with its translations.
fn texts(of: &Json, name: &str) -> Texts {
    let Some(text) = of.text(name) else { return Texts::default() };
    let beside = of.get(&format!("_{name}"));
    let translations = beside.map_or(&[][..], |beside| beside.list("extension")).iter();
    let translations = translations.filter(|one| one.text("url") == Some(TRANSLATION));
    let said = |one: &Json, url: &str| {
        let part = one.list("extension").iter().find(|part| part.text("url") == Some(url))?;
        let mut values = part.members().iter().filter(|(name, _)| name.starts_with("value"));
        values.next().and_then(|(_, value)| value.as_text()).map(str::to_owned)
    };
    let mut texts = Texts::default();
    for one in translations {
        if let (Some(lang), Some(content)) = (said(one, "lang"), said(one, "content")) {
            texts.set(lang, content);
        }
    }
    // The language of the text itself is not said: it is English where others are.
    texts.set(if texts.is_empty() { "" } else { "en" }, text);
    texts
}

/// A text as a part of an OID, and as a name that expressions know: letters, digits and underscores.
fn plain(text: &str) -> String {
    const RESERVED: [&str; 4] = ["in", "true", "false", "null"];
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || RESERVED.contains(&name.as_str()) {
        return format!("_{name}");
    }
    name
}
