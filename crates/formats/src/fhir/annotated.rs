//! What items are in SDTM, as the study annotates them: by an alias of context `SDTM` such as
//! `VS.VSORRES`, else by their SDSVarName and the Domain of their group (ODM 1.3.2).

use std::collections::HashMap;

use kernel::{
    FormOid, ItemGroupOid, ItemOid,
    study::{Design, ItemDef, ItemGroupDef},
};

/// Domains whose results are observations, and what they are observations of
/// (<http://hl7.org/fhir/R4/valueset-observation-category.html>).
pub(super) const FINDINGS: [(&str, &str); 3] =
    [("VS", "vital-signs"), ("LB", "laboratory"), ("EG", "procedure")];
/// The variable of a findings domain that holds a result as it was collected.
pub(super) const RESULT: &str = "ORRES";
/// The domain of adverse events, and the variable that names one.
pub(super) const EVENTS: &str = "AE";
pub(super) const TERM: &str = "TERM";

/// The variable that an item is: its domain, and its name without that (`VSORRES` is `ORRES`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    item: ItemOid,
    domain: String,
    role: String,
}

/// The annotations of a design, by group.
#[derive(Clone, Debug, Default)]
pub(super) struct Annotated {
    groups: HashMap<ItemGroupOid, Vec<Note>>,
}

impl Annotated {
    pub(super) fn new(design: &Design) -> Self {
        let mut groups: HashMap<ItemGroupOid, Vec<Note>> = HashMap::new();
        for group in &design.version().item_groups {
            let items = group.items.iter().filter_map(|item| design.item(&item.item));
            let notes: Vec<Note> = items.filter_map(|item| note(group, item)).collect();
            if !notes.is_empty() {
                groups.insert(group.oid.clone(), notes);
            }
        }
        Self { groups }
    }

    /// The item of a group that is a variable of a domain.
    pub(super) fn item(&self, group: &str, domain: &str, role: &str) -> Option<&ItemOid> {
        let notes = self.groups.get(&ItemGroupOid::new(group))?.iter();
        let mut found = notes.filter(|note| note.domain == domain && note.role == role);
        found.next().map(|note| &note.item)
    }

    /// The items of a group that hold results of findings: item, domain, category.
    pub(super) fn results(&self, group: &str) -> Vec<(&ItemOid, &'static str, &'static str)> {
        let notes = self.groups.get(&ItemGroupOid::new(group)).into_iter().flatten();
        let results = notes.filter(|note| note.role == RESULT);
        let known = results.filter_map(|note| {
            let (domain, category) = FINDINGS.iter().find(|(domain, _)| *domain == note.domain)?;
            Some((&note.item, *domain, *category))
        });
        known.collect()
    }

    /// The place of a variable in a form: a group and an item.
    pub(super) fn find<'a>(
        &'a self,
        design: &'a Design,
        form: &FormOid,
        domain: &str,
        role: &str,
    ) -> Option<(&'a ItemGroupOid, &'a ItemOid)> {
        let mut groups = design.groups_of(form).iter();
        groups.find_map(|group| Some((group, self.item(group.as_str(), domain, role)?)))
    }
}

fn note(group: &ItemGroupDef, item: &ItemDef) -> Option<Note> {
    let mut aliases = item.aliases.iter();
    let alias = aliases.find(|alias| alias.context.eq_ignore_ascii_case("SDTM"));
    let (domain, variable) = match alias.and_then(|alias| alias.name.split_once('.')) {
        Some((domain, variable)) => (domain, variable),
        None => (group.domain.as_deref()?, item.sds_var_name.as_deref()?),
    };
    let role = variable.strip_prefix(domain).filter(|rest| !rest.is_empty()).unwrap_or(variable);
    Some(Note { item: item.oid.clone(), domain: domain.to_owned(), role: role.to_owned() })
}
