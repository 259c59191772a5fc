//! What the signature of a visit or of a casebook is bound to (21 CFR 11.70): everything below it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    record::{RecordKey, RecordSignature},
    state::Casebook,
};
use crate::{RepeatKey, StudyEventOid};

/// A form record that is not removed, by its content.
type Part<'a> = (&'a RecordKey, [u8; 32]);

impl Casebook {
    /// SHA-256 over the stated date of a visit and the content of its records.
    pub fn visit_content(&self, event: &StudyEventOid, repeat: &RepeatKey) -> [u8; 32] {
        let shown = self.records_of(event, repeat).filter(|(_, record)| !record.removed);
        let parts: Vec<Part<'_>> =
            shown.map(|(key, record)| (key, record.content_hash())).collect();
        let date = self.dates.get(&(event.clone(), repeat.clone()));
        digest(&(event, repeat, date, parts))
    }

    /// SHA-256 over where the subject stands, all stated dates and the content of all records.
    pub fn content(&self) -> [u8; 32] {
        let shown = self.records.iter().filter(|(_, record)| !record.removed);
        let parts: Vec<Part<'_>> =
            shown.map(|(key, record)| (key, record.content_hash())).collect();
        let standing = self.enrolment.as_ref().map(|one| {
            let days = (&one.consented_on, &one.screened_on, &one.enrolled_on);
            (one.status.code(), &one.screening_number, &one.enrolment_number, days)
        });
        let dates: Vec<_> = self.dates.iter().collect();
        digest(&(standing, dates, parts))
    }

    /// The signature of a visit, if everything below it is still what was signed.
    pub fn valid_visit_signature(
        &self,
        event: &StudyEventOid,
        repeat: &RepeatKey,
    ) -> Option<&RecordSignature> {
        let signature = self.visit_signatures.get(&(event.clone(), repeat.clone()))?;
        (signature.content == self.visit_content(event, repeat)).then_some(signature)
    }

    /// The signature of the casebook, if everything in it is still what was signed.
    pub fn valid_signature(&self) -> Option<&RecordSignature> {
        self.signature.as_ref().filter(|signature| signature.content == self.content())
    }
}

fn digest(content: &impl Serialize) -> [u8; 32] {
    let bytes = serde_json::to_vec(content).expect("plain data has JSON");
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Datum,
        casebook::{FormRecord, RowKey},
    };

    fn key(event: &str, form: &str) -> RecordKey {
        let (event_repeat, form_repeat) = (RepeatKey::first(), RepeatKey::first());
        RecordKey { event: event.into(), event_repeat, form: form.into(), form_repeat }
    }

    fn put(casebook: &mut Casebook, event: &str, text: &str) {
        let row = RowKey { group: "IG".into(), repeat: RepeatKey::first() };
        let mut record = FormRecord { version: 1, ..FormRecord::default() };
        record.rows.entry(row).or_default().items.insert("I".into(), Datum::value(text));
        casebook.records.insert(key(event, "F"), Arc::new(record));
    }

    fn signed(content: [u8; 32]) -> RecordSignature {
        let (signer, printed_name, meaning) = Default::default();
        RecordSignature { signer, printed_name, meaning, signed_at_ms: 1, content }
    }

    #[test]
    fn a_signature_ends_by_a_change_below_it_and_by_no_other() {
        let mut casebook = Casebook::default();
        put(&mut casebook, "E.1", "70");
        put(&mut casebook, "E.2", "71");
        let (first, one) = ("E.1".into(), RepeatKey::first());
        let visit = signed(casebook.visit_content(&first, &one));
        casebook.visit_signatures.insert((first.clone(), one.clone()), visit);
        casebook.signature = Some(signed(casebook.content()));
        assert!(casebook.valid_signature().is_some());

        put(&mut casebook, "E.2", "72");
        assert!(casebook.valid_visit_signature(&first, &one).is_some(), "it was another visit");
        assert!(casebook.valid_signature().is_none(), "the casebook has both");

        put(&mut casebook, "E.1", "69");
        assert!(casebook.valid_visit_signature(&first, &one).is_none());
        put(&mut casebook, "E.1", "70");
        assert!(casebook.valid_visit_signature(&first, &one).is_some(), "it is what was signed");
    }

    #[test]
    fn a_date_and_a_removal_end_a_signature_too() {
        let mut casebook = Casebook::default();
        put(&mut casebook, "E.1", "70");
        let (first, one) = (StudyEventOid::from("E.1"), RepeatKey::first());
        let before = casebook.visit_content(&first, &one);
        casebook.dates.insert((first.clone(), one.clone()), "2026-03-02".to_owned());
        let dated = casebook.visit_content(&first, &one);
        assert_ne!(before, dated);
        let record = casebook.records.get_mut(&key("E.1", "F")).unwrap();
        Arc::make_mut(record).removed = true;
        assert_ne!(casebook.visit_content(&first, &one), dated);
    }
}
