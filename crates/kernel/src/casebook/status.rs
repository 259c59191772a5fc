use serde::{Deserialize, Serialize};

/// Where a subject stands in the trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SubjectStatus {
    Screening,
    ScreenFailed,
    Enrolled,
    Discontinued,
    Completed,
}

impl SubjectStatus {
    pub const ALL: [Self; 5] =
        [Self::Screening, Self::ScreenFailed, Self::Enrolled, Self::Discontinued, Self::Completed];

    /// The states that may follow. Going back is allowed, with a reason, to correct a mistake.
    pub fn may_become(self, next: Self) -> bool {
        use SubjectStatus as S;
        matches!(
            (self, next),
            (S::Screening, S::ScreenFailed | S::Enrolled)
                | (S::ScreenFailed, S::Screening)
                | (S::Enrolled, S::Discontinued | S::Completed)
                | (S::Discontinued | S::Completed, S::Enrolled)
        )
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Screening => "SCREENING",
            Self::ScreenFailed => "SCREEN_FAILED",
            Self::Enrolled => "ENROLLED",
            Self::Discontinued => "DISCONTINUED",
            Self::Completed => "COMPLETED",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// One step of a subject's way through the trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    pub to: SubjectStatus,
    pub on: String,
    pub entry: u64,
}
