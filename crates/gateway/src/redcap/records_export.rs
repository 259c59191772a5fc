//! Records out: as flat rows or rows of one value, one participant after the other.

use std::{collections::BTreeSet, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use contract::{
    Error,
    edc::v1::{ExportStudyRequest, Subject, export_study_request::Format, subject::Status},
    google::api::HttpBody,
};
use formats::redcap::{ColumnOf, Layout, Participant, Selection, TableForm, TableText};
use futures::{StreamExt as _, stream::BoxStream};

use super::{Reply, fault::Fault, form::Form, project::Call};

/// The longest line of the export that is read: one form record.
const LONGEST_LINE_BYTES: usize = 64 * 1024 * 1024;

pub(super) async fn export(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let selection = selection(&call.form, &layout);
    let unknown = layout.unknown(&selection);
    if !unknown.is_empty() && !call.redcap.settings.ignores_unknown_names {
        let message = format!("the project has no {}", unknown.join(", "));
        return Err(Fault::invalid(message));
    }
    for parameter in ["filterLogic", "dateRangeBegin", "dateRangeEnd"] {
        if !call.form.get(parameter).is_empty() {
            return Err(Fault::not_offered(&format!("the parameter {parameter}")));
        }
    }
    let is_eav = match call.form.get("type") {
        "" | "flat" => false,
        "eav" => true,
        other => return Err(Fault::invalid(format!("there is no type '{other}'"))),
    };
    let subjects = call.subjects().await?;
    let request = ExportStudyRequest {
        study_oid: call.study.clone(),
        format: Format::Ndjson.into(),
        ..ExportStudyRequest::default()
    };
    let lines = call.redcap.edc.export_study(&call.context, request).await?;
    let wanted: BTreeSet<String> = call.form.list("records").into_iter().collect();
    let form = call.form.table()?;
    let writing = Writing::new(layout, selection, form, is_eav, wanted);
    let kind = call.form.shape()?.media_type();
    let pieces = written(lines, writing, subjects);
    Ok(Reply::Stream(kind, Body::from_stream(pieces)))
}

fn selection(form: &Form, layout: &Layout) -> Selection {
    let record_id = layout.dictionary.record_id();
    let mut fields = form.list("fields");
    let forms = form.list("forms");
    // The record is always named; named alone it chooses nothing else.
    let only_record = !fields.is_empty() && fields.iter().all(|field| field == record_id);
    fields.retain(|field| field != record_id || (only_record && forms.is_empty()));
    Selection {
        fields,
        forms,
        events: form.list("events"),
        labels: form.get("rawOrLabel") == "label",
        label_headers: form.get("rawOrLabelHeaders") == "label",
        checkbox_labels: form.is_true("exportCheckboxLabel"),
        groups: form.is_true("exportDataAccessGroups"),
        blank_for_gray: form.is_true("exportBlankForGrayFormStatus"),
    }
}

struct Writing {
    layout: Arc<Layout>,
    selection: Selection,
    columns: Vec<ColumnOf>,
    is_eav: bool,
    wanted: BTreeSet<String>,
    text: TableText,
    current: Option<Participant>,
    seen: BTreeSet<String>,
}

impl Writing {
    fn new(
        layout: Arc<Layout>,
        selection: Selection,
        form: TableForm,
        is_eav: bool,
        wanted: BTreeSet<String>,
    ) -> Self {
        let columns = layout.columns(&selection);
        let names: Vec<String> = if is_eav {
            let mut names = vec!["record".to_owned()];
            let places = [ColumnOf::Event, ColumnOf::Instrument, ColumnOf::Instance];
            let places = columns.iter().filter(|column| places.contains(column));
            names.extend(places.map(|column| layout.header(&Selection::default(), *column)));
            names.extend(["field_name", "value"].map(str::to_owned));
            names
        } else {
            columns.iter().map(|column| layout.header(&selection, *column)).collect()
        };
        let is_number = |name: &str| name == "redcap_repeat_instance";
        let text = TableText::new(form, names, "records", &is_number);
        let (current, seen) = (None, BTreeSet::new());
        Self { layout, selection, columns, is_eav, wanted, text, current, seen }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        let broken = |_| Error::unavailable("the export broke off");
        let line: serde_json::Value = serde_json::from_slice(line).map_err(broken)?;
        let key = line["subject"].as_str().unwrap_or_default();
        if self.current.as_ref().is_some_and(|one| one.key != key) {
            self.flush();
        }
        self.current.get_or_insert_default().add_line(&line);
        Ok(())
    }

    fn flush(&mut self) {
        if let Some(participant) = self.current.take() {
            self.participant(&participant);
            self.seen.insert(participant.key);
        }
    }

    fn participant(&mut self, participant: &Participant) {
        if !self.wanted.is_empty() && !self.wanted.contains(&participant.key) {
            return;
        }
        let layout = Arc::clone(&self.layout);
        let who = (participant.key.as_str(), participant.site.as_str());
        for row in layout.rows(participant) {
            if !layout.is_wanted(&self.selection, &row) {
                continue;
            }
            let cells: Vec<String> = self
                .columns
                .iter()
                .map(|column| layout.cell(&self.selection, who, &row, *column))
                .collect();
            if self.is_eav {
                self.values(who.0, &cells);
            } else {
                self.text.push(cells.iter().map(String::as_str));
            }
        }
    }

    /// One row for each value of a flat row; of a checkbox field for each choice that is ticked.
    fn values(&mut self, record: &str, cells: &[String]) {
        let layout = Arc::clone(&self.layout);
        let places: Vec<&str> = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, _)| {
                matches!(column, ColumnOf::Event | ColumnOf::Instrument | ColumnOf::Instance)
            })
            .map(|(_, cell)| cell.as_str())
            .collect();
        for (column, cell) in self.columns.iter().zip(cells) {
            let (name, value) = match column {
                _ if cell.is_empty() => continue,
                ColumnOf::Event | ColumnOf::Instrument | ColumnOf::Instance => continue,
                ColumnOf::Record => (layout.dictionary.record_id().to_owned(), cell.clone()),
                ColumnOf::Variable(at) => {
                    let variable = &layout.variables[*at];
                    let field = layout.dictionary.fields[variable.field].name().to_owned();
                    match &variable.code {
                        None => (field, cell.clone()),
                        Some(code) if cell == "1" || cell == "Checked" => (field, code.clone()),
                        Some(_) => continue,
                    }
                }
                column => (layout.header(&Selection::default(), *column), cell.clone()),
            };
            let row = std::iter::once(record).chain(places.iter().copied());
            self.text.push(row.chain([name.as_str(), value.as_str()]));
        }
    }

    /// Participants of whom nothing was collected yet. Those who left without a value are not
    /// told of: a record that REDCap's interface deleted is one of them.
    fn others(&mut self, subjects: Vec<Subject>) {
        for subject in subjects {
            let is_gone = [Status::ScreenFailed, Status::Discontinued].map(i32::from);
            if self.seen.contains(&subject.subject_key) || is_gone.contains(&subject.status) {
                continue;
            }
            self.participant(&Participant {
                key: subject.subject_key,
                site: subject.site_oid,
                records: Vec::new(),
            });
        }
    }
}

/// Turns the lines of the export into the text of the answer.
fn written(
    lines: BoxStream<'static, Result<HttpBody, Error>>,
    writing: Writing,
    subjects: Vec<Subject>,
) -> impl futures::Stream<Item = Result<Bytes, Error>> + Send {
    let state = State { lines, writing: Some(writing), rest: Vec::new(), subjects };
    futures::stream::try_unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Ok(piece.map(|piece| (piece, state)))
    })
}

struct State {
    lines: BoxStream<'static, Result<HttpBody, Error>>,
    /// `None` when the end is written.
    writing: Option<Writing>,
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
    subjects: Vec<Subject>,
}

impl State {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(mut writing) = self.writing.take() else { return Ok(None) };
        while let Some(piece) = self.lines.next().await {
            self.rest.extend_from_slice(&piece?.data);
            let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
                if self.rest.len() > LONGEST_LINE_BYTES {
                    return Err(Error::unavailable("a record is too long"));
                }
                continue;
            };
            let behind = self.rest.split_off(end + 1);
            let whole = std::mem::replace(&mut self.rest, behind);
            for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                writing.line(line)?;
            }
            let ready = writing.text.take();
            if !ready.is_empty() {
                self.writing = Some(writing);
                return Ok(Some(Bytes::from(ready)));
            }
        }
        writing.flush();
        writing.others(std::mem::take(&mut self.subjects));
        Ok(Some(Bytes::from(writing.text.finish())))
    }
}
