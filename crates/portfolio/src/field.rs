//! What a request says, read field by field; every fault is told at once.

use contract::{Error, FieldViolation};

const LONGEST_OID_BYTES: usize = 128;
const LONGEST_TEXT_CHARS: usize = 500;
const LONGEST_USER_BYTES: usize = 64;

/// Reads fields and collects what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    faults: Vec<FieldViolation>,
}

impl Fields {
    /// Refuses with `INVALID_ARGUMENT` if anything was wrong.
    pub fn done(self) -> Result<(), Error> {
        if self.faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(self.faults)) }
    }

    pub fn fault(&mut self, field: &str, description: impl Into<String>) {
        self.faults.push(FieldViolation::new(field, description));
    }

    pub fn oid(&mut self, field: &str, text: &str) -> String {
        let fits = !text.is_empty() && text.len() <= LONGEST_OID_BYTES && text.trim() == text;
        if !fits || text.contains(char::is_control) {
            let most = LONGEST_OID_BYTES;
            self.fault(
                field,
                format!("1 to {most} bytes without control characters, no space at its ends"),
            );
        }
        text.to_owned()
    }

    /// A text that must be there.
    pub fn text(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.fault(field, "it must be said");
        }
        self.check(field, text);
        text.to_owned()
    }

    /// A text that may be left out, or taken away by an empty one.
    pub fn edited_text(&mut self, field: &str, text: Option<&String>) -> Edit<String> {
        let Some(text) = text else { return Edit::Keep };
        let text = text.trim();
        self.check(field, text);
        if text.is_empty() { Edit::Clear } else { Edit::Set(text.to_owned()) }
    }

    /// A number from 1 that may be left out, or taken away by 0.
    pub fn edited_count(&mut self, field: &str, count: Option<i32>) -> Edit<u32> {
        match count.map(u32::try_from) {
            None => Edit::Keep,
            Some(Ok(0)) => Edit::Clear,
            Some(Ok(count)) => Edit::Set(count),
            Some(Err(_)) => {
                self.fault(field, "it cannot be negative");
                Edit::Keep
            }
        }
    }

    /// The name of a user, as the identity service takes it.
    pub fn user(&mut self, field: &str, text: &str) -> String {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = |byte: u8| is_plain(byte) || b"._@-".contains(&byte);
        let is_name = text.len() <= LONGEST_USER_BYTES
            && text.bytes().next().is_some_and(is_plain)
            && text.bytes().all(fits);
        if !is_name {
            let allowed = "1 to 64 of a-z, 0-9, dot, underscore, @ and hyphen, not a sign first";
            self.fault(field, allowed);
        }
        text.to_owned()
    }

    fn check(&mut self, field: &str, text: &str) {
        if text.chars().count() > LONGEST_TEXT_CHARS {
            self.fault(field, format!("it has more than {LONGEST_TEXT_CHARS} characters"));
        }
        if text.contains(char::is_control) {
            self.fault(field, "it has control characters");
        }
    }
}

/// What a request says of something that need not be said at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit<T> {
    /// It stays as it is.
    Keep,
    /// It is taken away.
    Clear,
    Set(T),
}

impl<T: Clone> Edit<T> {
    pub fn apply(&self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(value) => *to = Some(value.clone()),
        }
    }

    /// What is said where nothing was said before.
    pub fn said(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// Puts a new value in the place of an old one, if there is a new one.
pub(crate) fn edit<T>(current: &mut T, edited: Option<T>) {
    if let Some(edited) = edited {
        *current = edited;
    }
}

/// Whether something that was said is now otherwise. What is said for the first time is not.
pub(crate) fn is_unsaid<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> bool {
    before.is_some() && before != after
}

/// The reason for a change, if one was given.
pub(crate) fn given(reason: Option<&String>) -> Option<&String> {
    reason.filter(|reason| !reason.trim().is_empty())
}

/// Something that was said changes, and nobody says why.
pub(crate) fn reason_missing() -> Error {
    Error::refused("REASON_MISSING", "what was said before changes: say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_at_once() {
        let mut fields = Fields::default();
        fields.oid("studyOid", " S");
        fields.text("studyName", "  ");
        fields.edited_count("plannedSiteCount", Some(-1));
        fields.user("user", "Wang Fang");
        fields.edited_text("sponsor", Some(&"a\nb".to_owned()));
        let error = fields.done().unwrap_err();
        let named: Vec<&str> = error.violations().iter().map(|one| one.field.as_str()).collect();
        assert_eq!(named, ["studyOid", "studyName", "plannedSiteCount", "user", "sponsor"]);
    }

    #[test]
    fn absent_and_taken_away_are_two() {
        let mut fields = Fields::default();
        assert_eq!(fields.edited_text("sponsor", None), Edit::Keep);
        assert_eq!(fields.edited_text("sponsor", Some(&String::new())), Edit::Clear);
        assert_eq!(fields.edited_count("plannedSiteCount", Some(0)), Edit::Clear);
        assert_eq!(fields.edited_count("plannedSiteCount", Some(3)), Edit::Set(3));
        assert!(fields.done().is_ok());
    }
}
