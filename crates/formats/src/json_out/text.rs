//! Parts of JSON that both forms share, written straight into the buffer.

use kernel::casebook::{DatumRef, RowRef};

use crate::export::{ExportError, RecordOut, StudyOut, SubjectOut};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends a string with its quotes.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= b' ' && !matches!(byte, b'"' | b'\\') {
            continue;
        }
        out.extend_from_slice(&bytes[start..at]);
        start = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// Appends `"name":"text"`.
pub(super) fn push_pair(out: &mut Vec<u8>, name: &str, text: &str) {
    push_string(out, name);
    out.push(b':');
    push_string(out, text);
}

fn push_optional(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.push(b',');
        push_pair(out, name, text);
    }
}

/// Appends the members that describe the study and the cut-off, without braces.
pub(super) fn push_study(out: &mut Vec<u8>, study: &StudyOut<'_>) {
    let version = study.design.version();
    push_pair(out, "study", version.study_oid.as_str());
    out.push(b',');
    push_pair(out, "study_version", version.version_oid.as_str());
    out.push(b',');
    push_pair(out, "study_version_hash", study.version_hash);
    push_optional(out, "as_of", study.as_of);
    out.push(b',');
    push_pair(out, "created_at", study.stamp());
    out.push(b',');
    push_pair(out, "source_version", study.source_version);
}

/// Appends the members that describe a subject, without braces.
pub(super) fn push_subject(out: &mut Vec<u8>, subject: &SubjectOut<'_>) {
    push_pair(out, "subject", subject.key);
    out.push(b',');
    push_pair(out, "site", subject.site);
    out.push(b',');
    push_pair(out, "status", subject.status);
    push_optional(out, "screening_number", subject.screening_number);
    push_optional(out, "enrolment_number", subject.enrolment_number);
}

/// Appends the members of a form record after its keys: version, state and rows, without braces.
/// Returns the number of values.
pub(super) fn push_record(out: &mut Vec<u8>, record: &RecordOut<'_>) -> Result<u64, ExportError> {
    let stored = record.record;
    out.extend_from_slice(format!("\"version\":{}", stored.version).as_bytes());
    let states =
        [("complete", stored.complete), ("frozen", stored.frozen), ("locked", stored.locked)];
    for (name, on) in states {
        out.extend_from_slice(format!(",\"{name}\":{on}").as_bytes());
    }
    out.extend_from_slice(b",\"rows\":[");
    let mut rows = Rows { out, row: None, values: 0, count: 0, first_item: true };
    let read = stored.for_each_item(|row, item, datum| rows.item(row, item, datum));
    let values = rows.end();
    out.extend_from_slice(b"]");
    read.map_err(|source| ExportError::unreadable(record, source))?;
    Ok(values)
}

struct Rows<'w, 'a> {
    out: &'w mut Vec<u8>,
    row: Option<RowRef<'a>>,
    values: u64,
    count: u64,
    first_item: bool,
}

impl<'a> Rows<'_, 'a> {
    fn item(&mut self, row: &RowRef<'a>, item: Option<&str>, datum: DatumRef<'_>) {
        if row.removed {
            return;
        }
        if self.row.as_ref() != Some(row) {
            self.close();
            self.open(*row);
        }
        let Some(item) = item else { return };
        if !std::mem::take(&mut self.first_item) {
            self.out.push(b',');
        }
        push_string(self.out, item);
        self.out.push(b':');
        self.push_datum(datum);
        self.values += 1;
    }

    fn open(&mut self, row: RowRef<'a>) {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.out.push(b'{');
        push_pair(self.out, "group", row.group);
        self.out.push(b',');
        push_pair(self.out, "repeat", row.repeat);
        self.out.extend_from_slice(b",\"items\":{");
        (self.row, self.first_item) = (Some(row), true);
        self.count += 1;
    }

    fn close(&mut self) {
        if self.row.is_some() {
            self.out.extend_from_slice(b"}}");
        }
    }

    fn end(mut self) -> u64 {
        self.close();
        self.values
    }

    fn push_datum(&mut self, datum: DatumRef<'_>) {
        match datum {
            DatumRef::Value { text, unit: None } => push_string(self.out, text),
            DatumRef::Value { text, unit: Some(unit) } => {
                self.out.push(b'[');
                push_string(self.out, text);
                self.out.push(b',');
                push_string(self.out, unit);
                self.out.push(b']');
            }
            DatumRef::Missing(reason) => {
                self.out.extend_from_slice(b"{\"missing\":\"");
                self.out.extend_from_slice(reason.code().as_bytes());
                self.out.extend_from_slice(b"\"}");
            }
            DatumRef::Blank => self.out.extend_from_slice(b"null"),
        }
    }
}
