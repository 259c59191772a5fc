//! What a version would mean for the subjects and values that are there, counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use contract::{
    Context, Error, Permit,
    build::v1::{GetImpactRequest, GetImpactResponse, Impact, SubjectCount, impact::Kind},
    page,
};
use kernel::{
    FormOid, StudyOid, SubjectKey,
    casebook::{Casebook, Cause, Event, Fit, fit},
};

use crate::{
    Edc,
    anew::{Outcome, page_size},
    book::{Book, lock},
    change::Change,
    compiled::Compiled,
    failure::{Failure, Result},
    migration::bring,
    read::subjects::{Page, subjects_of},
    study::Study,
    wire::{self, value},
};

/// Coded values that are named of one item, at most.
const MAX_CODES: usize = 20;

/// Previews a version on a page of subjects. Counts of pages add up.
pub(crate) async fn impact(
    edc: &Edc,
    context: &Context,
    request: &GetImpactRequest,
) -> Result<GetImpactResponse> {
    let oid: StudyOid = request.study_oid.as_str().into();
    let permit = crate::draft::permit_design(&context.caller, &oid)?;
    let study = edc.study(&oid).await?;
    let target = target(edc, context, &study, request).await?;
    let preview = study.with(Arc::clone(&target));
    let size = page_size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?;
    let found = subjects_of(edc, &study, None, &Page::of(size, after)).await?;
    let mut counted = Counted::default();
    for (subject, row) in &found.subjects {
        let shared = edc.shelf.get(&study, subject).await?;
        let mut book = Book::copy_of(&lock(&shared));
        let under = study.of(&book.casebook).hash.to_string();
        *counted.subjects.entry((row.site.clone(), under)).or_default() += 1;
        counted.records += book.casebook.records.values().filter(|one| !one.removed).count();
        let mut seen = Seen { counted: &mut counted, target: &target, touches: BTreeSet::new() };
        seen.misfits(&book.casebook);
        let before = book.casebook.clone();
        let change = change(&permit, context, subject);
        let hash = target.hash.to_string();
        let brought = edc.scratch(&preview, &mut book, |writer| bring(writer, &change, &hash));
        seen.brought(&before, &brought);
        seen.end();
    }
    Ok(counted.into_response(found.next))
}

/// The version that is previewed, ready to run.
async fn target(
    edc: &Edc,
    context: &Context,
    study: &Study,
    request: &GetImpactRequest,
) -> Result<Arc<Compiled>> {
    let Some(hash) = wire::subject::given(request.version_hash.as_ref()) else {
        let state = edc.drafts.get(&study.oid).await?;
        let checked = state.draft(&study.oid)?.checked()?;
        let message = || format!("the draft has {} faults", checked.faults.len());
        let ready = checked.compiled.clone();
        return Ok(ready.ok_or_else(|| Error::refused("DRAFT_FAULTY", message()))?);
    };
    if let Some(ready) = study.in_use().find(|one| one.hash.to_string() == hash) {
        return Ok(Arc::clone(ready));
    }
    let version = edc.published(&context.caller, &study.oid, Some(hash)).await?;
    Ok(Arc::new(Compiled::published(version).map_err(|_| Failure::Version(hash.to_owned()))?))
}

fn change<'a>(permit: &'a Permit, context: &'a Context, subject: &'a SubjectKey) -> Change<'a> {
    let request = crate::change::request_id(context, None);
    Change { permit, origin: &context.origin, subject, request, reason: None }
}

/// A kind of consequence at one definition.
type Place = (i32, FormOid, String);

#[derive(Debug, Default)]
struct Counted {
    subjects: BTreeMap<(String, String), i32>,
    places: BTreeMap<Place, At>,
    records: usize,
    touched: usize,
    changed: usize,
    unsigned: usize,
    closed: usize,
}

#[derive(Debug, Default)]
struct At {
    count: i64,
    subjects: i32,
    codes: BTreeSet<String>,
}

/// One subject as it is looked at.
struct Seen<'a> {
    counted: &'a mut Counted,
    target: &'a Compiled,
    touches: BTreeSet<Place>,
}

impl Seen<'_> {
    fn note(&mut self, kind: Kind, form: &FormOid, oid: &str) -> &mut At {
        let place = (kind.into(), form.clone(), oid.to_owned());
        self.touches.insert(place.clone());
        let at = self.counted.places.entry(place).or_default();
        at.count += 1;
        at
    }

    /// Records and values for which the version has no place.
    fn misfits(&mut self, casebook: &Casebook) {
        let target = self.target;
        for (key, record) in casebook.records.iter().filter(|(_, record)| !record.removed) {
            let event = target.design.event(&key.event);
            let has_form = event.is_some_and(|def| def.forms.iter().any(|f| f.form == key.form));
            let shape = target.design.shape(&key.form).filter(|_| has_form);
            let Some(shape) = shape else {
                self.note(Kind::FormGone, &key.form, "");
                continue;
            };
            for (row, content) in record.rows.iter().filter(|(_, row)| !row.removed) {
                for (item, datum) in &content.items {
                    let kind = match fit(shape, row, item, datum) {
                        Fit::Fits => continue,
                        Fit::NoItem => Kind::ItemGone,
                        Fit::NotInCodeList => Kind::NotInCodeList,
                        Fit::Invalid => Kind::ValueInvalid,
                    };
                    let blinded = target.design.version().blinding.items.contains(item);
                    let at = self.note(kind, &key.form, item.as_str());
                    let code = datum.text().filter(|_| kind == Kind::NotInCodeList && !blinded);
                    if let Some(code) = code.filter(|_| at.codes.len() < MAX_CODES) {
                        at.codes.insert(code.to_owned());
                    }
                }
            }
        }
    }

    /// What the rules of the version do.
    fn brought(&mut self, before: &Casebook, brought: &Outcome) {
        for event in &brought.events {
            match event {
                Event::FormSaved(saved) => {
                    self.counted.changed += 1;
                    let record = before.record(&saved.record);
                    let signed = record.is_some_and(|record| record.valid_signature().is_some());
                    self.counted.unsigned += usize::from(signed);
                    for (_, change) in saved.changes() {
                        let kind = match change.3 {
                            Some(Cause::NotCollected) => Kind::NotCollected,
                            Some(Cause::Derived) | None => Kind::Derived,
                        };
                        self.note(kind, &saved.record.form, change.0.as_str());
                    }
                }
                Event::QueryOpened(opened) => {
                    let check = opened.check.as_ref().map_or("", |check| check.as_str());
                    self.note(Kind::QueryOpened, &opened.record.form, check);
                }
                Event::QueryClosed { id, .. } => {
                    let Some(query) = before.queries.get(id) else { continue };
                    let check = query.opened.check.as_ref().map_or("", |check| check.as_str());
                    self.note(Kind::QueryClosed, &query.opened.record.form, check);
                }
                _ => {}
            }
        }
        let closed = ["FORM_LOCKED", "FORM_FROZEN"];
        let left = brought.left.iter().filter(|(_, code)| closed.contains(code));
        self.counted.closed += left.count();
    }

    fn end(self) {
        self.counted.touched += usize::from(!self.touches.is_empty());
        for place in &self.touches {
            if let Some(at) = self.counted.places.get_mut(place) {
                at.subjects += 1;
            }
        }
    }
}

impl Counted {
    fn into_response(self, next: Option<String>) -> GetImpactResponse {
        let subject_count = self.subjects.values().sum();
        let subjects = self.subjects.into_iter().map(|((site, version), count)| SubjectCount {
            site_oid: site,
            version_hash: version,
            count,
        });
        let impacts = self.places.into_iter().map(|((kind, form, oid), at)| Impact {
            kind,
            form_oid: form.to_string(),
            oid,
            count: at.count,
            subject_count: at.subjects,
            coded_values: at.codes.into_iter().collect(),
        });
        GetImpactResponse {
            subjects: subjects.collect(),
            impacts: impacts.collect(),
            subject_count,
            record_count: value::long(self.records as u64),
            touched_subject_count: value::number(self.touched),
            changed_record_count: value::long(self.changed as u64),
            ended_signature_count: value::long(self.unsigned as u64),
            closed_record_count: value::long(self.closed as u64),
            next_page_token: next,
        }
    }
}
