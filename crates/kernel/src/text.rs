//! Texts in several languages (ODM TranslatedText).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// A language tag as written in `xml:lang` (BCP 47); empty when the source names none.
pub type Lang = String;

/// One text in the languages in which the study has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(pub BTreeMap<Lang, String>);

impl Texts {
    /// A text in one language.
    pub fn one(lang: impl Into<String>, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(lang.into(), text.into())]))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn set(&mut self, lang: impl Into<String>, text: impl Into<String>) {
        self.0.insert(lang.into(), text.into());
    }

    /// The text in `lang`, else in its base language, else without a language, else any.
    pub fn in_lang(&self, lang: &str) -> Option<&str> {
        let base = lang.split('-').next().unwrap_or(lang);
        let same_base = |(tag, _): &(&String, &String)| tag.split('-').next() == Some(base);
        self.0
            .get(lang)
            .or_else(|| self.0.iter().find(same_base).map(|(_, text)| text))
            .or_else(|| self.0.get(""))
            .or_else(|| self.0.values().next())
            .map(String::as_str)
    }
}

/// What Casebook itself says, in both languages of the product. The English one stands where nobody can
/// choose: at a terminal, in a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wording {
    pub en: String,
    pub zh: String,
}

impl Wording {
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_back_to_its_base_language_then_to_any() {
        let mut texts = Texts::one("en", "Weight");
        texts.set("zh-CN", "体重");
        assert_eq!(texts.in_lang("zh"), Some("体重"));
        assert_eq!(texts.in_lang("en-GB"), Some("Weight"));
        assert_eq!(texts.in_lang("fr"), Some("Weight"));
        assert_eq!(Texts::default().in_lang("en"), None);
    }
}
