//! In which encoding the text of a source is written.

use std::{borrow::Cow, fmt};

use encoding_rs::Encoding;

/// The encoding of a source, by one of its names in the WHATWG standard (`utf-8`, `gb18030`,
/// `windows-1252`, `latin1` …).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl Default for TextEncoding {
    fn default() -> Self {
        Self::UTF_8
    }
}

impl TextEncoding {
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    pub const WINDOWS_1252: Self = Self(encoding_rs::WINDOWS_1252);
    pub const GB18030: Self = Self(encoding_rs::GB18030);

    pub fn parse(name: &str) -> Option<Self> {
        Encoding::for_label(name.as_bytes()).map(Self)
    }

    /// The text of `bytes`; none when they are not in this encoding.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<String> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
    }

    /// The bytes of `text`; none when this encoding has no bytes for one of its characters.
    pub(crate) fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        let (bytes, used, unmappable) = self.0.encode(text);
        (used == self.0 && !unmappable).then_some(bytes)
    }

    /// Decodes a stream; a byte order mark at its start wins over the name.
    pub(crate) fn decoder(self) -> encoding_rs::Decoder {
        self.0.new_decoder()
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_go_by_their_usual_names() {
        assert_eq!(TextEncoding::parse("latin1"), Some(TextEncoding::WINDOWS_1252));
        assert_eq!(TextEncoding::parse("GB18030"), Some(TextEncoding::GB18030));
        assert_eq!(TextEncoding::parse("utf8"), Some(TextEncoding::UTF_8));
        assert_eq!(TextEncoding::parse("klingon"), None);
    }

    #[test]
    fn a_character_that_an_encoding_does_not_have_is_not_written() {
        assert_eq!(TextEncoding::GB18030.encode("体重").unwrap(), &[0xCC, 0xE5, 0xD6, 0xD8][..]);
        assert_eq!(TextEncoding::WINDOWS_1252.encode("体重"), None);
        assert_eq!(TextEncoding::parse("utf-16le").unwrap().encode("a"), None, "it is read only");
    }

    #[test]
    fn bytes_of_another_encoding_are_not_text() {
        assert_eq!(TextEncoding::UTF_8.decode(&[0x92]), None);
        assert_eq!(TextEncoding::WINDOWS_1252.decode(&[0x92]).as_deref(), Some("’"));
        assert_eq!(
            TextEncoding::GB18030.decode(&[0xCC, 0xE5, 0xD6, 0xD8]).as_deref(),
            Some("体重")
        );
    }
}
