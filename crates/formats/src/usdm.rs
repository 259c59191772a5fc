//! CDISC USDM 4.0: a protocol as JSON becomes events, timings, criteria and what it asks to be
//! collected.
//!
//! Encounters become events with the OID `SE.` and the encounter's name; the event's name is the
//! encounter's label, and its own name and id are aliases (`USDM.name`, `USDM.id`), so that
//! [`merge`](crate::merge()) finds the event of a CRF file by any of them. Activities with
//! biomedical concepts become forms; activities without are parameters of the protocol. What is not
//! read is listed in the warnings.

mod activities;
mod json;
mod markup;
mod timeline;
mod unread;

use std::io::Read;

use kernel::{
    StudyVersion, Texts,
    study::{Arm, Criterion, CriterionKind, Epoch, Parameter},
};
use serde_json::Value;

use self::json::{Source, list, name_of, text};
use crate::{Draft, Finding, FormatError, ImportedDesign, Places, Severity};

/// The largest file that is read.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Reads every study design of a USDM file, each as one study version.
///
/// Refuses what is not JSON, larger than 64 MiB, nested more than 128 deep, or has no study
/// version with a design.
pub fn read(input: impl Read, file_name: &str) -> Result<ImportedDesign, FormatError> {
    let content = json::content(input, file_name)?;
    let root: Value =
        serde_json::from_str(&content).map_err(|error| json::refuse(file_name, &error))?;
    let source = Source::new(file_name, &content, &root);
    let mut design = ImportedDesign::default();
    let mut reading = Reading { source, findings: Vec::new(), places: Places::new(file_name) };
    let usdm_version = text(&root, "usdmVersion");
    if !usdm_version.starts_with('4') {
        let said = format!("usdmVersion is '{usdm_version}'; the file is read as 4.0");
        reading.warn("", "study", said);
    }
    for version in list(&root["study"], "versions") {
        for study_design in list(version, "studyDesigns") {
            reading.places = Places::new(file_name);
            let version = reading.version(&root["study"], version, study_design);
            design.versions.push(Draft { version, places: reading.places.clone() });
        }
    }
    if design.versions.is_empty() {
        return Err(FormatError {
            file: file_name.to_owned(),
            line: 1,
            column: 1,
            what: "it has no study version with a study design".to_owned(),
            advice: "choose a USDM 4.0 study file".to_owned(),
        });
    }
    design.warnings = reading.findings;
    Ok(design)
}

/// The version without what is collected: study, protocol and empty events. For a study whose
/// forms come from elsewhere.
pub fn protocol_only(mut version: StudyVersion) -> StudyVersion {
    version.forms.clear();
    version.item_groups.clear();
    version.items.clear();
    version.code_lists.clear();
    for event in &mut version.events {
        event.forms.clear();
    }
    version
}

struct Reading<'j> {
    source: Source<'j>,
    findings: Vec<Finding>,
    places: Places,
}

impl Reading<'_> {
    fn warn(&mut self, id: &str, about: &str, said: impl Into<String>) {
        self.report(Severity::Warning, id, about, said.into());
    }

    fn note(&mut self, id: &str, about: &str, said: impl Into<String>) {
        self.report(Severity::Note, id, about, said.into());
    }

    fn report(&mut self, severity: Severity, id: &str, about: &str, text: String) {
        let (file, line) = (self.source.file.to_owned(), self.source.line_of(id));
        self.findings.push(Finding { severity, file, line, about: about.to_owned(), text });
    }

    fn place(&mut self, kind: &str, oid: &str, id: &str) {
        if let Some(line) = self.source.line_of(id) {
            self.places.set(kind, oid, line);
        }
    }

    fn version(&mut self, study: &Value, version: &Value, design: &Value) -> StudyVersion {
        let title = |kind: &str| {
            let mut titles = list(version, "titles").iter();
            titles.find(|t| text(&t["type"], "decode") == kind).map(|t| text(t, "text").to_owned())
        };
        let identifier = self.sponsor_identifier(version);
        let study_oid = if identifier.is_empty() { text(study, "name") } else { &identifier };
        let number = text(version, "versionIdentifier");
        let mut out = StudyVersion {
            study_oid: study_oid.into(),
            study_name: text(study, "name").to_owned(),
            protocol_name: identifier.clone(),
            version_oid: format!("MDV.{number}").into(),
            version_name: format!("Protocol version {number}"),
            ..StudyVersion::default()
        };
        if let Some(title) = title("Official Study Title") {
            out.study_description = Texts::one("", title);
        }
        let description = text(design, "description");
        if !description.is_empty() {
            out.protocol.description = Texts::one("", description);
        }
        self.parameters(version, design, &mut out);
        self.structure(design, &mut out);
        self.criteria(version, design, &mut out);
        self.events(design, &mut out);
        self.activities(version, design, &mut out);
        self.timings(design, &mut out);
        self.report_unread(study, version, design);
        out
    }

    fn sponsor_identifier(&self, version: &Value) -> String {
        let identifiers = list(version, "studyIdentifiers");
        let by_sponsor = identifiers.iter().find(|identifier| {
            let organization = self.source.object(text(identifier, "scopeId"));
            organization.is_some_and(|o| text(&o["type"], "decode").contains("Sponsor"))
        });
        by_sponsor.or(identifiers.first()).map_or("", |i| text(i, "text")).to_owned()
    }

    fn parameters(&mut self, version: &Value, design: &Value, out: &mut StudyVersion) {
        let mut add = |term: &str, value: &str| {
            if !value.is_empty() {
                let (term, value) = (term.to_owned(), value.to_owned());
                out.protocol.parameters.push(Parameter { term, value });
            }
        };
        for title in list(version, "titles") {
            add(text(&title["type"], "decode"), text(title, "text"));
        }
        for identifier in list(version, "studyIdentifiers") {
            add("Study Identifier", text(identifier, "text"));
        }
        add("Trial Phase", text(&design["studyPhase"]["standardCode"], "decode"));
        add("Study Type", text(&design["studyType"], "decode"));
        add("Intervention Model", text(&design["model"], "decode"));
        add("Blinding", text(&design["blindingSchema"]["standardCode"], "decode"));
        let lists = [
            ("Trial Intent", "intentTypes"),
            ("Trial Type", "subTypes"),
            ("Therapeutic Area", "therapeuticAreas"),
            ("Characteristic", "characteristics"),
        ];
        for (term, key) in lists {
            for code in list(design, key) {
                add(term, text(code, "decode"));
            }
        }
        for indication in list(design, "indications") {
            add("Indication", name_of(indication));
            for code in list(indication, "codes") {
                let (code, system) = (text(code, "code"), text(code, "codeSystem"));
                add("Indication Code", &format!("{code} ({system})"));
            }
        }
        for objective in list(design, "objectives") {
            let said =
                self.source.plain_text(text(objective, "text"), text(objective, "dictionaryId"));
            let term = text(&objective["level"], "decode").to_owned();
            out.protocol.objectives.push(Parameter { term, value: said });
            for endpoint in list(objective, "endpoints") {
                let dictionary = text(endpoint, "dictionaryId");
                let said = self.source.plain_text(text(endpoint, "text"), dictionary);
                let term = text(&endpoint["level"], "decode").to_owned();
                out.protocol.objectives.push(Parameter { term, value: said });
            }
        }
    }

    fn structure(&mut self, design: &Value, out: &mut StudyVersion) {
        for (at, epoch) in list(design, "epochs").iter().enumerate() {
            let oid = Source::oid("EP", epoch);
            self.place("Epoch", &oid, text(epoch, "id"));
            out.protocol.epochs.push(Epoch {
                oid: oid.into(),
                name: name_of(epoch).to_owned(),
                order: u32::try_from(at + 1).ok(),
                description: texts(text(epoch, "description")),
                ..Epoch::default()
            });
        }
        for arm in list(design, "arms") {
            let oid = Source::oid("ARM", arm);
            self.place("Arm", &oid, text(arm, "id"));
            let cells = list(design, "studyCells").iter();
            let cells = cells.filter(|cell| text(cell, "armId") == text(arm, "id"));
            let epochs = cells.filter_map(|cell| self.source.object(text(cell, "epochId")));
            out.protocol.arms.push(Arm {
                epochs: epochs.map(|epoch| Source::oid("EP", epoch).into()).collect(),
                oid: oid.into(),
                name: name_of(arm).to_owned(),
                description: texts(text(arm, "description")),
                ..Arm::default()
            });
        }
    }

    /// Inclusion criteria first, each list in the order of the file.
    fn criteria(&mut self, version: &Value, design: &Value, out: &mut StudyVersion) {
        for criterion in list(design, "eligibilityCriteria") {
            let id = text(criterion, "id");
            let oid = Source::oid("CRIT", criterion);
            let kind = match text(&criterion["category"], "code") {
                "C25532" => CriterionKind::Inclusion,
                "C25370" => CriterionKind::Exclusion,
                other => {
                    self.warn(
                        id,
                        &format!("Criterion {oid}"),
                        format!("its category {other} is read as exclusion"),
                    );
                    CriterionKind::Exclusion
                }
            };
            let item_id = text(criterion, "criterionItemId");
            let items = list(version, "eligibilityCriterionItems");
            let item = items.iter().find(|item| text(item, "id") == item_id);
            let said = item.map_or_else(String::new, |item| {
                self.source.plain_text(text(item, "text"), text(item, "dictionaryId"))
            });
            if said.is_empty() {
                self.warn(id, &format!("Criterion {oid}"), "has no text");
            }
            self.place("Criterion", &oid, id);
            let (number, label) = (text(criterion, "identifier"), text(criterion, "label"));
            out.protocol.criteria.push(Criterion {
                oid: oid.into(),
                name: format!("{number} {label}").trim().to_owned(),
                kind,
                text: texts(&said),
                ..Criterion::default()
            });
        }
        out.protocol.criteria.sort_by_key(|criterion| criterion.kind == CriterionKind::Exclusion);
    }
}

/// A text without a language; nothing when it is empty.
fn texts(text: &str) -> Texts {
    if text.is_empty() { Texts::default() } else { Texts::one("", text) }
}
