//! Sections and groups as item groups. A new section, group or header begins an item group of its own.

use kernel::{
    Texts,
    study::{GroupRepeat, ItemGroupDef, ItemGroupRef, ItemRef},
};

use super::{responses::Answered, study::Making, template::TemplateRow};
use crate::{Severity, redcap::plain_label};

/// The group of items that name none.
const UNGROUPED: &str = "UNGROUPED";
/// The most rows of a group that says no number (sheet Instructions, `GROUP_REPEAT_MAX`).
const DEFAULT_LIMIT: u32 = 40;

/// What is said of a group.
#[derive(Clone, Debug, Default)]
struct Group<'t> {
    label: &'t str,
    repeats: bool,
    header: &'t str,
    limit: Option<u32>,
}

impl<'t> Making<'t> {
    /// Puts the items into groups, in the order of the sheet.
    pub(super) fn groups(&mut self) {
        let template = self.template;
        for row in &template.sections {
            for column in ["SUBTITLE", "INSTRUCTIONS"] {
                if !row.get(column).is_empty() {
                    self.say(
                        Severity::Warning,
                        row,
                        column,
                        "is not shown: a section has its title only",
                    );
                }
            }
        }
        let known: Vec<Group<'t>> = template.groups.iter().map(|row| self.group(row)).collect();
        let mut sections_begun: Vec<&str> = Vec::new();
        let mut last: Option<(&str, &str)> = None;
        for at in 0..self.items.len() {
            let row = self.items[at].row;
            let (section, label) = (row.get("SECTION_LABEL"), row.get("GROUP_LABEL"));
            let group = known.iter().find(|group| group.label == label).cloned();
            if group.is_none() && !label.is_empty() && !label.eq_ignore_ascii_case(UNGROUPED) {
                let text = format!("there is no group {label} on the sheet Groups");
                self.say(Severity::Error, row, "GROUP_LABEL", text);
            }
            let group = group.unwrap_or(Group { label: UNGROUPED, ..Group::default() });
            let begins = row.get("HEADER").len() + row.get("SUBHEADER").len() > 0 && !group.repeats;
            if begins || last != Some((section, label)) {
                last = Some((section, label));
                let is_first = !sections_begun.contains(&section);
                sections_begun.push(section);
                self.begin(row, &group, is_first);
            }
            if group.repeats {
                for column in
                    ["HEADER", "SUBHEADER"].into_iter().filter(|one| !row.get(one).is_empty())
                {
                    self.say(Severity::Note, row, column, "is not shown in a repeating group");
                }
            }
            self.place(at, &group);
        }
    }

    fn group(&mut self, row: &'t TemplateRow) -> Group<'t> {
        let repeats =
            !self.template.has_layout || row.get("GROUP_LAYOUT").eq_ignore_ascii_case("GRID");
        if row.get("GROUP_DISPLAY_STATUS").eq_ignore_ascii_case("HIDE") {
            let text = "is shown by rules, which are not in the workbook; it is always shown here";
            self.say(Severity::Warning, row, "GROUP_DISPLAY_STATUS", text);
        }
        if repeats && row.get("GROUP_REPEAT_NUMBER").parse().is_ok_and(|rows: u32| rows > 1) {
            self.say(
                Severity::Note,
                row,
                "GROUP_REPEAT_NUMBER",
                "a group starts with one row here",
            );
        }
        let said = row.get("GROUP_REPEAT_MAX");
        let limit = if said.is_empty() { Some(DEFAULT_LIMIT) } else { said.parse().ok() };
        if repeats && limit.is_none() {
            self.say(Severity::Warning, row, "GROUP_REPEAT_MAX", format!("'{said}' is no number"));
        }
        Group { label: row.get("GROUP_LABEL"), repeats, header: row.get("GROUP_HEADER"), limit }
    }

    fn begin(&mut self, row: &TemplateRow, group: &Group<'_>, is_first: bool) {
        let label = row.get("SECTION_LABEL");
        let template = self.template;
        let section = template.sections.iter().find(|one| one.get("SECTION_LABEL") == label);
        if section.is_none() {
            let text = format!("there is no section '{label}' on the sheet Sections");
            self.say(Severity::Error, row, "SECTION_LABEL", text);
        }
        let title = section.map(|one| plain_label(one.get("SECTION_TITLE"))).filter(|_| is_first);
        let headers = if group.repeats {
            [plain_label(group.header), String::new()]
        } else {
            [plain_label(row.get("HEADER")), plain_label(row.get("SUBHEADER"))]
        };
        let said: Vec<String> =
            title.into_iter().chain(headers).filter(|text| !text.is_empty()).collect();
        let oid = self.oids.group(group.label);
        self.places.set("ItemGroupDef", &oid, row.number);
        self.form
            .groups
            .push(ItemGroupRef { group: oid.as_str().into(), ..ItemGroupRef::default() });
        self.version.item_groups.push(ItemGroupDef {
            oid: oid.as_str().into(),
            name: if group.label == UNGROUPED { label } else { group.label }.to_owned(),
            repeat: if group.repeats { GroupRepeat::Simple } else { GroupRepeat::No },
            repeat_limit: group.limit.filter(|_| group.repeats),
            description: if said.is_empty() {
                Texts::default()
            } else {
                Texts::one("", said.join(": "))
            },
            ..ItemGroupDef::default()
        });
    }

    fn place(&mut self, at: usize, group: &Group<'_>) {
        let Some(last) = self.version.item_groups.last_mut() else { return };
        let item = &mut self.items[at];
        item.repeat = group.repeats.then(|| last.oid.clone());
        let is_required = item.row.get("REQUIRED") == "1";
        let is_one = item.answered != Answered::Several;
        last.items.extend(item.defs.iter().map(|oid| ItemRef {
            item: oid.clone(),
            mandatory: is_required && is_one,
            ..ItemRef::default()
        }));
        if is_required && !is_one {
            let (row, text) =
                (item.row, "an item of which several may be ticked is not required here");
            self.say(Severity::Warning, row, "REQUIRED", text);
        }
    }
}
