//! Clinical data in ODM: published files, the shapes that vendors use, and our own.

use std::{fs, path::PathBuf};

use formats::{
    Location, SignatureDef, User, VersionInForce,
    odm::{
        Annotation, AuditRecord, ClinicalReader, ClinicalRow, ClinicalWriter, FileType, Flag,
        Given, Header, ItemOut, LevelOut, QueryMark, Signature, SubjectOut, TransactionType,
        ValueOut, read_bulk_records,
    },
};
use kernel::{MissingReason, StudyVersion};
use proptest::prelude::*;

fn data(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/odm").join(file);
    fs::read(path).expect("the test data are there")
}

fn rows(bytes: &[u8]) -> Vec<ClinicalRow> {
    ClinicalReader::new(bytes, "test.xml")
        .expect("the test data are there")
        .map(|row| row.expect("it is read"))
        .collect()
}

/// Clinical data of one subject in ODM 1.3.2.
fn wrapped(inner: &str) -> String {
    format!(
        r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Transactional"
        FileOID="F" CreationDateTime="2026-01-01T00:00:00Z"><ClinicalData StudyOID="S"
        MetaDataVersionOID="V"><SubjectData SubjectKey="001">{inner}</SubjectData></ClinicalData></ODM>"#
    )
}

fn in_group(items: &str) -> String {
    wrapped(&format!(
        r#"<StudyEventData StudyEventOID="SE.1" StudyEventRepeatKey="A-1"><FormData FormOID="F.1">
        <ItemGroupData ItemGroupOID="IG.1" ItemGroupRepeatKey="x">{items}</ItemGroupData></FormData>
        </StudyEventData>"#
    ))
}

fn given(items: &str) -> Vec<Given> {
    rows(in_group(items).as_bytes()).into_iter().filter_map(|r| r.item).map(|i| i.given).collect()
}

#[test]
fn misplaced_audit_records_are_taken_with_a_warning() {
    let bytes = data("clinical/openedc.xml");
    let mut reader = ClinicalReader::new(bytes.as_slice(), "openedc.xml").unwrap();
    let rows: Vec<ClinicalRow> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows.iter().filter(|row| row.item.is_some()).count(), 1684);
    let audited: Vec<&ClinicalRow> = rows.iter().filter(|r| r.records.audit.is_some()).collect();
    assert_eq!(audited.len(), 90);
    assert!(audited.iter().all(|row| row.late));
    assert_eq!(audited[0].records.audit.as_ref().unwrap().timestamp, "2020-01-13T12:18:48.865Z");
    assert!(reader.findings().iter().any(|f| f.text.contains("after the data")));
}

#[test]
fn a_published_snapshot_gives_every_item_with_its_place() {
    let bytes = data("clinical/odm-data-snapshot.xml");
    let items = memchr::memmem::find_iter(&bytes, b"<ItemData ").count();
    let rows = rows(&bytes);
    let with_item: Vec<&ClinicalRow> = rows.iter().filter(|row| row.item.is_some()).collect();
    assert_eq!(with_item.len(), items);
    assert!(items > 100);
    assert!(with_item.iter().all(|r| r.event.is_some() && r.form.is_some() && r.group.is_some()));
    assert!(with_item.iter().all(|row| !row.subject.is_empty() && row.line > 1));
}

#[test]
fn null_empty_and_absent_values_are_told_apart() {
    let items = r#"<ItemData ItemOID="A" Value="" TransactionType="Update"/>
        <ItemData ItemOID="B" IsNull="Yes"/><ItemData ItemOID="C"/>
        <ItemData ItemOID="D" Value=" 1&#10;2 "/>"#;
    let expected =
        [Given::Text(String::new()), Given::Null, Given::Absent, Given::Text(" 1\n2 ".into())];
    assert_eq!(given(items), expected);
}

#[test]
fn typed_items_give_their_content_and_their_type() {
    let items = r#"<ItemDataInteger ItemOID="A" AuditRecordID="AR.1"> 42 </ItemDataInteger>
        <ItemDataString ItemOID="B" MeasurementUnitOID="MU"> x </ItemDataString>
        <ItemDataAny ItemOID="C" IsNull="Yes"/>
        <ItemDataPartialDate ItemOID="D">2014-05</ItemDataPartialDate>"#;
    let items: Vec<_> =
        rows(in_group(items).as_bytes()).into_iter().filter_map(|row| row.item).collect();
    assert_eq!(items[0].given, Given::Text("42".into()));
    assert_eq!(items[1].given, Given::Text(" x ".into()));
    assert_eq!(items[1].unit.as_deref(), Some("MU"));
    assert_eq!(items[2].given, Given::Null);
    assert_eq!(items[3].typed.as_deref(), Some("PartialDate"));
}

#[test]
fn records_that_are_kept_apart_are_resolved_in_a_second_pass() {
    let item = r#"<ItemDataInteger ItemOID="A" AuditRecordID="AR.1">42</ItemDataInteger>"#;
    let text = in_group(item).replace(
        "</SubjectData>",
        r#"</SubjectData><AuditRecords><AuditRecord ID="AR.1"><UserRef UserOID="U"/><LocationRef
        LocationOID="L"/><DateTimeStamp>2026-01-01T00:00:00</DateTimeStamp></AuditRecord></AuditRecords>"#,
    );
    let unresolved = rows(text.as_bytes()).pop().unwrap().records;
    assert_eq!((unresolved.audit_id.as_deref(), unresolved.audit), (Some("AR.1"), None));
    let bulk = read_bulk_records(text.as_bytes(), "test.xml").unwrap();
    assert_eq!(bulk.len(), 1);
    let reader = ClinicalReader::new(text.as_bytes(), "test.xml").unwrap().resolving(bulk);
    let resolved = reader.map(Result::unwrap).last().unwrap().records;
    assert_eq!(resolved.audit.unwrap().user, "U");
}

#[test]
fn a_removal_is_a_row_at_the_level_that_it_removes() {
    let text = wrapped(
        r#"<StudyEventData StudyEventOID="SE" TransactionType="Context"><FormData FormOID="F"
        FormRepeatKey="2" TransactionType="Remove"><AuditRecord><UserRef UserOID="U"/><LocationRef
        LocationOID="L"/><DateTimeStamp>2026-01-01T00:00:00Z</DateTimeStamp><ReasonForChange>wrong
        subject</ReasonForChange></AuditRecord></FormData></StudyEventData>"#,
    );
    let rows = rows(text.as_bytes());
    assert_eq!(rows.len(), 3);
    let form = rows[2].form.as_ref().unwrap();
    assert_eq!(form.transaction, Some(TransactionType::Remove));
    assert_eq!((form.repeat.as_deref(), rows[2].group.is_none()), (Some("2"), true));
    assert!(rows[2].records.audit.as_ref().unwrap().reason.is_some());
    assert_eq!(rows[1].event.as_ref().unwrap().transaction, Some(TransactionType::Context));
}

#[test]
fn several_blocks_and_repeat_keys_that_are_no_numbers_are_read() {
    let text = in_group(r#"<ItemData ItemOID="A" Value="1"/>"#).replace(
        "</ODM>",
        r#"<ClinicalData StudyOID="S" MetaDataVersionOID="V2"><SubjectData SubjectKey="002"/>
        </ClinicalData></ODM>"#,
    );
    let rows = rows(text.as_bytes());
    let last = rows.last().unwrap();
    assert_eq!((&*last.version_oid, &*last.subject), ("V2", "002"));
    let item = rows.iter().find(|row| row.item.is_some()).unwrap();
    assert_eq!(item.event.as_ref().unwrap().repeat.as_deref(), Some("A-1"));
    assert_eq!(item.group.as_ref().unwrap().repeat.as_deref(), Some("x"));
}

#[test]
fn nested_groups_and_several_values_of_odm_2_are_read() {
    let text = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" ODMVersion="2.0" FileType="Snapshot"
        FileOID="F" CreationDateTime="2026-01-01T00:00:00Z"><ClinicalData StudyOID="S"
        MetaDataVersionOID="V"><SubjectData SubjectKey="1"><StudyEventData StudyEventOID="SE">
        <ItemGroupData ItemGroupOID="F.DM"><ItemData ItemOID="SEX"><Value>F</Value></ItemData>
        <ItemGroupData ItemGroupOID="IG.RACE" ItemGroupRepeatKey="1"><ItemData ItemOID="RACE">
        <Value SeqNum="1">A</Value><Value SeqNum="2">B</Value></ItemData></ItemGroupData>
        <AuditRecord><UserRef UserOID="U"/><LocationRef LocationOID="L"/>
        <DateTimeStamp>2026-01-01T00:00:00Z</DateTimeStamp></AuditRecord></ItemGroupData>
        </StudyEventData></SubjectData></ClinicalData></ODM>"#;
    let rows = rows(text.as_bytes());
    let items: Vec<&ClinicalRow> = rows.iter().filter(|row| row.item.is_some()).collect();
    assert_eq!(items[0].form.as_ref().unwrap().oid.as_ref(), "F.DM");
    assert_eq!(items[0].group.as_ref().unwrap().oid.as_ref(), "F.DM.ITEMS");
    assert_eq!(items[1].group.as_ref().unwrap().oid.as_ref(), "IG.RACE");
    let several = Given::Several(vec!["A".into(), "B".into()]);
    assert_eq!(items[1].item.as_ref().unwrap().given, several);
    let last = rows.last().unwrap();
    assert!(last.late && last.records.audit.is_some() && last.group.is_none());
}

fn header() -> Header {
    Header {
        file_oid: "FILE.1".into(),
        file_type: FileType::Transactional,
        created: "2026-01-02T03:04:05Z".into(),
        source_system: Some("Casebook".into()),
        ..Header::default()
    }
}

fn version() -> StudyVersion {
    StudyVersion {
        study_oid: "S".into(),
        study_name: "Study".into(),
        protocol_name: "P".into(),
        version_oid: "V".into(),
        version_name: "1".into(),
        ..StudyVersion::default()
    }
}

fn audit() -> AuditRecord<'static> {
    AuditRecord {
        edit_point: Some("DataManagement".into()),
        user: "U.1".into(),
        location: "L.1".into(),
        timestamp: "2026-01-02T03:04:05.678Z".into(),
        reason: Some("read < again & \"corrected\"\n更正".into()),
        source_id: Some("log/7".into()),
        ..AuditRecord::default()
    }
}

fn query() -> Annotation<'static> {
    Annotation {
        sequence: 1,
        comment: Some("Please check — 请核对".into()),
        comment_by: Some("Sponsor".into()),
        flags: vec![Flag {
            value: "Open".into(),
            value_list: "CL.QUERY_STATE".into(),
            kind: Some("QUERY".into()),
            kind_list: Some("CL.FLAG".into()),
        }],
        query: Some(QueryMark {
            oid: "qry_1".into(),
            state: "open".into(),
            ..QueryMark::default()
        }),
        ..Annotation::default()
    }
}

fn written() -> Vec<u8> {
    let (version, audit, annotations) = (version(), audit(), [query()]);
    let user = User { oid: "U.1".into(), full_name: Some("A B".into()), ..User::default() };
    let site = Location {
        oid: "L.1".into(),
        name: "Site 1".into(),
        kind: Some("Site".into()),
        versions: vec![VersionInForce {
            study_oid: "S".into(),
            version_oid: "V".into(),
            effective_date: "2026-01-01".into(),
        }],
        ..Location::default()
    };
    let meaning = SignatureDef {
        oid: "SD.1".into(),
        digital: false,
        meaning: "I am responsible for these data".into(),
        legal_reason: "21 CFR 11.50".into(),
    };
    let signature = Signature {
        user: "U.1".into(),
        location: "L.1".into(),
        definition: "SD.1".into(),
        timestamp: "2026-01-03T00:00:00Z".into(),
        ..Signature::default()
    };
    let mut writer =
        ClinicalWriter::new(Vec::new(), &header(), &[&version], &[user], &[site], &[meaning])
            .expect("the test data are there");
    writer.begin_data("S", "V").expect("the test data are there");
    let subject =
        SubjectOut { key: "001", site: Some("L.1"), audit: Some(&audit), ..SubjectOut::default() };
    writer.begin_subject(&subject).expect("the test data are there");
    let level = |oid, repeat| LevelOut { oid, repeat, ..LevelOut::default() };
    writer.begin_event(&level("SE.1", Some("1"))).expect("the test data are there");
    let form = LevelOut { signature: Some(&signature), ..level("F.1", None) };
    writer.begin_form(&form).expect("the test data are there");
    writer.begin_group(&level("IG.1", None)).expect("the test data are there");
    let item = |oid, value| ItemOut { oid, value, ..ItemOut::default() };
    let full = ItemOut {
        audit: Some(&audit),
        annotations: &annotations,
        unit: Some("MU.1"),
        transaction: Some(TransactionType::Update),
        ..item("I.1", ValueOut::Text("a\nb\t\"<&>é体重😀"))
    };
    writer.item(&full).expect("the test data are there");
    writer
        .item(&item("I.2", ValueOut::Missing(MissingReason::NotDone)))
        .expect("the test data are there");
    writer.item(&item("I.3", ValueOut::Null)).expect("the test data are there");
    let removed =
        ItemOut { transaction: Some(TransactionType::Remove), ..item("I.4", ValueOut::Absent) };
    writer.item(&removed).expect("the test data are there");
    assert_eq!(writer.values(), 4);
    writer
        .begin_subject(&SubjectOut { key: "002", ..SubjectOut::default() })
        .expect("the test data are there");
    writer.finish().expect("the test data are there")
}

#[test]
fn what_is_written_reads_back_with_its_records() {
    let rows = rows(&written());
    let full = rows.iter().find(|row| row.item.is_some()).unwrap();
    let item = full.item.as_ref().unwrap();
    assert_eq!(item.given, Given::Text("a\nb\t\"<&>é体重😀".into()));
    assert_eq!(item.transaction, Some(TransactionType::Update));
    assert_eq!(item.unit.as_deref(), Some("MU.1"));
    assert_eq!(full.records.audit, Some(audit()));
    assert_eq!(full.records.annotations, [query()]);
    assert_eq!(full.site.as_deref(), Some("L.1"));
    let missing: Vec<Option<MissingReason>> =
        rows.iter().filter_map(|row| row.item.as_ref()).map(|item| item.missing).collect();
    assert_eq!(missing, [None, Some(MissingReason::NotDone), None, None]);
    let form = rows.iter().find(|row| row.form.is_some()).unwrap();
    assert_eq!(form.records.signature.as_ref().unwrap().definition, "SD.1");
    assert_eq!(&*rows.last().unwrap().subject, "002");
}

#[test]
fn people_places_and_signatures_come_back_from_the_same_file() {
    let design = formats::odm::read_metadata(written().as_slice(), "test.xml").unwrap();
    assert_eq!(design.users[0].full_name.as_deref(), Some("A B"));
    assert_eq!(design.sites[0].versions[0].effective_date, "2026-01-01");
    assert_eq!(design.signatures[0].legal_reason, "21 CFR 11.50");
    assert_eq!(design.versions[0].version, version());
}

#[test]
fn what_is_written_is_valid_as_1_3_2_with_vendor_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.xml");
    fs::write(&file, written()).unwrap();
    let schema = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/odm/schema-1.3.2/casebook-odm1-3-2.xsd");
    let mut command = std::process::Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema).arg(&file);
    let output = command.output().expect("xmllint is installed by `cargo xtask setup`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_item_outside_a_group_is_refused() {
    let mut writer = ClinicalWriter::new(Vec::new(), &header(), &[], &[], &[], &[]).unwrap();
    assert!(writer.item(&ItemOut::default()).is_err());
    assert!(writer.begin_subject(&SubjectOut::default()).is_err());
    writer.begin_data("S", "V").unwrap();
    assert!(writer.begin_form(&LevelOut::default()).is_err());
}

/// Text that XML 1.0 can hold.
fn xml_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "<", ">", "&", "\"", "'", "\n", "\r", "\t", "]]>", "&#10;", "体重", "😀", " ", "a", "é",
        "\u{FFFD}", "<!--", "?>",
    ]);
    prop::collection::vec(nasty, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was_written(
        value in xml_text(), key in xml_text(), reason in xml_text(), comment in xml_text(),
    ) {
        let mut writer =
            ClinicalWriter::new(Vec::new(), &header(), &[&version()], &[], &[], &[]).unwrap();
        let audit = AuditRecord { reason: Some(reason.as_str().into()), ..audit() };
        let annotations = [Annotation { comment: Some(comment.as_str().into()), ..query() }];
        writer.begin_data("S", "V").unwrap();
        writer.begin_subject(&SubjectOut { key: &key, ..SubjectOut::default() }).unwrap();
        let level = LevelOut { oid: &value, repeat: Some(&key), ..LevelOut::default() };
        writer.begin_event(&level).unwrap();
        writer.begin_form(&level).unwrap();
        writer.begin_group(&level).unwrap();
        writer.item(&ItemOut {
            oid: "I",
            value: ValueOut::Text(&value),
            audit: Some(&audit),
            annotations: &annotations,
            ..ItemOut::default()
        }).unwrap();
        let row = rows(&writer.finish().unwrap()).pop().unwrap();
        prop_assert_eq!(&*row.subject, &key);
        prop_assert_eq!(&*row.event.unwrap().oid, &value);
        prop_assert_eq!(row.item.unwrap().given, Given::Text(value));
        prop_assert_eq!(row.records.audit.unwrap().reason.unwrap(), reason);
        prop_assert_eq!(row.records.annotations[0].comment.as_deref(), Some(comment.as_str()));
    }
}
