//! The rules file of a study (`docs/rules-file.md`): what ODM cannot say. Edit checks, verification
//! against the source, blinding, criteria, windows, and which items date a visit.
//!
//! [`read`] refuses what it does not know, with its line. [`Rules::merge_into`] adds the rules to a
//! study version and says what fits nothing there. Expressions are not looked at here: whoever
//! publishes compiles them, and finds the line of a check in [`Rules::places`].

mod apply;
mod raw;

use kernel::{
    FormOid, ItemOid,
    study::{Blinding, EditCheck, Expression, SdvRule, TimingConstraint},
};

use self::raw::{RawCase, RawCheck, RawRules, RawSdvPlan, RawWindow};
use crate::{
    FormatError, Places,
    mapping::{TomlPlaces, fault_at},
};

/// The longest rules file that is read, in bytes.
const MAX_FILE_BYTES: usize = 8 << 20;

/// What a rules file says.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    file: String,
    study: Option<Stated<String>>,
    version: Option<Stated<String>>,
    checks: Vec<Check>,
    visit_dates: Option<Vec<String>>,
    windows: Vec<Stated<TimingConstraint>>,
    encounters: Vec<Stated<(String, String)>>,
    arms: Vec<Stated<(String, String)>>,
    sdv: Option<Stated<Sdv>>,
    blinding: Option<Blinding>,
    study_day_1: Option<Expression>,
    criteria: Vec<Stated<Criterion>>,
    places: Places,
}

/// Something, and the line on which it stands.
#[derive(Clone, Debug)]
struct Stated<T> {
    line: u32,
    what: T,
}

/// A check on one form, with what a version does not hold.
#[derive(Clone, Debug)]
struct Check {
    line: u32,
    rule: EditCheck,
    /// The other items that it is about.
    also_on: Vec<String>,
}

#[derive(Clone, Debug)]
struct Sdv {
    other_percent: u8,
    rules: Vec<Stated<SdvRule>>,
    first_participants_per_site: u32,
}

#[derive(Clone, Debug)]
struct Criterion {
    usdm: String,
    item: Option<String>,
    met: Option<String>,
}

impl Rules {
    /// The line of each check (kind `EditCheck`, by the OID that it has in the version), criterion
    /// (`Criterion`), window (`TimingConstraint`), and of the `SdvPlan`, `Blinding` and
    /// `VisitDates` items.
    pub fn places(&self) -> &Places {
        &self.places
    }
}

/// Reads the text of a rules file. `file` is its name in messages.
pub fn read(text: &str, file: &str) -> Result<Rules, FormatError> {
    if text.len() > MAX_FILE_BYTES {
        let what = format!("the file is longer than {MAX_FILE_BYTES} bytes");
        return Err(fault_at(file, 0, what, "give a rules file"));
    }
    let lines = TomlPlaces::new(file, text);
    let raw: RawRules = toml::from_str(text).map_err(|cause| lines.not_read(&cause))?;
    Reader { lines }.rules(raw)
}

struct Reader {
    lines: TomlPlaces,
}

impl Reader {
    fn rules(&self, raw: RawRules) -> Result<Rules, FormatError> {
        let mut rules = Rules {
            file: self.lines.file().to_owned(),
            places: Places::new(self.lines.file()),
            ..Rules::default()
        };
        for check in &raw.check {
            self.check(check, &mut rules)?;
        }
        for window in &raw.window {
            let line = self.line(window);
            let timing = timing(window.get_ref());
            rules.places.set("TimingConstraint", timing.oid.as_str(), line);
            rules.windows.push(Stated { line, what: timing });
        }
        for criterion in raw.criterion {
            let line = self.line(&criterion);
            let criterion = criterion.into_inner();
            rules.places.set("Criterion", &format!("CRIT.{}", criterion.usdm), line);
            let (usdm, item, met) = (criterion.usdm, criterion.item, criterion.met);
            rules.criteria.push(Stated { line, what: Criterion { usdm, item, met } });
        }
        rules.encounters = self.pairs(raw.encounters);
        rules.arms = self.pairs(raw.arms);
        rules.study = raw.study.map(|oid| self.stated(oid));
        rules.version = raw.version.map(|oid| self.stated(oid));
        rules.study_day_1 = raw.study_day_1.map(|text| cel(&text));
        rules.sdv = raw.sdv.as_ref().map(|sdv| self.sdv(sdv, &mut rules.places)).transpose()?;
        if let Some(visits) = &raw.visits {
            self.places_of("VisitDates", visits, &visits.get_ref().dates, &mut rules.places);
            rules.visit_dates = Some(visits.get_ref().dates.clone());
        }
        if let Some(blinded) = raw.blinded {
            self.places_of("Blinding", &blinded, &blinded.get_ref().items, &mut rules.places);
            let raw::RawBlinded { items, roles, visible_to } = blinded.into_inner();
            let items = items.iter().map(ItemOid::new).collect();
            rules.blinding = Some(Blinding { items, hidden_from: roles, visible_to });
        }
        Ok(rules)
    }

    /// One check for each form that the rule names.
    fn check(&self, raw: &toml::Spanned<RawCheck>, rules: &mut Rules) -> Result<(), FormatError> {
        let line = self.line(raw);
        let check = raw.get_ref();
        let Some((item, also_on)) = check.on.split_first() else {
            let what = format!("the check {} is on no item", check.oid);
            return Err(self.fault(line, what, "name the item at which it asks"));
        };
        if check.message.is_empty() {
            let what = format!("the check {} has no message", check.oid);
            return Err(self.fault(line, what, "say in a message what is to be corrected"));
        }
        let forms = check.form.texts();
        for form in forms {
            let oid = match forms.len() {
                1 => check.oid.clone(),
                _ => format!("{}@{form}", check.oid),
            };
            if rules.places.line("EditCheck", &oid).is_some() {
                let what = format!("the check {oid} is there twice");
                return Err(self.fault(line, what, "give each check its own OID"));
            }
            rules.places.set("EditCheck", &oid, line);
            rules.checks.push(Check {
                line,
                rule: check.on_form(oid, form, item),
                also_on: also_on.to_vec(),
            });
        }
        Ok(())
    }

    fn sdv(
        &self,
        raw: &toml::Spanned<raw::RawSdv>,
        places: &mut Places,
    ) -> Result<Stated<Sdv>, FormatError> {
        let line = self.line(raw);
        let sdv = raw.get_ref();
        let mut rules = Vec::new();
        for plan in &sdv.plan {
            let line = self.line(plan);
            let RawSdvPlan { share, items, forms, .. } = plan.get_ref();
            let percent = self.percent(*share, line)?;
            if items.is_empty() == forms.is_empty() {
                let what = "a verification plan takes either 'items' or 'forms'";
                return Err(self.fault(line, what, "split it in two"));
            }
            let mut add = |form: Option<&String>, items: &[String]| {
                let form = form.map(FormOid::new);
                let items = items.iter().map(ItemOid::new).collect();
                rules.push(Stated { line, what: SdvRule { form, items, percent } });
            };
            for form in forms {
                add(Some(form), &[]);
            }
            if !items.is_empty() {
                add(None, items);
            }
            self.places_of("SdvPlan", plan, items, places);
        }
        Ok(Stated {
            line,
            what: Sdv {
                other_percent: self.percent(sdv.default, line)?,
                rules,
                first_participants_per_site: sdv.first_participants_per_site,
            },
        })
    }

    /// A share between 0 and 1 as a whole percentage.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 gives a percentage between 0 and 100"
    )]
    fn percent(&self, share: f64, line: u32) -> Result<u8, FormatError> {
        let percent = (share * 100.0).round();
        if !(0.0..=1.0).contains(&share) || (percent - share * 100.0).abs() > 1e-6 {
            let what = format!("the share {share} is no whole percentage between 0 and 1");
            return Err(self.fault(line, what, "give for instance 0.2 for 20 %"));
        }
        Ok(percent as u8)
    }

    fn places_of<T>(
        &self,
        kind: &str,
        at: &toml::Spanned<T>,
        items: &[String],
        places: &mut Places,
    ) {
        for item in items {
            places.set(kind, item, self.line(at));
        }
    }

    fn pairs(
        &self,
        raw: std::collections::BTreeMap<String, toml::Spanned<String>>,
    ) -> Vec<Stated<(String, String)>> {
        let pair = |(name, oid): (String, toml::Spanned<String>)| Stated {
            line: self.line(&oid),
            what: (name, oid.into_inner()),
        };
        raw.into_iter().map(pair).collect()
    }

    fn stated(&self, text: toml::Spanned<String>) -> Stated<String> {
        Stated { line: self.line(&text), what: text.into_inner() }
    }

    fn line<T>(&self, at: &toml::Spanned<T>) -> u32 {
        self.lines.line(at.span().start)
    }

    fn fault(&self, line: u32, what: impl Into<String>, advice: &str) -> FormatError {
        fault_at(self.lines.file(), line, what, advice)
    }
}

fn cel(text: &str) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text: text.trim().to_owned() }
}

fn timing(window: &RawWindow) -> TimingConstraint {
    TimingConstraint {
        oid: format!("TM.{}", window.event).into(),
        name: format!("{} after {}", window.event, window.anchor),
        event: window.event.as_str().into(),
        anchor: window.anchor.as_str().into(),
        offset_days: window.days,
        window_before_days: window.before,
        window_after_days: window.after,
        ..TimingConstraint::default()
    }
}

/// What an example must give, in the words of [`kernel::study::Example`]: the version's expression
/// is true when the data are in order, the file's when they are not.
fn expectation(case: &RawCase) -> &'static str {
    match (case.evaluated, case.fires) {
        (false, _) => "not evaluated",
        (true, true) => "false",
        (true, false) => "true",
    }
}

#[cfg(test)]
mod tests;
