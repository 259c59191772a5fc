//! One line for each form record, with all its keys.

use super::text::{push_pair, push_record, push_string};
use crate::export::{ExportError, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut, Written};

/// Each line is an object that can be read alone.
#[derive(Default)]
pub(crate) struct NdjsonExporter {
    begun: Option<(Out, String)>,
}

impl Exporter for NdjsonExporter {
    fn one_stream(&self) -> bool {
        true
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let study = study.design.version().study_oid.to_string();
        self.begun = Some((Out::create(sink, "records.ndjson")?, study));
        Ok(())
    }

    fn subject(&mut self, _: &SubjectOut<'_>) -> Result<(), ExportError> {
        Ok(())
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        if record.record.removed {
            return Ok(());
        }
        let (out, study) = self.begun.as_mut().ok_or(ExportError::NotBegun)?;
        let keys = [
            ("study", study.as_str()),
            ("site", record.subject.site),
            ("subject", record.subject.key),
            ("event", record.event),
            ("event_repeat", record.event_repeat),
            ("form", record.form),
            ("form_repeat", record.form_repeat),
        ];
        out.buffer.push(b'{');
        for (name, text) in keys {
            push_pair(&mut out.buffer, name, text);
            out.buffer.push(b',');
        }
        out.values += push_record(&mut out.buffer, record)?;
        push_queries(&mut out.buffer, record);
        push_signature(&mut out.buffer, record);
        out.buffer.extend_from_slice(b"}\n");
        out.rows += 1;
        out.settle()
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let (out, _) = self.begun.ok_or(ExportError::NotBegun)?;
        Ok(vec![out.finish()?])
    }
}

/// Appends the queries of a record, if it has any.
pub(super) fn push_queries(out: &mut Vec<u8>, record: &RecordOut<'_>) {
    if record.queries.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"queries\":[");
    for (at, query) in record.queries.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"{" } else { b",{" });
        push_pair(out, "id", query.id);
        let rest = [
            ("group", query.group),
            ("group_repeat", query.group_repeat),
            ("item", query.item),
            ("state", query.state),
            ("check", query.check.unwrap_or_default()),
            ("text", query.text),
            ("opened_at", query.opened_at),
            ("opened_by", query.opened_by),
        ];
        for (name, text) in rest.into_iter().filter(|(_, text)| !text.is_empty()) {
            out.push(b',');
            push_string(out, name);
            out.push(b':');
            push_string(out, text);
        }
        out.push(b'}');
    }
    out.push(b']');
}

/// Appends the signature of a record, if it has one that holds.
pub(super) fn push_signature(out: &mut Vec<u8>, record: &RecordOut<'_>) {
    let Some(signed) = record.signature else { return };
    out.extend_from_slice(b",\"signature\":{");
    push_pair(out, "signer", signed.signer);
    let rest = [
        ("printed_name", signed.printed_name),
        ("meaning", signed.meaning),
        ("signed_at", signed.signed_at),
    ];
    for (name, text) in rest {
        out.push(b',');
        push_pair(out, name, text);
    }
    out.push(b'}');
}
