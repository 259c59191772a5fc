//! What is told: the kinds of events, and which entries of the journal are one.

use kernel::casebook::{Event, Mark};

/// A kind of event to which an endpoint can subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    StudyPublished,
    SiteAdded,
    SiteStatusChanged,
    SubjectScreened,
    SubjectEligibilityAssessed,
    SubjectEnrolled,
    SubjectStatusChanged,
    SubjectVersionTaken,
    SubjectEventNoted,
    StudyEventDated,
    FormSaved,
    RecordRemoved,
    RecordRestored,
    RecordVerified,
    RecordUnverified,
    RecordFrozen,
    RecordUnfrozen,
    RecordLocked,
    RecordUnlocked,
    RecordSigned,
    QueryOpened,
    QueryAnswered,
    QueryClosed,
    QueryReopened,
    QueryCancelled,
}

impl EventType {
    pub const ALL: [Self; 25] = [
        Self::StudyPublished,
        Self::SiteAdded,
        Self::SiteStatusChanged,
        Self::SubjectScreened,
        Self::SubjectEligibilityAssessed,
        Self::SubjectEnrolled,
        Self::SubjectStatusChanged,
        Self::SubjectVersionTaken,
        Self::SubjectEventNoted,
        Self::StudyEventDated,
        Self::FormSaved,
        Self::RecordRemoved,
        Self::RecordRestored,
        Self::RecordVerified,
        Self::RecordUnverified,
        Self::RecordFrozen,
        Self::RecordUnfrozen,
        Self::RecordLocked,
        Self::RecordUnlocked,
        Self::RecordSigned,
        Self::QueryOpened,
        Self::QueryAnswered,
        Self::QueryClosed,
        Self::QueryReopened,
        Self::QueryCancelled,
    ];

    /// The name that stands in subscriptions and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::StudyPublished => "study.published",
            Self::SiteAdded => "site.added",
            Self::SiteStatusChanged => "site.status_changed",
            Self::SubjectScreened => "subject.screened",
            Self::SubjectEligibilityAssessed => "subject.eligibility_assessed",
            Self::SubjectEnrolled => "subject.enrolled",
            Self::SubjectStatusChanged => "subject.status_changed",
            Self::SubjectVersionTaken => "subject.version_taken",
            Self::SubjectEventNoted => "subject.event_noted",
            Self::StudyEventDated => "study_event.dated",
            Self::FormSaved => "form.saved",
            Self::RecordRemoved => "record.removed",
            Self::RecordRestored => "record.restored",
            Self::RecordVerified => "record.verified",
            Self::RecordUnverified => "record.unverified",
            Self::RecordFrozen => "record.frozen",
            Self::RecordUnfrozen => "record.unfrozen",
            Self::RecordLocked => "record.locked",
            Self::RecordUnlocked => "record.unlocked",
            Self::RecordSigned => "record.signed",
            Self::QueryOpened => "query.opened",
            Self::QueryAnswered => "query.answered",
            Self::QueryClosed => "query.closed",
            Self::QueryReopened => "query.reopened",
            Self::QueryCancelled => "query.cancelled",
        }
    }

    /// The kind of event with a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What an entry of a casebook tells.
    pub(crate) fn of_casebook(event: &Event) -> Self {
        match event {
            Event::SubjectScreened(_) => Self::SubjectScreened,
            Event::EligibilityAssessed(_) => Self::SubjectEligibilityAssessed,
            Event::SubjectEnrolled(_) => Self::SubjectEnrolled,
            Event::SubjectStatusChanged { .. } => Self::SubjectStatusChanged,
            Event::VersionTaken { .. } => Self::SubjectVersionTaken,
            Event::EventNoted { .. } => Self::SubjectEventNoted,
            Event::StudyEventDated { .. } => Self::StudyEventDated,
            Event::FormSaved(_) => Self::FormSaved,
            Event::Removed(_) => Self::RecordRemoved,
            Event::Restored(_) => Self::RecordRestored,
            Event::ItemsVerified { .. } => Self::RecordVerified,
            Event::ItemsUnverified { .. } => Self::RecordUnverified,
            Event::RecordMarked { mark: Mark::Frozen, on: true, .. } => Self::RecordFrozen,
            Event::RecordMarked { mark: Mark::Frozen, on: false, .. } => Self::RecordUnfrozen,
            Event::RecordMarked { mark: Mark::Locked, on: true, .. } => Self::RecordLocked,
            Event::RecordMarked { mark: Mark::Locked, on: false, .. } => Self::RecordUnlocked,
            Event::RecordSigned { .. }
            | Event::VisitSigned { .. }
            | Event::CasebookSigned { .. } => Self::RecordSigned,
            Event::QueryOpened(_) => Self::QueryOpened,
            Event::QueryAnswered { .. } => Self::QueryAnswered,
            Event::QueryClosed { .. } => Self::QueryClosed,
            Event::QueryReopened { .. } => Self::QueryReopened,
            Event::QueryCancelled { .. } => Self::QueryCancelled,
        }
    }

    /// What an entry of the log of a study tells, by the kind of the entry.
    pub(crate) fn of_study(kind: &str) -> Option<Self> {
        match kind {
            "VersionPublished" => Some(Self::StudyPublished),
            "SiteAdded" => Some(Self::SiteAdded),
            "SiteStatusChanged" => Some(Self::SiteStatusChanged),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_is_found_by_its_name_and_documented() {
        let manual = include_str!("../../../docs/webhooks.md");
        for one in EventType::ALL {
            assert_eq!(EventType::parse(one.name()), Some(one));
            assert!(manual.contains(&format!("`{}`", one.name())), "{}", one.name());
        }
        assert_eq!(EventType::parse("form.*"), None);
    }
}
