//! Names as REDCap has them: lower case letters, digits and underscores, each once.

use std::collections::BTreeSet;

use super::super::dictionary::is_name;

#[derive(Debug, Default)]
pub(super) struct Names {
    forms: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl Names {
    /// Keeps the name of a field from being given again.
    pub(super) fn take(&mut self, field: &str) {
        self.fields.insert(field.to_owned());
    }

    pub(super) fn form(&mut self, oid: &str) -> String {
        let name = if is_name(oid) { oid.to_owned() } else { plain(oid) };
        free(&name, &mut self.forms)
    }

    /// The name of a field, with its form where another form has the name already.
    pub(super) fn field(&mut self, form: &str, name: &str) -> String {
        let name = plain(name);
        if self.fields.insert(name.clone()) {
            return name;
        }
        free(&format!("{form}_{name}"), &mut self.fields)
    }
}

/// A text as a name.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            'a'..='z' | '0'..='9' => plain.push(char),
            'A'..='Z' => plain.push(char.to_ascii_lowercase()),
            _ if plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    let plain = plain.trim_matches('_');
    if plain.is_empty() { "x".to_owned() } else { plain.to_owned() }
}

/// The name, or with a number behind it if it is taken.
pub(super) fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2_u32;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}
