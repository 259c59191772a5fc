//! What stands beside the questions of a form, of which an XLSForm knows nothing.

use kernel::study::Design;

use super::Writing;
use crate::{Finding, Severity};

impl Writing<'_> {
    pub(super) fn beside(&mut self) {
        self.checks_of_choices();
        let form = format!("form {}", self.form.oid);
        if self.form.repeating {
            self.say(Severity::Warning, &form, "repeats: there it is filled anew each time");
        }
        if self.soft > 0 {
            let text = format!(
                "{} checks that take the value and open a query hold the entry up there",
                self.soft
            );
            self.say(Severity::Note, &form, text);
        }
        let version = self.design.version();
        let items = self.groups.iter().flat_map(|group| &group.items);
        let items: Vec<_> = items.filter_map(|item| self.design.item(&item.oid)).collect();
        let defs: Vec<_> =
            self.groups.iter().filter_map(|group| self.design.group(&group.oid)).collect();
        let lists: Vec<_> =
            self.lists.keys().filter_map(|oid| self.design.code_list(oid)).collect();
        let count = |is: &dyn Fn(&kernel::study::ItemDef) -> bool| {
            items.iter().filter(|item| is(item)).count()
        };
        let told = [
            (self.languages.twofold, "texts without a language stand beside the same in languages"),
            (
                count(&|item| !item.aliases.is_empty() || item.sds_var_name.is_some()),
                "items have names elsewhere, for instance in SDTM",
            ),
            (
                count(&|item| !item.question.is_empty() && !item.description.is_empty()),
                "items have a description beside their question",
            ),
            (count(&|item| item.comment.is_some()), "items have a comment"),
            (count(&|item| item.origin.is_some()), "items have an origin"),
            (count(&|item| !item.kept.is_empty()), "items have properties of another system"),
            (
                defs.iter().filter(|def| !def.groups.is_empty()).count(),
                "item groups have groups within them",
            ),
            (
                lists
                    .iter()
                    .flat_map(|list| &list.items)
                    .filter(|item| item.rank.is_some())
                    .count(),
                "codes have a rank",
            ),
            (
                count(&|item| version.blinding.items.contains(&item.oid)),
                "items are hidden from those who are blinded: there everybody sees them",
            ),
        ];
        for (count, what) in told {
            if count > 0 {
                self.say(Severity::Note, &form, format!("not said: {count} {what}"));
            }
        }
    }
}

/// What a study version has that is no form. An XLSForm is one form.
pub(in super::super) fn of_study(design: &Design, file: &str) -> Vec<Finding> {
    let version = design.version();
    let protocol = &version.protocol;
    let told = [
        (version.events.len(), "events with their forms and days"),
        (protocol.arms.len(), "arms"),
        (version.sdv.rules.len(), "rules of source data verification"),
        (version.tabulation.datasets.len(), "datasets of the tabulation"),
        (usize::from(version.study_day_1.is_some()), "definition of study day 1"),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| Finding {
        severity: Severity::Note,
        file: file.to_owned(),
        line: None,
        about: format!("study {}", version.study_oid),
        text: format!("not said: {count} {what}"),
    })
    .collect()
}
