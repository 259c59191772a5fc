//! The languages of a form, as XLSForm names them: `English (en)`.

use std::collections::BTreeSet;

use kernel::{
    Texts,
    study::{Design, FormDef, GroupShape},
};

const NAMES: [(&str, &str); 12] = [
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("hi", "हिन्दी"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("pt", "Português"),
    ("ru", "Русский"),
    ("zh", "中文"),
];

/// The tags that texts of a form have; none when all texts are without one.
#[derive(Debug, Default)]
pub(super) struct Languages {
    tags: BTreeSet<String>,
    /// Texts that are there with a language and without one.
    pub twofold: usize,
}

impl Languages {
    pub fn of(design: &Design, form: &FormDef, groups: &[GroupShape]) -> Self {
        let mut languages = Self::default();
        for group in groups {
            if let Some(def) = design.group(&group.oid) {
                languages.add(&def.description);
            }
            for item in group.items.iter().filter_map(|item| design.item(&item.oid)) {
                languages.add(&item.question);
                languages.add(&item.instructions);
                item.range_checks.iter().for_each(|check| languages.add(&check.message));
                let list = item.code_list.as_ref().and_then(|oid| design.code_list(oid));
                let choices = list.map_or(&[][..], |list| &list.items);
                for choice in choices {
                    languages.add(&choice.decode);
                }
            }
        }
        let checks = design.version().checks.iter().filter(|check| check.form == form.oid);
        checks.for_each(|check| languages.add(&check.message));
        let bases = languages.tags.clone();
        languages.tags.retain(|tag| canonical(&bases, tag) == tag);
        languages
    }

    fn add(&mut self, texts: &Texts) {
        self.twofold += usize::from(texts.0.contains_key("") && texts.0.len() > 1);
        self.tags.extend(texts.0.keys().filter(|tag| !tag.is_empty()).cloned());
    }

    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str)
    }

    /// The one in which a text without a language is taken to be.
    pub fn default_tag(&self) -> &str {
        let first = self.tags.first().map_or("", String::as_str);
        if self.tags.contains("en") { "en" } else { first }
    }

    /// Its name; empty when no text has a language.
    pub fn default_name(&self) -> String {
        name(self.default_tag())
    }

    /// The language in which a text is written: `zh` for one in `zh-CN`, where the form has both; the default
    /// one for a text without a language.
    pub fn written<'t>(&'t self, tag: &'t str) -> &'t str {
        if tag.is_empty() { self.default_tag() } else { canonical(&self.tags, tag) }
    }

    /// The column of a text in a language.
    pub fn column(&self, column: &str, tag: &str) -> String {
        let tag = self.written(tag);
        if tag.is_empty() { column.to_owned() } else { format!("{column}::{}", name(tag)) }
    }
}

/// The language of which a tag says the region, if there are texts in that language.
fn canonical<'t>(tags: &BTreeSet<String>, tag: &'t str) -> &'t str {
    let base = tag.split('-').next().unwrap_or(tag);
    if tags.contains(base) { base } else { tag }
}

fn name(tag: &str) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == tag);
    known.map_or_else(|| tag.to_owned(), |(_, name)| format!("{name} ({tag})"))
}
