//! The reference by which a value names an attached file.

use std::{fmt, str::FromStr};

/// What kinds of files can be attached, and how their names end: pictures and pages, nothing that
/// can run.
pub const MEDIA_TYPES: [(&str, &[&str]); 7] = [
    ("application/pdf", &["pdf"]),
    ("image/gif", &["gif"]),
    ("image/heif", &["heic", "heif"]),
    ("image/jpeg", &["jpg", "jpeg", "jpe"]),
    ("image/png", &["png"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/webp", &["webp"]),
];
/// The longest name that everybody can keep on his disk.
const LONGEST_NAME_BYTES: usize = 150;

/// What an item of type file holds: which bytes, how many, of which kind, and how they were called.
///
/// Its text is `sha256:<64 hexadecimal digits>;size=<bytes>;type=<media type>;name=<file name>`. The
/// text is in the journal like every value, so that the hash chain proves the bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileReference {
    /// The SHA-256 of the bytes in 64 lowercase hexadecimal digits.
    pub sha256: String,
    pub size_bytes: u64,
    /// One of [`MEDIA_TYPES`].
    pub media_type: &'static str,
    pub name: String,
}

/// The text does not refer to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the reference of an uploaded file")]
pub struct NotAFileReference;

impl FromStr for FileReference {
    type Err = NotAFileReference;

    fn from_str(text: &str) -> Result<Self, NotAFileReference> {
        let read = || {
            let (sha256, rest) = text.strip_prefix("sha256:")?.split_once(";size=")?;
            let (size, rest) = rest.split_once(";type=")?;
            let (media_type, name) = rest.split_once(";name=")?;
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let is_sha256 = sha256.len() == 64 && sha256.bytes().all(is_hex);
            let size_bytes: u64 = size.parse().ok()?;
            let is_canonical = size_bytes > 0 && size_bytes.to_string() == size;
            let (media_type, endings) =
                MEDIA_TYPES.into_iter().find(|(known, _)| *known == media_type)?;
            let is_whole =
                is_sha256 && is_canonical && is_file_name(name) && ends_in(name, endings);
            let (sha256, name) = (sha256.to_owned(), name.to_owned());
            is_whole.then_some(Self { sha256, size_bytes, media_type, name })
        };
        read().ok_or(NotAFileReference)
    }
}

impl fmt::Display for FileReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sha256, size_bytes, media_type, name } = self;
        write!(f, "sha256:{sha256};size={size_bytes};type={media_type};name={name}")
    }
}

/// Whether a name stays inside its folder, can be written on every system, and looks like what it
/// is: no separators, no control or direction characters, no dot or blank at its ends.
pub fn is_file_name(name: &str) -> bool {
    let is_ended = |c: char| c == '.' || c.is_whitespace();
    (1..=LONGEST_NAME_BYTES).contains(&name.len())
        && !name.starts_with(is_ended)
        && !name.ends_with(is_ended)
        && name.chars().all(is_plain)
}

/// The nearest name that is one and ends as files of its kind do: what is not allowed becomes `_`,
/// what is too long is cut before its ending.
pub fn file_name(given: &str, media_type: &str) -> String {
    let name = plain_name(given, LONGEST_NAME_BYTES);
    match MEDIA_TYPES.iter().find(|(known, _)| *known == media_type) {
        Some((_, endings)) if !ends_in(&name, endings) => {
            let ending = endings[0];
            let room = LONGEST_NAME_BYTES - ending.len() - 1;
            format!("{}.{ending}", plain_name(&name, room))
        }
        _ => name,
    }
}

fn ends_in(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
    ending.is_some_and(|(_, ending)| endings.iter().any(|one| one.eq_ignore_ascii_case(ending)))
}

fn plain_name(given: &str, longest_bytes: usize) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let plain = plain.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() < 10 => (stem, Some(ending)),
        _ => (plain, None),
    };
    let room = longest_bytes - ending.map_or(0, |ending| ending.len() + 1);
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = stem[..end].trim_end();
    match ending {
        _ if stem.is_empty() => "file".to_owned(),
        Some(ending) => format!("{stem}.{ending}"),
        None => stem.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_owned(),
    }
}

fn is_plain(c: char) -> bool {
    // Characters that turn the direction of text make one ending look like another.
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && !r#"/\:*?"<>|"#.contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DataType, canonical};

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_reference_names_bytes_size_kind_and_name() {
        let text = format!("sha256:{ABC};size=3;type=image/png;name=化验单; page=2.png");
        let read: FileReference = text.parse().unwrap();
        assert_eq!((read.size_bytes, read.media_type), (3, "image/png"));
        assert_eq!((read.sha256.as_str(), read.name.as_str()), (ABC, "化验单; page=2.png"));
        assert_eq!(&*canonical(DataType::File, &text).unwrap(), text);
    }

    #[test]
    fn what_is_not_exactly_a_reference_is_no_value_of_a_file_item() {
        let upper = ABC.to_uppercase();
        for bad in [
            "report.pdf".to_owned(),
            format!("sha256:{ABC}"),
            format!("sha256:{upper};size=3;type=image/png;name=a.png"),
            format!("sha256:{};size=3;type=image/png;name=a.png", &ABC[1..]),
            format!("sha256:{ABC};size=03;type=image/png;name=a.png"),
            format!("sha256:{ABC};size=0;type=image/png;name=a.png"),
            format!("sha256:{ABC};size=3;type=text/html;name=a.html"),
            format!("sha256:{ABC};size=3;type=image/png;name=../a.png"),
            format!("sha256:{ABC};size=3;type=image/png;name=a.exe"),
            format!("sha256:{ABC};size=3;type=image/png;name="),
        ] {
            assert!(canonical(DataType::File, &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_leads_out_of_its_folder_or_deceives_is_made_plain() {
        for (given, name) in [
            ("scan.pdf", "scan.pdf"),
            ("C:\\fakepath\\scan.pdf", "scan.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            (".hidden.", "hidden.pdf"),
            ("a\u{202e}fdp.exe", "a_fdp.exe.pdf"),
            ("a:b?.PDF", "a_b_.PDF"),
            ("化验单 1.pdf", "化验单 1.pdf"),
            ("...", "file.pdf"),
            ("", "file.pdf"),
        ] {
            assert_eq!(file_name(given, "application/pdf"), name, "{given:?}");
        }
        let long = file_name(&format!("{}.jpeg", "化".repeat(100)), "image/jpeg");
        assert!(long.ends_with("化.jpeg") && long.len() <= 150, "{long}");
    }

    proptest! {
        #[test]
        fn whatever_a_file_is_called_its_plain_name_is_a_name(given in "\\PC{0,200}|[./ a-c:\u{202e}]{0,20}") {
            let name = file_name(&given, "image/png");
            prop_assert!(is_file_name(&name), "{given:?} became {name:?}");
            let text = format!("sha256:{ABC};size=3;type=image/png;name={name}");
            prop_assert!(text.parse::<FileReference>().is_ok(), "{text}");
            prop_assert_eq!(file_name(&name, "image/png"), name);
        }
    }
}
