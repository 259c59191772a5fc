//! How deep in a file with clinical data its writer is.

use super::emit::Dialect;

/// The elements that can be open, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    File,
    Data,
    Subject,
    Event,
    Form,
    Group,
}

impl Level {
    pub fn end_tag(self, dialect: Dialect) -> &'static [u8] {
        match self {
            Self::File => b"\n</ODM>\n",
            Self::Data => b"\n</ClinicalData>",
            Self::Subject => b"\n</SubjectData>",
            Self::Event => b"\n</StudyEventData>",
            Self::Form if dialect == Dialect::V1 => b"\n</FormData>",
            Self::Form | Self::Group => b"\n</ItemGroupData>",
        }
    }

    pub fn outer(self) -> Self {
        match self {
            Self::File | Self::Data => Self::File,
            Self::Subject => Self::Data,
            Self::Event => Self::Subject,
            Self::Form => Self::Event,
            Self::Group => Self::Form,
        }
    }
}
