use kernel::{
    Datum, MissingReason,
    casebook::{DatumRef, FormRecord, RecordRef},
    study::ItemGroupKind,
};

use super::*;
use crate::{
    export::{
        SignatureOut, TrailKind, exporter,
        tests::{Memory, design, record, row, study},
    },
    odm::{ClinicalReader, ClinicalRow, Given},
};

const SUBJECT: SubjectOut<'_> = SubjectOut {
    key: "01-701-1015",
    site: "701",
    status: "ENROLLED",
    screening_number: None,
    enrolment_number: None,
    consented_on: None,
    enrolled_on: None,
    ended_on: None,
    signature: None,
    visit_signatures: &[],
};

const SIGNED: SignatureOut<'_> = SignatureOut {
    signer: "usr_1",
    printed_name: "王芳",
    meaning: "I have reviewed <all>",
    signed_at: "2026-01-01T00:00:01.000Z",
};

fn step(entry: u64, kind: TrailKind, item: &'static str, text: &'static str) -> TrailOut<'static> {
    TrailOut {
        kind,
        group: "IG.VS",
        group_repeat: "1",
        item,
        datum: DatumRef::Value { text, unit: None },
        at: "2026-01-01T00:00:00.000Z",
        user: "usr_1",
        location: "701",
        reason: (kind == TrailKind::Changed).then_some("转录错误 <1>"),
        origin: "web",
        entry,
    }
}

fn query(group: &'static str, item: &'static str) -> QueryOut<'static> {
    QueryOut {
        id: "qry_1",
        group,
        group_repeat: "1",
        item,
        state: "OPEN",
        check: Some("CK.BP"),
        text: "Is \"131\" right?",
        opened_at: "2026-01-01T00:00:00.000Z",
        opened_by: "usr_2",
    }
}

/// Exports one record and gives the text of the file.
fn text(format: &str, trail: &[TrailOut<'_>], queries: &[QueryOut<'_>]) -> String {
    written(format, trail, queries, None)
}

fn written(
    format: &str,
    trail: &[TrailOut<'_>],
    queries: &[QueryOut<'_>],
    signature: Option<SignatureOut<'_>>,
) -> String {
    let (design, bytes) = (design(), record().to_bytes());
    let options = ExportOptions { trail: !trail.is_empty(), ..ExportOptions::default() };
    let mut exporter = exporter(format, &options).unwrap();
    assert_eq!(exporter.needs_trail(), !trail.is_empty() || format.ends_with("transactional"));
    let mut memory = Memory::default();
    exporter.begin(&study(&design), &mut memory).unwrap();
    exporter.subject(&SUBJECT).unwrap();
    let record = RecordRef::decode(&bytes).unwrap();
    let (subject, record) = (&SUBJECT, &record);
    exporter
        .record(&RecordOut {
            subject,
            event: "SE.1",
            event_repeat: "1",
            form: "F.VS",
            form_repeat: "1",
            record,
            trail,
            queries,
            signature,
        })
        .unwrap();
    exporter.finish(&mut memory).unwrap();
    memory.text("odm.xml")
}

fn rows(text: &str) -> Vec<ClinicalRow> {
    ClinicalReader::new(text.as_bytes(), "odm.xml").unwrap().map(Result::unwrap).collect()
}

/// The items, as `group[repeat] item=value`, with what is done to them.
fn outline(rows: &[ClinicalRow]) -> Vec<String> {
    let line = |row: &ClinicalRow| {
        let done = |transaction: Option<odm::TransactionType>| {
            transaction.map_or(String::new(), |one| format!("{} ", one.as_odm()))
        };
        let Some(group) = &row.group else {
            let form = row.form.as_ref()?;
            return form.transaction.map(|one| format!("{} {}", one.as_odm(), form.oid));
        };
        let repeat = group.repeat.as_deref().unwrap_or("-");
        let Some(item) = &row.item else {
            return group
                .transaction
                .map(|one| format!("{} {}[{repeat}]", one.as_odm(), group.oid));
        };
        let value = match (&item.given, item.missing) {
            (Given::Text(text), _) => format!("={text}"),
            (_, Some(reason)) => format!("?{}", reason.code()),
            _ => "?".to_owned(),
        };
        let unit = item.unit.as_deref().unwrap_or_default();
        Some(format!("{}{}[{repeat}] {}{value}{unit}", done(item.transaction), group.oid, item.oid))
    };
    rows.iter().filter_map(line).collect()
}

#[test]
fn a_snapshot_holds_each_value_with_its_unit_or_reason() {
    let rows = rows(&text("odm", &[], &[]));
    assert_eq!(
        outline(&rows),
        [
            "IG.HEAD[-] I.DATE=2014-01-02",
            "IG.HEAD[-] I.NOTE=a \"b\", c\nd",
            "IG.VS[1] I.SYSBP=131",
            "IG.VS[1] I.TEMP=36.6U.C",
            "IG.VS[2] I.SYSBP?NOT_DONE",
            "IG.VS[2] I.TEMP?REFUSED",
        ]
    );
    assert_eq!(rows[0].site.as_deref(), Some("701"));
    assert!(rows.iter().all(|row| row.event.as_ref().is_none_or(|event| event.repeat.is_none())));
}

#[test]
fn a_snapshot_with_its_trail_says_who_changed_a_value_last() {
    let trail = [
        step(4, TrailKind::Recorded, "I.SYSBP", "113"),
        step(5, TrailKind::Changed, "I.SYSBP", "131"),
    ];
    let rows = rows(&text("odm", &trail, &[]));
    let audits: Vec<_> = rows.iter().filter_map(|row| row.records.audit.as_ref()).collect();
    assert_eq!(audits.len(), 1);
    assert_eq!((audits[0].user.as_ref(), audits[0].location.as_ref()), ("usr_1", "701"));
    assert_eq!(audits[0].reason.as_deref(), Some("转录错误 <1>"));
    assert_eq!(audits[0].source_id.as_deref(), Some("web entry 5"));
}

#[test]
fn a_query_is_an_annotation_also_where_nothing_is() {
    let queries = [query("IG.VS", "I.SYSBP"), query("IG.HEAD", "I.NOTE2"), query("", "")];
    let rows = rows(&text("odm", &[], &queries));
    let asked: Vec<String> = rows
        .iter()
        .filter(|row| !row.records.annotations.is_empty())
        .map(|row| {
            assert_eq!(row.records.annotations[0].comment.as_deref(), Some("Is \"131\" right?"));
            assert_eq!(row.records.annotations[0].query.as_ref().unwrap().state, "OPEN");
            row.item.as_ref().map_or("form".to_owned(), |item| item.oid.clone())
        })
        .collect();
    assert_eq!(asked, ["form", "I.NOTE2", "I.SYSBP"]);
    assert!(outline(&rows).contains(&"IG.HEAD[-] I.NOTE2?".to_owned()));
}

#[test]
fn a_transactional_file_replays_every_change() {
    let whole = |entry, kind| TrailOut { group: "", group_repeat: "", ..step(entry, kind, "", "") };
    let missing = TrailOut {
        datum: DatumRef::Missing(MissingReason::Unknown),
        ..step(3, TrailKind::Changed, "I.SYSBP", "")
    };
    let trail = [
        step(1, TrailKind::Recorded, "I.SYSBP", "113"),
        step(1, TrailKind::Recorded, "I.TEMP", "36"),
        step(2, TrailKind::Cleared, "I.TEMP", ""),
        missing,
        step(4, TrailKind::Removed, "", ""),
        step(5, TrailKind::Restored, "", ""),
        whole(6, TrailKind::Removed),
        whole(7, TrailKind::Restored),
    ];
    let rows = rows(&text("odm-transactional", &trail, &[]));
    assert_eq!(
        outline(&rows),
        [
            "Upsert F.VS",
            "Upsert IG.VS[1]",
            "Upsert IG.VS[1] I.SYSBP=113",
            "Upsert IG.VS[1] I.TEMP=36",
            "Update IG.VS[1] I.TEMP?",
            "Update IG.VS[1] I.SYSBP?UNKNOWN",
            "Remove IG.VS[1]",
            "Insert IG.VS[1]",
            "Insert IG.VS[1] I.SYSBP?UNKNOWN",
            "Remove F.VS",
            "Insert F.VS",
            "Insert IG.VS[1]",
            "Insert IG.VS[1] I.SYSBP?UNKNOWN",
        ]
    );
    let unsaid = rows.iter().filter(|row| row.item.is_some() && row.records.audit.is_none());
    assert_eq!(unsaid.count(), 0);
}

#[test]
fn both_kinds_are_valid_by_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let schema =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/odm/schema-1.3.2/casebook-odm1-3-2.xsd");
    let trail = [
        step(1, TrailKind::Recorded, "I.SYSBP", "113"),
        step(2, TrailKind::Removed, "", ""),
        step(3, TrailKind::Restored, "", ""),
    ];
    for format in ["odm", "odm-transactional"] {
        let file = folder.path().join(format);
        std::fs::write(&file, text(format, &trail, &[query("IG.VS", "I.SYSBP")])).unwrap();
        let mut command = std::process::Command::new("xmllint");
        command.args(["--nonet", "--noout", "--schema", schema]).arg(&file);
        let output = command.output().expect("xmllint is installed by `cargo xtask setup`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_signature_names_its_signer_its_meaning_and_its_time() {
    for (format, trail) in
        [("odm", &[][..]), ("odm-transactional", &[step(1, TrailKind::Recorded, "I.SYSBP", "120")])]
    {
        let text = written(format, trail, &[], Some(SIGNED));
        assert!(text.contains("<Meaning>I have reviewed &lt;all&gt;</Meaning>"), "{text}");
        let rows = rows(&text);
        let signed: Vec<_> = rows.iter().filter_map(|row| row.records.signature.clone()).collect();
        let signature = signed.first().unwrap();
        assert_eq!(signature.user, "usr_1", "{format}");
        assert_eq!(signature.location, "701");
        assert_eq!(signature.definition, "SIG.1");
        assert_eq!(signature.timestamp, "2026-01-01T00:00:01.000Z");
    }
}

#[test]
fn the_signatures_of_a_visit_and_of_a_casebook_stand_where_they_belong() {
    let (design, bytes) = (design(), record().to_bytes());
    let record = RecordRef::decode(&bytes).unwrap();
    let visits = [("SE.1", "1", SIGNED)];
    let subject = SubjectOut { signature: Some(SIGNED), visit_signatures: &visits, ..SUBJECT };
    let mut exporter = exporter("odm", &ExportOptions::default()).unwrap();
    let mut memory = Memory::default();
    exporter.begin(&study(&design), &mut memory).unwrap();
    exporter.subject(&subject).unwrap();
    for form_repeat in ["1", "2"] {
        exporter
            .record(&RecordOut {
                subject: &subject,
                event: "SE.1",
                event_repeat: "1",
                form: "F.VS",
                form_repeat,
                record: &record,
                trail: &[],
                queries: &[],
                signature: None,
            })
            .unwrap();
    }
    exporter.finish(&mut memory).unwrap();
    let text = memory.text("odm.xml");
    assert_eq!(text.matches("<SignatureRef ").count(), 2, "{text}");
    let behind = |tag: &str| text.split(tag).nth(1).unwrap().split('>').nth(1).unwrap().trim();
    assert!(behind("<SubjectData ").starts_with("<Signature"), "{text}");
    assert!(behind("<StudyEventData ").starts_with("<Signature"), "{text}");
}

#[test]
fn odm_2_holds_what_1_3_2_holds() {
    let whole = |entry, kind| TrailOut { group: "", group_repeat: "", ..step(entry, kind, "", "") };
    let trail = [
        step(1, TrailKind::Recorded, "I.SYSBP", "113"),
        step(2, TrailKind::Changed, "I.SYSBP", "131"),
        step(3, TrailKind::Removed, "", ""),
        step(4, TrailKind::Restored, "", ""),
        whole(5, TrailKind::Removed),
        whole(6, TrailKind::Restored),
    ];
    let queries = [query("IG.VS", "I.SYSBP"), query("", "")];
    for (old, new) in [("odm", "odm2"), ("odm-transactional", "odm2-transactional")] {
        let [old, new] =
            [old, new].map(|format| rows(&written(format, &trail, &queries, Some(SIGNED))));
        // What stands behind the content of a form or group comes in a row of its own.
        let early: Vec<ClinicalRow> = new.iter().filter(|row| !row.late).cloned().collect();
        assert_eq!(outline(&early), outline(&old));
        let audits = |rows: &[ClinicalRow]| {
            let audits = rows.iter().filter_map(|row| row.records.audit.as_ref());
            let mut audits: Vec<String> = audits.map(|audit| format!("{audit:?}")).collect();
            audits.sort();
            audits
        };
        assert_eq!(audits(&new), audits(&old));
        let signatures = new.iter().filter(|row| row.records.signature.is_some());
        assert_eq!(signatures.count(), 1);
    }
}

#[test]
fn a_query_is_an_element_of_its_own_in_odm_2() {
    let text = text("odm2", &[], &[query("IG.VS", "I.SYSBP")]);
    assert!(text.contains(
        "<Query OID=\"qry_1\" Source=\"System\" Type=\"System\" State=\"Open\" \
         LastUpdateDatetime=\"2026-01-01T00:00:00.000Z\"><Value>Is \"131\" right?</Value></Query>"
    ));
    let rows = rows(&text);
    let asked = rows.iter().find(|row| !row.records.annotations.is_empty()).unwrap();
    assert_eq!(asked.item.as_ref().unwrap().oid, "I.SYSBP");
    let query = asked.records.annotations[0].query.as_ref().unwrap();
    assert_eq!((query.state.as_ref(), query.by_system), ("Open", Some(true)));
}

/// Without units, reasons and plain groups, which ODM 2.0 has no word for.
#[test]
fn odm_2_is_valid_by_the_official_schema() {
    let mut version = design().version().clone();
    version.units.clear();
    version.items.iter_mut().for_each(|item| item.units.clear());
    version.item_groups.iter_mut().for_each(|group| group.kind = ItemGroupKind::Section);
    let design = Design::new(std::sync::Arc::new(version));
    let rows = [row("IG.VS", "1", &[("I.SYSBP", Datum::value("<131>\n"))])];
    let bytes = FormRecord { rows: rows.into(), ..FormRecord::default() }.to_bytes();
    let trail = [
        step(1, TrailKind::Recorded, "I.SYSBP", "113"),
        step(2, TrailKind::Removed, "", ""),
        step(3, TrailKind::Restored, "", ""),
    ];
    let queries = [query("IG.VS", "I.SYSBP"), query("IG.VS", ""), query("", "")];
    let folder = tempfile::tempdir().unwrap();
    for format in ["odm2", "odm2-transactional"] {
        let mut exporter = exporter(format, &ExportOptions::default()).unwrap();
        let mut memory = Memory::default();
        exporter.begin(&study(&design), &mut memory).unwrap();
        exporter.subject(&SUBJECT).unwrap();
        let record = RecordRef::decode(&bytes).unwrap();
        let out = RecordOut {
            subject: &SUBJECT,
            event: "SE.1",
            event_repeat: "1",
            form: "F.VS",
            form_repeat: "1",
            record: &record,
            trail: &trail,
            queries: &queries,
            signature: Some(SIGNED),
        };
        exporter.record(&out).unwrap();
        exporter.finish(&mut memory).unwrap();
        let file = folder.path().join(format);
        std::fs::write(&file, memory.text("odm.xml")).unwrap();
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/odm/schema-2.0/ODM.xsd");
        let mut command = std::process::Command::new("xmllint");
        command.args(["--nonet", "--noout", "--schema", schema]).arg(&file);
        let output = command.output().expect("xmllint is installed by `cargo xtask setup`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
