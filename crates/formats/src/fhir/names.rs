//! The names under which the parts of a study are known in FHIR resources: systems, extensions, ids.
//!
//! A system is a URN with the OID of the study in it, so that the codes of two studies are never
//! taken for one another.

use kernel::{MissingReason, casebook::RecordKey};
use sha2::{Digest as _, Sha256};

use super::json::{Json, Object};

pub(super) const UCUM: &str = "http://unitsofmeasure.org";
/// Why a value is absent (<http://hl7.org/fhir/R4/extension-data-absent-reason.html>).
pub(super) const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
pub(super) const ABSENT_CODES: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
pub(super) const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";

/// The repeat of an event, where it repeats.
pub(super) const EVENT_REPEAT: &str = "urn:casebook:fhir:event-repeat";
/// The repeat of a form, where it repeats.
pub(super) const FORM_REPEAT: &str = "urn:casebook:fhir:form-repeat";
/// The repeat of an item group, where it repeats.
pub(super) const GROUP_REPEAT: &str = "urn:casebook:fhir:group-repeat";
/// A value as it was collected, where FHIR has no room for it: a time without seconds or zone.
pub(super) const COLLECTED: &str = "urn:casebook:fhir:collected";
/// The unit that was chosen, by its OID.
pub(super) const CHOSEN_UNIT: &str = "urn:casebook:fhir:unit";
/// The type of an item, where the type of the question does not tell it.
pub(super) const DATA_TYPE: &str = "urn:casebook:fhir:data-type";
/// The name by which expressions know an item, and that of a group.
pub(super) const NAME: &str = "urn:casebook:fhir:name";
/// The site of a research subject.
pub(super) const SITE: &str = "urn:casebook:fhir:site";

/// What a system or canonical URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Study,
    Site,
    Subject,
    ScreeningNumber,
    EnrolmentNumber,
    Event,
    /// A form record, by its place.
    Record,
    /// An item of a form record, by its place.
    ItemData,
    Item,
    Unit,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Site => "site",
            Self::Subject => "subject",
            Self::ScreeningNumber => "screening-number",
            Self::EnrolmentNumber => "enrolment-number",
            Self::Event => "event",
            Self::Record => "record",
            Self::ItemData => "item-data",
            Self::Item => "item",
            Self::Unit => "unit",
        }
    }
}

/// The names of one study.
#[derive(Clone, Debug)]
pub(super) struct Names {
    study: String,
    prefix: String,
}

impl Names {
    pub(super) fn new(study: &str) -> Self {
        Self { study: study.to_owned(), prefix: format!("urn:casebook:{}:", escaped(study)) }
    }

    pub(super) fn study(&self) -> &str {
        &self.study
    }

    pub(super) fn system(&self, kind: Kind) -> String {
        format!("{}{}", self.prefix, kind.word())
    }

    pub(super) fn is(&self, system: &str, kind: Kind) -> bool {
        system.strip_prefix(self.prefix.as_str()) == Some(kind.word())
    }

    /// The system of the codes of a code list.
    pub(super) fn code_list(&self, oid: &str) -> String {
        format!("{}CodeList:{}", self.prefix, escaped(oid))
    }

    /// The canonical URL of the questionnaire of a form, without a version.
    pub(super) fn questionnaire(&self, form: &str) -> String {
        format!("{}Questionnaire:{}", self.prefix, escaped(form))
    }

    /// An identifier in a system of the study.
    pub(super) fn identifier(&self, kind: Kind, value: &str) -> Json {
        Object::default().with("system", self.system(kind)).with("value", value).into()
    }

    /// A reference by an identifier to what is no resource here.
    pub(super) fn logical(&self, of: &str, kind: Kind, value: &str, display: Option<&str>) -> Json {
        let reference = Object::default().with("type", of);
        let reference = reference.with("identifier", self.identifier(kind, value));
        reference.with_some("display", display.filter(|text| !text.is_empty())).into()
    }

    /// The id of a resource that stands for something of the study: a UUID of version 8 (RFC 9562),
    /// which is always the same for the same thing.
    pub(super) fn id(&self, of: &str, what: &str) -> String {
        let mut digest = Sha256::new();
        for part in [of, self.study.as_str(), what] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut bytes: [u8; 16] = std::array::from_fn(|_| 0);
        bytes.copy_from_slice(&digest.finalize()[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut id = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                id.push('-');
            }
            for half in [byte >> 4, byte & 15] {
                id.extend(char::from_digit(u32::from(half), 16));
            }
        }
        id
    }
}

/// The study and what is behind it, of a system or canonical URL of ours.
pub(super) fn taken_apart(url: &str) -> Option<(String, &str)> {
    let (study, rest) = url.strip_prefix("urn:casebook:")?.split_once(':')?;
    Some((unescaped(study)?, rest))
}

/// The OID behind `CodeList:` or `Questionnaire:` in a URL of ours, with its study.
pub(super) fn oid_in(url: &str, word: &str) -> Option<(String, String)> {
    let (study, rest) = taken_apart(url)?;
    let oid = rest.strip_prefix(word)?.strip_prefix(':')?;
    Some((study, unescaped(oid)?))
}

/// The place of a form record: subject, event, its repeat, form, its repeat.
pub(super) fn record_place(subject: &str, key: [&str; 4]) -> String {
    let parts = std::iter::once(subject).chain(key).map(escaped);
    parts.collect::<Vec<_>>().join("/")
}

/// The place of an item in it: item group, its repeat, item.
pub(super) fn item_place(record: &str, group: &str, repeat: &str, item: &str) -> String {
    let parts = [group, repeat, item].map(escaped);
    format!("{record}/{}", parts.join("/"))
}

/// A place taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlaceParts {
    pub subject: String,
    pub record: RecordKey,
    /// Item group, its repeat, item.
    pub item: Option<[String; 3]>,
}

/// Reads a place; none where the text is no place.
pub(super) fn read_place(text: &str) -> Option<PlaceParts> {
    let parts = text.split('/').map(unescaped).collect::<Option<Vec<_>>>()?;
    if parts.iter().any(String::is_empty) {
        return None;
    }
    let (record, item) = match parts.len() {
        5 => (&parts[..], None),
        8 => (&parts[..5], Some([5, 6, 7].map(|at| parts[at].clone()))),
        _ => return None,
    };
    Some(PlaceParts {
        subject: record[0].clone(),
        record: RecordKey {
            event: record[1].as_str().into(),
            event_repeat: record[2].as_str().into(),
            form: record[3].as_str().into(),
            form_repeat: record[4].as_str().into(),
        },
        item,
    })
}

/// A text as a part of a URN or a place: what is no letter, digit, `-`, `.` or `_` as `%XX`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 15].map(|half| b"0123456789ABCDEF"[usize::from(half)]);
            out.extend([b'%', digits[0], digits[1]].map(char::from));
        }
    }
    out
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// An extension with a text.
pub(super) fn extension(url: &str, value: &'static str, text: &str) -> Json {
    Object::default().with("url", url).with(value, text).into()
}

/// The text of an extension with this URL.
pub(super) fn extension_text<'j>(of: &'j Json, url: &str) -> Option<&'j str> {
    let found = of.list("extension").iter().find(|one| one.text("url") == Some(url))?;
    found.members().iter().find(|(name, _)| name.starts_with("value"))?.1.as_text()
}

/// A reason for missing in the words of FHIR.
pub(super) fn absent(reason: MissingReason) -> &'static str {
    match reason {
        MissingReason::NotDone => "not-performed",
        MissingReason::NotApplicable => "not-applicable",
        MissingReason::Unknown => "unknown",
        MissingReason::Refused => "asked-declined",
        MissingReason::NotAsked => "not-asked",
    }
}

/// The reason for missing that a code of FHIR stands for. Codes that say that there is a value, such as
/// `masked` and `as-text`, stand for none.
pub(super) fn missing(code: &str) -> Option<MissingReason> {
    Some(match code {
        "not-performed" => MissingReason::NotDone,
        "not-applicable" => MissingReason::NotApplicable,
        "unknown" | "asked-unknown" | "temp-unknown" => MissingReason::Unknown,
        "asked-declined" => MissingReason::Refused,
        "not-asked" => MissingReason::NotAsked,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let record = record_place("01/701 é", ["SE.1", "1", "F.VS", "2"]);
        let place = item_place(&record, "IG.VS", "3", "I%1");
        let parts = read_place(&place).expect("it is a place");
        assert_eq!(parts.subject, "01/701 é");
        assert_eq!(parts.record.form_repeat.as_str(), "2");
        assert_eq!(parts.item, Some(["IG.VS", "3", "I%1"].map(str::to_owned)));
        assert_eq!(read_place(&record).expect("it is a place").item, None);
        for text in ["", "a/b", "a/b/c/d/", "a/b/c/d/%", "a/b/c/d/%ZZ", "a/b/c/d/e/f"] {
            assert_eq!(read_place(text), None, "{text}");
        }
    }

    #[test]
    fn ids_differ_where_things_differ_and_are_uuids() {
        let names = Names::new("S:1");
        let id = names.id("Observation", "a/b");
        assert_eq!(id, Names::new("S:1").id("Observation", "a/b"));
        assert_ne!(id, names.id("Observation", "a/c"));
        assert_ne!(id, Names::new("S").id("Observation", "a/b"));
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        let url = names.questionnaire("F.VS 1");
        assert_eq!(oid_in(&url, "Questionnaire"), Some(("S:1".to_owned(), "F.VS 1".to_owned())));
        assert_eq!(oid_in("http://example.org/x", "Questionnaire"), None);
    }
}
