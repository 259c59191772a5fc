//! Conditions and calculations, in the words in which somebody wrote them where they still hold.

use kernel::{
    ConditionOid, MethodOid, StudyVersion,
    study::{Expression, GroupShape, ItemDef},
};

use super::{
    super::{
        study::to_study,
        xpath::{Answers, Asked, Of, Speaker},
    },
    Writing,
};

/// What somebody wrote in a form from which a condition or method came.
pub(super) struct Verbatim {
    /// The place of the row in the survey.
    row: usize,
    column: &'static str,
    text: String,
    /// The definition that the reader makes of it, and what it must say.
    oid: String,
    expected: String,
}

impl Writing<'_> {
    pub(super) fn speaker<'s>(
        &'s self,
        place: Option<&'s GroupShape>,
        this: Option<&'s str>,
    ) -> Speaker<'s> {
        let repeat = place.filter(|group| group.repeats).map(|group| &group.oid);
        Speaker { names: &self.named, repeat, this }
    }

    /// When something is asked. `row` is the place and name of the row, where its own words may be kept.
    pub(super) fn relevant(
        &mut self,
        exception: &ConditionOid,
        place: Option<&GroupShape>,
        about: &str,
        row: Option<(usize, &str)>,
    ) -> Option<String> {
        let def = self.design.condition(exception)?;
        let said = match def.expressions.iter().find(|one| one.is_cel()) {
            Some(cel) => {
                let speaker = self.speaker(place, None);
                let cond = speaker.truth(&cel.text, Asked::NotTrue, &Answers::new());
                cond.map(|cond| cond.spelled()).map_err(|unsaid| unsaid.0)
            }
            None => Err("it is not written in the language of rules".to_owned()),
        };
        match said {
            Ok(said) => {
                let words = def.description.0.get("");
                self.keep(row, "relevant", words, ("REL", &def.expressions));
                Some(said)
            }
            Err(why) => {
                let text = format!("is collected under condition {exception}; always there: {why}");
                self.say(crate::Severity::Warning, about, text);
                None
            }
        }
    }

    pub(super) fn calculation(
        &mut self,
        method: &MethodOid,
        item: &ItemDef,
        row: Option<(usize, &str)>,
    ) -> Option<String> {
        let def = self.design.method(method)?;
        let place = self.groups.iter().find(|group| group.item(&item.oid).is_some());
        let repeat = place.filter(|group| group.repeats).map(|group| &group.oid);
        let said = match def.expressions.iter().find(|one| one.is_cel()) {
            Some(cel) => {
                let speaker = Speaker { names: &self.named, repeat, this: None };
                let said = speaker.calculation(&cel.text, Of::item(item.data_type));
                said.map_err(|unsaid| unsaid.0)
            }
            None => Err("it is not written in the language of rules".to_owned()),
        };
        match said {
            Ok(said) => {
                let words = def.description.0.get("");
                self.keep(row, "calculation", words, ("CALC", &def.expressions));
                Some(said)
            }
            Err(why) => {
                self.warn(&item.oid, format!("is derived by {method}; blank there: {why}"));
                None
            }
        }
    }

    fn keep(
        &mut self,
        row: Option<(usize, &str)>,
        column: &'static str,
        words: Option<&String>,
        (kind, expressions): (&str, &[Expression]),
    ) {
        if let (Some((row, name)), Some(text), [expected]) = (row, words, expressions) {
            let oid = format!("{kind}.{name}");
            let (text, expected) = (text.clone(), expected.text.clone());
            self.verbatim.push(Verbatim { row, column, text, oid, expected });
        }
    }

    /// Puts back the words of the form from which a design came, where reading them still gives the
    /// expression of the design.
    pub(super) fn said_before(&mut self) {
        if self.verbatim.is_empty() {
            return;
        }
        let mut trial = self.sheets.clone();
        for one in &self.verbatim {
            trial.survey[one.row].cells.insert(one.column.to_owned(), one.text.clone());
        }
        let read = to_study(&trial, self.form.oid.as_str());
        let Some(read) = read.versions.first() else { return };
        for one in std::mem::take(&mut self.verbatim) {
            if expression(&read.version, &one.oid) == Some(&one.expected) {
                self.sheets.survey[one.row].cells.insert(one.column.to_owned(), one.text);
            }
        }
    }
}

/// The expression of a condition or method.
fn expression<'v>(version: &'v StudyVersion, oid: &str) -> Option<&'v String> {
    let condition = version.conditions.iter().find(|one| one.oid.as_str() == oid);
    let method = version.methods.iter().find(|one| one.oid.as_str() == oid);
    let expressions = condition.map(|one| &one.expressions).or(method.map(|one| &one.expressions));
    expressions.and_then(|all| all.first()).map(|one| &one.text)
}
