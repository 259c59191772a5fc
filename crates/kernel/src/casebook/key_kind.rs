//! Keys and dates that have a form of their own.

/// What a text was given as that has a form of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    SubjectKey,
    RepeatKey,
    Date,
    TimeZone,
}

impl KeyKind {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::SubjectKey => "SUBJECT_KEY",
            Self::RepeatKey => "REPEAT_KEY",
            Self::Date => "DATE",
            Self::TimeZone => "TIME_ZONE",
        }
    }

    /// What it is called in a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SubjectKey => "the key of a subject",
            Self::RepeatKey => "a repeat key",
            Self::Date => "a date",
            Self::TimeZone => "the time zone of a site",
        }
    }

    /// What it must be, to complete a sentence.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::SubjectKey => "have 1 to 64 bytes, no control characters and no blanks around it",
            Self::RepeatKey => "have 1 to 100 bytes and no control characters",
            Self::Date => "be an ISO 8601 date such as 2026-03-02",
            Self::TimeZone => "be a name of the IANA database such as Asia/Shanghai",
        }
    }
}
