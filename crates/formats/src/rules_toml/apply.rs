//! Adds the rules of a file to a study version.

use std::collections::HashSet;

use kernel::{ArmOid, FormOid, ItemOid, StudyEventOid, StudyVersion, study::SdvPlan};

use super::{Check, Rules, Stated};
use crate::{Finding, Severity};

impl Rules {
    /// Adds the rules to a version: what the file says wins over what the version had. Names what
    /// fits nothing in the version: each finding is an error, the result must not be published.
    pub fn merge_into(&self, version: &mut StudyVersion) -> Vec<Finding> {
        let mut merge = Merge { rules: self, findings: Vec::new() };
        merge.identity(version);
        merge.encounters(version);
        merge.arms(version);
        merge.plans(version);
        merge.checks(version);
        merge.windows(version);
        merge.criteria(version);
        merge.findings
    }
}

struct Merge<'r> {
    rules: &'r Rules,
    findings: Vec<Finding>,
}

impl Merge<'_> {
    fn say(&mut self, severity: Severity, line: u32, about: impl Into<String>, text: &str) {
        self.findings.push(Finding {
            severity,
            file: self.rules.file.clone(),
            line: Some(line),
            about: about.into(),
            text: text.to_owned(),
        });
    }

    fn identity(&mut self, version: &StudyVersion) {
        let stated = [
            ("study", &self.rules.study, version.study_oid.as_str()),
            ("version", &self.rules.version, version.version_oid.as_str()),
        ];
        for (about, oid, actual) in stated {
            if let Some(oid) = oid.as_ref().filter(|oid| oid.what != actual) {
                let text = format!("the rules are for {}, not for {actual}", oid.what);
                self.say(Severity::Error, oid.line, about, &text);
            }
        }
    }

    /// An encounter of the protocol must have become the event that the file says.
    fn encounters(&mut self, version: &StudyVersion) {
        for Stated { line, what: (encounter, event) } in &self.rules.encounters {
            let found = version.events.iter().find(|known| known.oid.as_str() == event);
            let other = version.events.iter().find(|known| {
                known.oid.as_str() != event && is_encounter(known.aliases.as_slice(), encounter)
            });
            match (found, other) {
                (None, _) => {
                    self.say(Severity::Error, *line, event, "the version has no such event");
                }
                (Some(_), Some(other)) => {
                    let text = format!("the encounter {encounter} became the event {}", other.oid);
                    self.say(Severity::Error, *line, event, &text);
                }
                _ => {}
            }
        }
    }

    /// Arms go by the code that the data have.
    fn arms(&mut self, version: &mut StudyVersion) {
        for Stated { line, what: (name, code) } in &self.rules.arms {
            let arms = &mut version.protocol.arms;
            let Some(arm) = arms.iter_mut().find(|arm| arm.name == *name) else {
                self.say(Severity::Error, *line, name, "the version has no arm of this name");
                continue;
            };
            let old = std::mem::replace(&mut arm.oid, ArmOid::new(code));
            for reference in &mut version.protocol.event_refs {
                for arm in reference.arms.iter_mut().filter(|arm| **arm == old) {
                    *arm = ArmOid::new(code);
                }
            }
        }
    }

    fn plans(&mut self, version: &mut StudyVersion) {
        if let Some(dates) = &self.rules.visit_dates {
            version.visit_dates = dates.iter().map(ItemOid::new).collect();
        }
        if let Some(blinding) = &self.rules.blinding {
            version.blinding = blinding.clone();
        }
        if let Some(day_1) = &self.rules.study_day_1 {
            version.study_day_1 = Some(day_1.clone());
        }
        if let Some(Stated { what, .. }) = &self.rules.sdv {
            for rule in &what.rules {
                let known = |form: &FormOid| version.forms.iter().any(|known| known.oid == *form);
                if let Some(form) = rule.what.form.as_ref().filter(|form| !known(form)) {
                    let text = "the version has no such form";
                    self.say(Severity::Error, rule.line, form.as_str(), text);
                }
            }
            version.sdv = SdvPlan {
                rules: what.rules.iter().map(|rule| rule.what.clone()).collect(),
                first_participants_per_site: what.first_participants_per_site,
                other_percent: what.other_percent,
            };
        }
    }

    fn checks(&mut self, version: &mut StudyVersion) {
        let items: HashSet<&str> = version.items.iter().map(|item| item.oid.as_str()).collect();
        let blinded: HashSet<&str> = version.blinding.items.iter().map(ItemOid::as_str).collect();
        for Check { line, rule: check, also_on } in &self.rules.checks {
            let oid = check.oid.as_str();
            if let Some(item) = also_on.iter().find(|item| !items.contains(item.as_str())) {
                let text = format!("is on {item}, which the version does not have");
                self.say(Severity::Error, *line, oid, &text);
            }
            let mut on = also_on.iter().map(String::as_str).chain([check.item.as_str()]);
            if on.any(|item| blinded.contains(item)) && !check.blinded {
                let text = "is on a blinded item, but is not 'blinded' itself";
                self.say(Severity::Error, *line, oid, text);
            }
            let unknown = |event: &&StudyEventOid| !version.events.iter().any(|e| e.oid == **event);
            if let Some(event) = check.events.iter().find(unknown) {
                let text = format!("runs at {event}, which the version does not have");
                self.say(Severity::Error, *line, oid, &text);
            }
        }
        let added = self.rules.checks.iter().map(|check| check.rule.clone());
        let replaced: HashSet<&str> =
            self.rules.checks.iter().map(|check| check.rule.oid.as_str()).collect();
        version.checks.retain(|check| !replaced.contains(check.oid.as_str()));
        version.checks.extend(added);
    }

    fn windows(&mut self, version: &mut StudyVersion) {
        for Stated { line, what } in &self.rules.windows {
            for event in [&what.event, &what.anchor] {
                if !version.events.iter().any(|known| known.oid == *event) {
                    let text = "the version has no such event";
                    self.say(Severity::Error, *line, event.as_str(), text);
                }
            }
            let timings = &mut version.protocol.timings;
            timings.retain(|timing| timing.event != what.event);
            timings.push(what.clone());
        }
    }

    fn criteria(&mut self, version: &mut StudyVersion) {
        for Stated { line, what } in &self.rules.criteria {
            if let Some(item) = &what.item
                && !version.items.iter().any(|known| known.oid.as_str() == item)
            {
                self.say(Severity::Error, *line, item, "the version has no such item");
            }
            let mut criteria = version.protocol.criteria.iter_mut();
            let found = criteria.find(|known| {
                let oid = known.oid.as_str();
                oid == what.usdm || oid.strip_prefix("CRIT.") == Some(&what.usdm)
            });
            let Some(criterion) = found else {
                self.say(Severity::Error, *line, &what.usdm, "the version has no such criterion");
                continue;
            };
            if let Some(met) = &what.met {
                criterion.expression = Some(super::cel(met));
            }
        }
    }
}

fn is_encounter(aliases: &[kernel::study::Alias], encounter: &str) -> bool {
    aliases.iter().any(|alias| alias.context == "USDM.name" && alias.name == encounter)
}
