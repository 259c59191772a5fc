//! Says where in a TOML text something stands.

use crate::FormatError;

/// Finds lines by offset.
#[derive(Clone, Debug)]
pub(crate) struct TomlPlaces {
    file: String,
    /// The offset of the first byte of each line.
    starts: Vec<usize>,
}

impl TomlPlaces {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let after_breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { file: file.to_owned(), starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let lines = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(lines).unwrap_or(u32::MAX)
    }

    /// A text that is not TOML, or not the TOML that was expected.
    pub(crate) fn not_read(&self, cause: &toml::de::Error) -> FormatError {
        let at = cause.span().map_or(0, |span| span.start);
        let line = self.line(at);
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0);
        FormatError {
            file: self.file.clone(),
            line,
            column: u32::try_from(at.saturating_sub(start) + 1).unwrap_or(0),
            what: cause.message().trim().replace('\n', " "),
            advice: "correct the file; its format is described in the documentation".to_owned(),
        }
    }
}

pub(crate) fn fault_at(
    file: &str,
    line: u32,
    what: impl Into<String>,
    advice: &str,
) -> FormatError {
    FormatError {
        file: file.to_owned(),
        line,
        column: 0,
        what: what.into(),
        advice: advice.to_owned(),
    }
}
