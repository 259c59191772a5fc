use crate::View;
use std::borrow::Cow;

/// A place in the order in which a store committed its entries. Ascending, not without gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// A page of a view: rows of one study whose keys begin with `prefix`, behind the key `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub view: View,
    pub study: String,
    pub prefix: String,
    pub after: Option<String>,
    pub limit: u32,
}

impl Range {
    /// The first page of a view.
    pub fn all(view: View, study: impl Into<String>, limit: u32) -> Self {
        Self { view, study: study.into(), prefix: String::new(), after: None, limit }
    }

    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    #[must_use]
    pub fn after(self, key: impl Into<String>) -> Self {
        Self { after: Some(key.into()), ..self }
    }

    /// The smallest key that may be in the range: that of the prefix, or the one right behind
    /// `after`. A key has no NUL, so none lies between a key and the same with U+0001 behind it. One
    /// bound and not two: of two, SQLite would seek the first and skip row by row to the second.
    pub(crate) fn start(&self) -> Cow<'_, str> {
        let behind = self.after.as_ref().map(|after| format!("{after}\u{1}"));
        match behind {
            Some(behind) if behind > self.prefix => Cow::Owned(behind),
            _ => Cow::Borrowed(&self.prefix),
        }
    }

    /// The smallest text behind everything that begins with the prefix; `None` if there is no such
    /// text. Text in UTF-8 sorts by its characters, so the last one is raised by one.
    pub(crate) fn end(&self) -> Option<String> {
        let mut end = self.prefix.clone();
        while let Some(last) = end.pop() {
            if let Some(next) = (last..=char::MAX).nth(1) {
                end.push(next);
                return Some(end);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(prefix: &str) -> Option<String> {
        Range::all(View(1), "S", 1).prefix(prefix).end()
    }

    #[test]
    fn a_range_starts_at_its_prefix_or_right_behind_the_last_key() {
        let range = Range::all(View(1), "S", 1).prefix("ab");
        assert_eq!(range.start(), "ab");
        assert_eq!(range.clone().after("aa").start(), "ab");
        assert_eq!(range.clone().after("ab").start(), "ab\u{1}");
        assert_eq!(range.after("abc").start(), "abc\u{1}");
    }

    #[test]
    fn a_range_ends_right_behind_its_prefix() {
        assert_eq!(end("ab").as_deref(), Some("ac"));
        assert_eq!(end("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(end("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(end("\u{10FFFF}"), None);
        assert_eq!(end(""), None);
    }
}
