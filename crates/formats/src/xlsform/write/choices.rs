//! The sheet of choices.

use std::collections::BTreeMap;

use kernel::{Texts, study::ItemDef};

use super::{CODE_LIST, SheetRow, Writing, names::free, set};

/// The list of an item that is true or false.
const TRUE_OR_FALSE: &str = "true_or_false";

impl Writing<'_> {
    /// The list of a code list, which is written once; `None` without one, or with a dictionary.
    pub(super) fn code_list(
        &mut self,
        cells: &mut BTreeMap<String, String>,
        def: &ItemDef,
    ) -> Option<String> {
        let oid = def.code_list.as_ref()?;
        let list = self.design.code_list(oid)?;
        if let Some((name, _)) = &list.external {
            self.warn(&def.oid, format!("its dictionary, {name}, is not in the form: a text"));
            return None;
        }
        if list.items.is_empty() {
            return None;
        }
        let name = if let Some(name) = self.lists.get(oid) {
            name.clone()
        } else {
            let plain = oid.as_str().strip_prefix("CL.").unwrap_or(oid.as_str());
            let choices: Vec<(String, Texts)> = list
                .items
                .iter()
                .map(|item| (item.coded_value.clone(), item.decode.clone()))
                .collect();
            let name = self.choices_of(plain, &choices);
            self.lists.insert(oid.clone(), name.clone());
            name
        };
        if oid.as_str() != format!("CL.{name}") {
            set(cells, CODE_LIST, oid.as_str());
        }
        Some(name)
    }

    /// Writes choices as a list; its name.
    pub(super) fn choices_of(&mut self, name: &str, choices: &[(String, Texts)]) -> String {
        let name = free(name, &mut self.list_names);
        for (code, label) in choices {
            let mut cells = BTreeMap::new();
            set(&mut cells, "list_name", &name);
            set(&mut cells, "name", code);
            let fallback = Texts::one("", code.as_str());
            self.set_texts(&mut cells, "label", if label.is_empty() { &fallback } else { label });
            let number = u32::try_from(self.sheets.choices.len() + 2).unwrap_or(u32::MAX);
            self.sheets.choices.push(SheetRow { number, cells });
        }
        name
    }

    /// The list of items that are true or false.
    pub(super) fn true_or_false(&mut self) -> String {
        let key = TRUE_OR_FALSE.into();
        if let Some(name) = self.lists.get(&key) {
            return name.clone();
        }
        let words = |en: &str, zh: &str| {
            let mut texts = Texts::default();
            for tag in self.languages.tags() {
                texts.set(tag, if tag.starts_with("zh") { zh } else { en });
            }
            if texts.is_empty() { Texts::one("", en) } else { texts }
        };
        let choices =
            [("true".to_owned(), words("Yes", "是")), ("false".to_owned(), words("No", "否"))];
        let name = self.choices_of(TRUE_OR_FALSE, &choices);
        self.lists.insert(key, name.clone());
        name
    }
}
