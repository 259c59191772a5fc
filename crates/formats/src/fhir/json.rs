//! JSON that keeps numbers as they are written, since digits at the end of a FHIR decimal have
//! meaning (<http://hl7.org/fhir/R4/datatypes.html#decimal>), and members in their order.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json_out::push_string;

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Box<str>),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// The members of an object, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object(pub(super) Vec<(Cow<'static, str>, Json)>);

impl Object {
    /// A resource of a type.
    pub(super) fn resource(of: &'static str) -> Self {
        Self::default().with("resourceType", of)
    }

    pub(super) fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Json>,
    ) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The member only where there is a value.
    pub(super) fn with_some(
        self,
        name: impl Into<Cow<'static, str>>,
        value: Option<impl Into<Json>>,
    ) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The member only where the list has something in it: FHIR has no empty lists.
    pub(super) fn with_list(self, name: &'static str, list: Vec<Json>) -> Self {
        if list.is_empty() { self } else { self.with(name, Json::List(list)) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl Json {
    /// Reads a document.
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_slice(text)?;
        tree(raw.get(), MAX_DEPTH)
    }

    /// A number of this text; none where the text is no number of JSON.
    pub(super) fn number(text: &str) -> Option<Self> {
        is_number(text).then(|| Self::Number(text.into()))
    }

    /// A member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(name),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// A member that is a list; empty when it is absent or something else.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }

    /// The members of an object; none of anything else.
    pub(super) fn members(&self) -> &[(Cow<'static, str>, Self)] {
        match self {
            Self::Object(Object(members)) => members,
            _ => &[],
        }
    }

    /// Whether a member is `true`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&Self::Bool(true))
    }

    /// Appends the text, without blanks.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(on) => out.extend_from_slice(if *on { b"true" } else { b"false" }),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::Text(text) => push_string(out, text),
            Self::List(list) => {
                out.push(b'[');
                for (at, value) in list.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.push(b']');
            }
            Self::Object(Object(members)) => {
                out.push(b'{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    push_string(out, name);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(on: bool) -> Self {
        Self::Bool(on)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Json>> for Json {
    fn from(list: Vec<Json>) -> Self {
        Self::List(list)
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as V;
        match value {
            V::Null => Self::Null,
            V::Bool(on) => Self::Bool(on),
            V::Number(number) => Self::Number(number.to_string().into()),
            V::String(text) => Self::Text(text),
            V::Array(list) => Self::List(list.into_iter().map(Self::from).collect()),
            V::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, value)| (Cow::Owned(name), value.into()));
                Self::Object(Object(members.collect()))
            }
        }
    }
}

fn tree(text: &str, depth: usize) -> Result<Json, serde_json::Error> {
    let deeper = depth.checked_sub(1).ok_or_else(|| {
        serde_json::Error::custom(format!("it is nested deeper than {MAX_DEPTH} levels"))
    })?;
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text)?;
            let members = members.into_iter();
            let members = members.map(|(name, raw)| Ok((name.into(), tree(raw.get(), deeper)?)));
            Json::Object(Object(members.collect::<Result<_, serde_json::Error>>()?))
        }
        Some(b'[') => {
            let list: Vec<&RawValue> = serde_json::from_str(text)?;
            let list = list.into_iter().map(|raw| tree(raw.get(), deeper));
            Json::List(list.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text)?),
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.into()),
    })
}

/// Members as they stand.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members: Vec<(String, &'de RawValue)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("the member '{name}' is there twice")));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// Whether a text is a number of JSON (RFC 8259 §6).
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leads = digits.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let zeros =
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    leads && !zeros && serde_json::from_str::<&RawValue>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        let mut out = Vec::new();
        Json::parse(text.as_bytes()).expect("it is JSON").write(&mut out);
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn numbers_keep_their_digits_and_members_their_order() {
        let text = r#"{"b":36.60,"a":[1.0e2,-0.50,{"x":null}],"c":"é\n","d":true}"#;
        assert_eq!(round(text), text);
        assert_eq!(
            round(" { \"a\" : 100000000000000000000000.10 } "),
            "{\"a\":100000000000000000000000.10}"
        );
    }

    #[test]
    fn what_is_no_number_of_json_is_none() {
        for text in ["1", "-0.5", "36.60", "1e5"] {
            assert!(Json::number(text).is_some(), "{text}");
        }
        for text in ["", "+1", "01", ".5", "5.", "1,5", "<1", "NaN", "1 2", "--1"] {
            assert!(Json::number(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_and_endless_nesting_are_refused() {
        let twice = Json::parse(br#"{"a":1,"a":2}"#).expect_err("it is there twice");
        assert!(twice.to_string().contains("'a' is there twice"), "{twice}");
        let deep = [vec![b'['; 100], vec![b']'; 100]].concat();
        let deep = Json::parse(&deep).expect_err("it is too deep");
        assert!(deep.to_string().contains("deeper than 64"), "{deep}");
    }
}
