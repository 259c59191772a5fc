//! A USDM file as JSON: objects by id, their lines, their names.

use std::{collections::HashMap, io::Read};

use serde_json::Value;

use super::{MAX_BYTES, markup};
use crate::FormatError;

/// Reads the file as text, within its limit.
pub(super) fn content(input: impl Read, file: &str) -> Result<String, FormatError> {
    let fault = |what: String, advice: &str| FormatError {
        file: file.to_owned(),
        line: 0,
        column: 0,
        what,
        advice: advice.to_owned(),
    };
    let mut bytes = Vec::new();
    input
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fault(error.to_string(), "try again, and check the disk"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fault("it is larger than 64 MiB".to_owned(), "this is not a study file"));
    }
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = memchr::memchr_iter(b'\n', valid).count() + 1;
        let mut fault = fault("the bytes are not UTF-8".to_owned(), "save it as UTF-8");
        fault.line = u32::try_from(line).unwrap_or(u32::MAX);
        fault
    })
}

pub(super) fn refuse(file: &str, error: &serde_json::Error) -> FormatError {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let advice = if error.is_eof() {
        "it was cut off: export or copy it again"
    } else {
        "correct it where it was made"
    };
    FormatError {
        file: file.to_owned(),
        line: small(error.line()),
        column: small(error.column()),
        what: format!("this is not JSON: {error}"),
        advice: advice.to_owned(),
    }
}

/// A member that is a list; empty when it is absent or something else.
pub(super) fn list<'v>(object: &'v Value, key: &str) -> &'v [Value] {
    object[key].as_array().map_or(&[], Vec::as_slice)
}

/// A member that is a text; empty when it is absent or something else.
pub(super) fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object[key].as_str().unwrap_or_default()
}

/// What people call the object: its label, else its name.
pub(super) fn name_of(object: &Value) -> &str {
    match text(object, "label") {
        "" => text(object, "name"),
        label => label,
    }
}

pub(super) struct Source<'j> {
    pub file: &'j str,
    objects: HashMap<&'j str, &'j Value>,
    lines: HashMap<&'j str, u32>,
}

impl<'j> Source<'j> {
    pub fn new(file: &'j str, content: &'j str, root: &'j Value) -> Self {
        let mut objects = HashMap::new();
        collect(root, &mut objects);
        let lines = lines_of_ids(content);
        Self { file, objects, lines }
    }

    pub fn object(&self, id: &str) -> Option<&'j Value> {
        self.objects.get(id).copied()
    }

    pub fn line_of(&self, id: &str) -> Option<u32> {
        self.lines.get(id).copied()
    }

    /// A prefix and the object's name, in the characters that OIDs and identifiers can have.
    pub fn oid(prefix: &str, object: &Value) -> String {
        let name = match text(object, "name") {
            "" => text(object, "id"),
            name => name,
        };
        format!("{prefix}.{}", clean(name))
    }

    /// The text of a template: references replaced by what they refer to, mark-up removed.
    pub fn plain_text(&self, template: &str, dictionary_id: &str) -> String {
        let resolve = |tag: &str, attributes: &HashMap<String, String>| match tag {
            "usdm:tag" => self.tag(attributes.get("name")?, dictionary_id),
            "usdm:ref" => self.reference(attributes),
            _ => None,
        };
        markup::plain_text(template, &resolve)
    }

    fn tag(&self, name: &str, dictionary_id: &str) -> Option<String> {
        let maps = list(self.object(dictionary_id)?, "parameterMaps");
        let map = maps.iter().find(|map| text(map, "tag") == name)?;
        let resolve = |tag: &str, attributes: &HashMap<String, String>| match tag {
            "usdm:ref" => self.reference(attributes),
            _ => None,
        };
        Some(markup::plain_text(text(map, "reference"), &resolve))
    }

    fn reference(&self, attributes: &HashMap<String, String>) -> Option<String> {
        match &self.object(attributes.get("id")?)?[attributes.get("attribute")?] {
            Value::String(text) => Some(markup::plain_text(text, &|_, _| None)),
            Value::Number(number) => {
                let number = number.to_string();
                Some(number.strip_suffix(".0").unwrap_or(&number).to_owned())
            }
            _ => None,
        }
    }
}

pub(super) fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

fn collect<'j>(value: &'j Value, into: &mut HashMap<&'j str, &'j Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, into)),
        Value::Object(members) => {
            if let Some(id) = members.get("id").and_then(Value::as_str) {
                into.insert(id, value);
            }
            members.values().for_each(|inner| collect(inner, into));
        }
        _ => {}
    }
}

/// The line of each `"id": "…"` in the text.
fn lines_of_ids(content: &str) -> HashMap<&str, u32> {
    let mut lines = HashMap::new();
    let (mut line, mut counted) = (1_u32, 0);
    for at in memchr::memmem::find_iter(content.as_bytes(), b"\"id\"") {
        let newlines = memchr::memchr_iter(b'\n', &content.as_bytes()[counted..at]).count();
        line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        counted = at;
        let rest = content[at + 4..].trim_start_matches([' ', ':', '\t', '\r', '\n']);
        let id = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
        if let Some(id) = id {
            lines.entry(id).or_insert(line);
        }
    }
    lines
}
