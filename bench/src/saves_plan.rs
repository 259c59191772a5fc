//! The saves that each connection sends: first saves and later edits, made before the clock runs.

use std::fmt::Write as _;

use crate::{
    study::{EVENTS, FORM, GROUP, STUDY, event_oid, item_oid, subject_key},
    values::{self, Visit},
    wire::request,
};

/// Every how many saves one is an edit of a record that the connection saved before.
const EDIT_EVERY: usize = 5;

/// What one connection sends, in order. No two connections touch the same subject.
pub fn requests(
    visits: &[Visit],
    connection: u32,
    connections: u32,
    subjects: u32,
    most: usize,
) -> Vec<Vec<u8>> {
    let names: Vec<&str> = values::entered().collect();
    let mut places: Vec<(u32, u32)> = Vec::new();
    for event in 0..EVENTS {
        places.extend((connection..subjects).step_by(connections as usize).map(|s| (s, event)));
    }
    let mut first = places.into_iter();
    let mut saved: Vec<Record> = Vec::new();
    let mut all = Vec::new();
    let mut edits = 0;
    while all.len() < most {
        let path_and_body = if all.len() % EDIT_EVERY == EDIT_EVERY - 1 {
            // Spread over what was saved so far, by a step that shares no divisor with its length.
            edits += 7_919;
            let at = edits % saved.len();
            edit(&mut saved[at], &names)
        } else {
            let Some((subject, event)) = first.next() else { break };
            let number = (subject as usize * 31 + event as usize) % visits.len();
            let record = Record { subject, event, version: 0, visit: visits[number].clone() };
            let sent = whole(&record, &names);
            saved.push(Record { version: 1, ..record });
            sent
        };
        all.push(request("PUT", &path_and_body.0, &path_and_body.1));
    }
    all
}

/// A record as the server has it.
struct Record {
    subject: u32,
    event: u32,
    version: u32,
    visit: Visit,
}

impl Record {
    fn path(&self) -> String {
        let (subject, event) = (subject_key(self.subject), event_oid(self.event));
        format!("/v1/studies/{STUDY}/subjects/{subject}/events/{event}/1/forms/{FORM}/1")
    }

    fn begin(&self) -> String {
        let id = format!("{}.{}.{}", self.subject, self.event, self.version);
        format!(r#"{{"requestId":"bench.{id}","seenVersion":{},"#, self.version)
    }
}

fn whole(record: &Record, names: &[&str]) -> (String, String) {
    let mut body = format!(r#"{}"complete":true,"values":["#, record.begin());
    for (at, (name, value)) in names.iter().zip(&record.visit).enumerate() {
        push_value(&mut body, at > 0, name, value);
    }
    body.push_str("]}");
    (record.path(), body)
}

/// Two measurements turn out to be wrong by one.
fn edit(record: &mut Record, names: &[&str]) -> (String, String) {
    let mut body = format!(r#"{}"reason":"transcription error","values":["#, record.begin());
    for (at, name) in ["SYS2", "PUL3"].into_iter().enumerate() {
        let place = names.iter().position(|one| *one == name).unwrap_or_default();
        let value: i64 = record.visit[place].parse().unwrap_or(100);
        let step = if record.version.is_multiple_of(2) { -1 } else { 1 };
        record.visit[place] = (value + step).to_string();
        push_value(&mut body, at > 0, name, &record.visit[place]);
    }
    body.push_str("]}");
    let path = record.path();
    record.version += 1;
    (path, body)
}

fn push_value(body: &mut String, comma: bool, name: &str, value: &str) {
    let (comma, item) = (if comma { "," } else { "" }, item_oid(name));
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        r#"{comma}{{"itemGroupOid":"{GROUP}","itemGroupRepeatKey":"1","itemOid":"{item}","value":"{value}"}}"#
    );
}
