//! A workbook as a study version: one event with one form.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{
    ItemGroupOid, StudyVersion, Texts,
    study::{Design, Expression, FormDef, FormRef, StudyEventDef, StudyEventRef},
};
use rules::{Catalogue, Expect, Scope, Type, compile};

use super::{
    items::Item,
    names::Oids,
    responses::Responses,
    template::{Template, TemplateRow},
};
use crate::{Draft, Finding, ImportedDesign, Places, Severity};

/// Makes a study version of a form. `study` is the OID of the study, which a workbook does not say.
pub fn to_study(template: &Template, study: &str) -> ImportedDesign {
    let crf = &template.crf;
    let name = crf.get("CRF_NAME");
    let mut oids = Oids::new(name);
    let form = oids.form();
    let mut making = Making {
        template,
        version: StudyVersion {
            study_oid: study.into(),
            study_name: study.to_owned(),
            protocol_name: study.to_owned(),
            version_oid: "MDV.1".into(),
            version_name: crf.get("VERSION").to_owned(),
            version_description: texts(crf.get("VERSION_DESCRIPTION")),
            ..StudyVersion::default()
        },
        form: FormDef {
            oid: form.as_str().into(),
            name: name.to_owned(),
            description: texts(name),
            ..FormDef::default()
        },
        oids,
        responses: Responses::default(),
        code_lists: BTreeMap::new(),
        units: BTreeMap::new(),
        items: Vec::new(),
        places: Places::new(template.file.as_str()),
        findings: Vec::new(),
    };
    making.places.set("FormDef", &form, crf.number);
    if !crf.get("REVISION_NOTES").is_empty() {
        making.say(Severity::Note, crf, "REVISION_NOTES", "is not kept");
    }
    making.read_items();
    making.groups();
    making.logic();
    making.finish()
}

pub(super) struct Making<'t> {
    pub template: &'t Template,
    pub version: StudyVersion,
    pub form: FormDef,
    pub oids: Oids,
    pub responses: Responses,
    /// Code lists by response label.
    pub code_lists: BTreeMap<String, kernel::CodeListOid>,
    pub units: BTreeMap<String, kernel::UnitOid>,
    /// In the order of the sheet.
    pub items: Vec<Item<'t>>,
    pub places: Places,
    pub findings: Vec<Finding>,
}

/// A text in the language of the workbook, which it does not say.
pub(super) fn texts(text: &str) -> Texts {
    let plain = crate::redcap::plain_label(text);
    if plain.is_empty() { Texts::default() } else { Texts::one("", plain) }
}

pub(super) fn cel(text: String) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text }
}

impl Making<'_> {
    pub fn say(
        &mut self,
        severity: Severity,
        row: &TemplateRow,
        column: &str,
        text: impl Into<String>,
    ) {
        self.findings.push(row.finding(&self.template.file, severity, column, text));
    }

    fn finish(mut self) -> ImportedDesign {
        let (form, name) = (self.form.oid.clone(), self.form.name.clone());
        let event = format!("SE_{}", form.as_str().trim_start_matches("F_"));
        self.version.forms.push(self.form.clone());
        self.version.events.push(StudyEventDef {
            oid: event.as_str().into(),
            name,
            forms: vec![FormRef { form, ..FormRef::default() }],
            ..StudyEventDef::default()
        });
        self.version.protocol.event_refs.push(StudyEventRef {
            event: event.as_str().into(),
            order: Some(1),
            ..StudyEventRef::default()
        });
        self.only_what_compiles();
        ImportedDesign {
            versions: vec![Draft { version: self.version, places: self.places }],
            warnings: self.findings,
            ..ImportedDesign::default()
        }
    }

    /// Takes out what was translated and still is no expression, for instance for a pattern that only
    /// Java knows, and lists it.
    fn only_what_compiles(&mut self) {
        let design = Design::new(Arc::new(self.version.clone()));
        let catalogue = Catalogue::of(&design);
        let form = self.form.oid.clone();
        let wrong = |text: &str, group: Option<&ItemGroupOid>, expect: Expect| {
            let scope = Scope::of_form(&design, &catalogue, &form, group);
            let faults = compile(text, &scope, expect).err()?;
            Some(faults.first().map_or_else(String::new, |fault| fault.message_en.clone()))
        };
        for item in std::mem::take(&mut self.items) {
            let group = item.repeat.as_ref();
            let unsaid = |making: &mut Self, column: &str, why: String| {
                let text = format!("is not translated: {why} in '{}'", item.row.get(column));
                making.say(Severity::Warning, item.row, column, text);
            };
            let check =
                self.version.checks.iter().position(|one| item.check.as_ref() == Some(&one.oid));
            if let Some(at) = check
                && let Some(why) =
                    wrong(&self.version.checks[at].expression.text, group, Expect::Bool)
            {
                self.version.checks.remove(at);
                unsaid(self, "VALIDATION", why);
            }
            let method =
                self.version.methods.iter().position(|one| item.method.as_ref() == Some(&one.oid));
            if let Some(at) = method {
                let expect = Expect::Value(Type::of(item.data_type));
                let text = &self.version.methods[at].expressions[0].text;
                if let Some(why) = wrong(text, group, expect) {
                    self.version.methods.remove(at);
                    self.entered(&item);
                    unsaid(self, "RESPONSE_VALUES_OR_CALCULATIONS", why);
                }
            }
        }
    }

    /// An item whose calculation is not translated is entered.
    fn entered(&mut self, item: &Item<'_>) {
        for group in &mut self.version.item_groups {
            for reference in group.items.iter_mut().filter(|one| one.item == item.oid) {
                reference.method = None;
            }
        }
    }
}
