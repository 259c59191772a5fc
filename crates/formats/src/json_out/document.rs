//! One document: the study, its subjects, their events, forms and rows.

use super::{
    lines::{push_queries, push_signature},
    text::{push_pair, push_record, push_study, push_subject},
};
use crate::export::{ExportError, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut, Written};

#[derive(Default)]
pub(crate) struct JsonExporter {
    begun: Option<Begun>,
}

struct Begun {
    out: Out,
    /// Whether a subject is open.
    in_subject: bool,
    /// The event that is open, and its repeat key.
    event: Option<(String, String)>,
}

impl JsonExporter {
    fn begun(&mut self) -> Result<&mut Begun, ExportError> {
        self.begun.as_mut().ok_or(ExportError::NotBegun)
    }
}

impl Exporter for JsonExporter {
    fn one_stream(&self) -> bool {
        true
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let mut out = Out::create(sink, "study.json")?;
        out.buffer.push(b'{');
        push_study(&mut out.buffer, study);
        out.buffer.extend_from_slice(b",\"subjects\":[");
        self.begun = Some(Begun { out, in_subject: false, event: None });
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun()?;
        let another = begun.in_subject;
        begun.close_subject();
        let buffer = &mut begun.out.buffer;
        buffer.extend_from_slice(if another { b",\n{" } else { b"\n{" });
        push_subject(buffer, subject);
        buffer.extend_from_slice(b",\"events\":[");
        begun.in_subject = true;
        begun.out.settle()
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        if record.record.removed {
            return Ok(());
        }
        let begun = self.begun()?;
        begun.open_event(record.event, record.event_repeat);
        let out = &mut begun.out;
        out.buffer.push(b'{');
        push_pair(&mut out.buffer, "form", record.form);
        out.buffer.push(b',');
        push_pair(&mut out.buffer, "repeat", record.form_repeat);
        out.buffer.push(b',');
        out.values += push_record(&mut out.buffer, record)?;
        push_queries(&mut out.buffer, record);
        push_signature(&mut out.buffer, record);
        out.buffer.push(b'}');
        out.rows += 1;
        out.settle()
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let mut begun = self.begun.ok_or(ExportError::NotBegun)?;
        begun.close_subject();
        begun.out.buffer.extend_from_slice(b"\n]}\n");
        Ok(vec![begun.out.finish()?])
    }
}

impl Begun {
    /// Goes on in the event of a record, or opens it.
    fn open_event(&mut self, event: &str, repeat: &str) {
        let buffer = &mut self.out.buffer;
        if let Some((open, open_repeat)) = &self.event {
            if open == event && open_repeat == repeat {
                buffer.push(b',');
                return;
            }
            buffer.extend_from_slice(b"]},");
        }
        buffer.push(b'{');
        push_pair(buffer, "event", event);
        buffer.push(b',');
        push_pair(buffer, "repeat", repeat);
        buffer.extend_from_slice(b",\"forms\":[");
        self.event = Some((event.to_owned(), repeat.to_owned()));
    }

    fn close_subject(&mut self) {
        if self.event.take().is_some() {
            self.out.buffer.extend_from_slice(b"]}");
        }
        if self.in_subject {
            self.out.buffer.extend_from_slice(b"]}");
        }
    }
}
