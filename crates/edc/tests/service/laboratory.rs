//! Reference ranges: loaded, found for a result, kept with it, laid anew on purpose.

mod study;

use std::sync::Arc;

use contract::{
    Caller, Code, Role,
    edc::v1::{
        ImportRangesRequest, ImportRangesResponse, ItemEntry, ListRangesRequest,
        ListRangesResponse, LockRecordsRequest, RecomputeRangesRequest, RecomputeRangesResponse,
    },
};
use edc::import::{ImportOptions, ImportReport, Outcome, RowReport, import, table_source};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, data_manager, held, in_role, monitor, on_every_store,
    unique, value,
};

const DM: &str = "SE.SCR/F.DM";
const LB: &str = "SE.SCR/F.LB";
const RANGES: &str = "\
SITE,TEST,UNIT,SEX,AGE_FROM,AGE_TO,AGE_UNIT,LOW,HIGH,TEXTS,VALID_FROM,VALID_TO
,GLUC,mmol/L,,,,,3.90,6.1,,,2025-12-31
,GLUC,mmol/L,,,,,4.0,6.1,,2026-01-01,
,HGB,g/L,F,0,17,YEARS,110,150,,,
,HGB,g/L,F,18,,YEARS,120,,,,
,HGB,g/L,M,0,17,YEARS,115,150,,,
,HGB,g/L,M,18,,YEARS,130,175,,,
,PROT,,,,,,,,NEGATIVE; TRACE,,
202,GLUC,mg/dL,,,,,70,110,,,
";

/// A study with laboratory results, in which a woman was born on a day.
async fn laboratory(world: &World, born: &str) {
    world.service.publish(&Caller::system("casebook"), study::version(), None).await.unwrap();
    world.screen("S1").await;
    let woman = [value("IG.DM/I.SEX", "F"), value("IG.DM/I.BIRTHDT", born)];
    world.save("S1", DM, 0, &woman).await.unwrap();
}

fn file(text: &str) -> ImportRangesRequest {
    ImportRangesRequest {
        study_oid: STUDY.into(),
        file_name: "ranges.csv".into(),
        content: text.as_bytes().to_vec(),
        reason: "ranges of 2026".into(),
        request_id: Some(unique("ranges")),
        ..ImportRangesRequest::default()
    }
}

async fn load(world: &World, text: &str) -> ImportRangesResponse {
    world.edc.import_ranges(&data_manager(), file(text)).await.unwrap()
}

async fn list(world: &World, request: ListRangesRequest) -> ListRangesResponse {
    let request = ListRangesRequest { study_oid: STUDY.into(), ..request };
    world.edc.list_ranges(&monitor(), request).await.unwrap()
}

async fn recompute(world: &World, dry_run: bool) -> RecomputeRangesResponse {
    let request = RecomputeRangesRequest {
        study_oid: STUDY.into(),
        dry_run,
        reason: "ranges corrected by the laboratory".into(),
        ..RecomputeRangesRequest::default()
    };
    world.edc.recompute_ranges(&data_manager(), request).await.unwrap()
}

fn row(number: u32, test: &str, unit: &str, result: &str) -> Vec<ItemEntry> {
    let place = |item: &str| format!("IG.LB[{number}]/I.{item}");
    let mut row = vec![value(&place("TEST"), test), value(&place("RESULT"), result)];
    row.extend((!unit.is_empty()).then(|| value(&place("UNIT"), unit)));
    row
}

/// Low, high and flag of a row, as far as there are any.
async fn flags(world: &World, subject: &str, number: u32) -> [String; 3] {
    let record = world.record(subject, LB).await;
    ["LOW", "HIGH", "FLAG"]
        .map(|item| held(&record, &format!("IG.LB[{number}]/I.{item}")).unwrap_or_default())
}

#[test]
fn a_result_is_held_against_the_range_of_its_test_unit_day_sex_and_age() {
    on_every_store(async |world| {
        laboratory(&world, "2008-03-02").await;
        let loaded = load(&world, RANGES).await;
        assert_eq!((loaded.range_count, loaded.unchanged), (8, false));
        let mut rows = vec![value("IG.SPEC/I.COLLECTED", "2026-03-02")];
        rows.extend(row(1, "GLUC", "mmol/L", "3.95"));
        rows.extend(row(2, "HGB", "g/L", "119"));
        rows.extend(row(3, "PROT", "", "2+"));
        rows.extend(row(4, "GLUC", "mg/dL", "95"));
        rows.extend(row(5, "GLUC", "mmol/L", "<4"));
        let saved = world.save("S1", LB, 0, &rows).await.unwrap();
        assert_eq!(flags(&world, "S1", 1).await, ["4.0", "6.1", "LOW"]);
        assert_eq!(flags(&world, "S1", 2).await, ["120", "", "LOW"], "eighteen on this day");
        assert_eq!(flags(&world, "S1", 3).await, ["", "", "ABNORMAL"]);
        assert_eq!(flags(&world, "S1", 4).await, ["", "", ""], "no range has this unit here");
        assert_eq!(flags(&world, "S1", 5).await, ["4.0", "6.1", "LOW"]);
        let day_before = [value("IG.SPEC/I.COLLECTED", "2026-03-01")];
        let mut request = crate::world::save("S1", LB, saved.version, &day_before);
        request.reason = Some("read from the tube".into());
        let saved = world.send(request).await.unwrap();
        assert_eq!(flags(&world, "S1", 2).await, ["110", "150", "NORMAL"], "seventeen still");
        let mut request =
            crate::world::save("S1", LB, saved.version, &[value("IG.SPEC/I.COLLECTED", "2025")]);
        request.reason = Some("only the year is legible".into());
        world.send(request).await.unwrap();
        assert_eq!(flags(&world, "S1", 1).await, ["3.90", "6.1", "NORMAL"]);
    });
}

#[test]
fn a_site_with_ranges_of_its_own_uses_those() {
    on_every_store(async |world| {
        laboratory(&world, "1980").await;
        load(&world, RANGES).await;
        world.screen_at(THERE, "S2").await.unwrap();
        let mut rows = vec![value("IG.SPEC/I.COLLECTED", "2026-03-02")];
        rows.extend(row(1, "GLUC", "mg/dL", "111"));
        rows.extend(row(2, "GLUC", "mmol/L", "5"));
        world.save("S2", LB, 0, &rows).await.unwrap();
        assert_eq!(flags(&world, "S2", 1).await, ["70", "110", "HIGH"]);
        assert_eq!(flags(&world, "S2", 2).await, ["", "", ""]);
    });
}

#[test]
fn later_ranges_change_no_result_until_that_is_asked_for_with_a_reason() {
    on_every_store(async |world| {
        laboratory(&world, "1980").await;
        load(&world, RANGES).await;
        let mut rows = vec![value("IG.SPEC/I.COLLECTED", "2026-03-02")];
        rows.extend(row(1, "GLUC", "mmol/L", "4.1"));
        world.save("S1", LB, 0, &rows).await.unwrap();
        load(&world, &RANGES.replace("4.0,6.1", "4.2,6.1")).await;
        let other = [value("IG.SPEC/I.REMARK", "haemolysed")];
        world.save("S1", LB, 1, &other).await.unwrap();
        assert_eq!(flags(&world, "S1", 1).await, ["4.0", "6.1", "NORMAL"], "nobody touched it");
        world.save("S1", LB, 2, &row(2, "GLUC", "mmol/L", "4.1")).await.unwrap();
        assert_eq!(flags(&world, "S1", 1).await, ["4.0", "6.1", "NORMAL"]);
        assert_eq!(flags(&world, "S1", 2).await, ["4.2", "6.1", "LOW"]);
        let would = recompute(&world, true).await.subjects;
        assert_eq!((would[0].changed_record_count, would[0].changed_value_count), (1, 2));
        assert_eq!(flags(&world, "S1", 1).await, ["4.0", "6.1", "NORMAL"], "nothing was written");
        assert_eq!(recompute(&world, false).await.subjects[0].changed_value_count, 2);
        assert_eq!(flags(&world, "S1", 1).await, ["4.2", "6.1", "LOW"]);
        let history = world.history("S1", LB, "IG.LB[1]/I.FLAG").await;
        let reasons: Vec<Option<&str>> = history.iter().map(|one| one.reason.as_deref()).collect();
        assert!(reasons.contains(&Some("ranges corrected by the laboratory")), "{history:?}");
        assert_eq!(history.len(), 2);
        assert_eq!(recompute(&world, false).await.subjects[0].changed_value_count, 0);
        world.verifies().await;
    });
}

#[test]
fn a_locked_record_keeps_its_ranges_and_is_named() {
    on_every_store(async |world| {
        laboratory(&world, "1980").await;
        let mut rows = vec![value("IG.SPEC/I.COLLECTED", "2026-03-02")];
        rows.extend(row(1, "GLUC", "mmol/L", "4.1"));
        world.save("S1", LB, 0, &rows).await.unwrap();
        assert_eq!(flags(&world, "S1", 1).await, ["", "", ""], "there are no ranges yet");
        let lock = LockRecordsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            ..LockRecordsRequest::default()
        };
        world.edc.lock_records(&data_manager(), lock).await.unwrap();
        load(&world, RANGES).await;
        let done = recompute(&world, false).await.subjects;
        let [left] = &done[0].left_records[..] else { panic!("{done:?}") };
        assert_eq!(left.refusal, "FORM_LOCKED");
        assert_eq!(left.record.as_ref().unwrap().form_oid, "F.LB");
        assert_eq!(flags(&world, "S1", 1).await, ["", "", ""]);
    });
}

#[test]
fn every_fault_of_a_file_is_named_and_nothing_is_loaded() {
    on_every_store(async |world| {
        laboratory(&world, "1980").await;
        let faulty =
            "SITE,TEST,UNIT,LOW,HIGH\n,GLUC,mmol/L,6,4\n999,NA,mmol/L,135,145\n,K,,3,5\n,K,,4,6\n";
        let refused = world.edc.import_ranges(&data_manager(), file(faulty)).await.unwrap_err();
        assert_eq!((refused.code(), refused.reason()), (Code::InvalidArgument, "RANGES_FAULTY"));
        let told: Vec<String> = refused
            .violations()
            .iter()
            .map(|one| format!("{} {}", one.field, one.description))
            .collect();
        assert_eq!(
            told,
            [
                "ranges.csv:2:HIGH the lower limit 6 is above the upper limit 4",
                "ranges.csv:3:SITE the study has no site 999",
                "ranges.csv:3:TEST no item of the study has the test NA",
                "ranges.csv:5 K fits what the range of line 4 fits",
            ]
        );
        assert_eq!(list(&world, ListRangesRequest::default()).await, ListRangesResponse::default());
        let dry = ImportRangesRequest { dry_run: true, ..file(RANGES) };
        let checked = world.edc.import_ranges(&data_manager(), dry).await.unwrap();
        assert_eq!((checked.range_count, checked.entry), (8, 0));
        let unknown = ImportRangesRequest { file_name: "ranges.doc".into(), ..file(RANGES) };
        let refused = world.edc.import_ranges(&data_manager(), unknown).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "fileName");
        let refused = world.edc.import_ranges(&coordinator(), file(RANGES)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert_eq!(list(&world, ListRangesRequest::default()).await.imports, []);
    });
}

#[test]
fn what_was_loaded_stays_in_the_log_and_is_listed_as_it_was() {
    on_every_store(async |world| {
        laboratory(&world, "1980").await;
        let first = load(&world, RANGES).await;
        let again = load(&world, RANGES).await;
        assert_eq!((again.unchanged, again.entry), (true, 0));
        let new = "SITE,TEST,UNIT,LOW,HIGH\n202,GLUC,mg/dL,75,110\n";
        let second = load(&world, new).await;
        assert!(second.entry > first.entry);
        let glucose = |entry: Option<i64>| ListRangesRequest {
            test: Some("GLUC".into()),
            site_oid: Some(THERE.into()),
            entry,
            ..ListRangesRequest::default()
        };
        let lows = |listed: &ListRangesResponse| -> Vec<String> {
            listed.ranges.iter().filter_map(|range| range.low.clone()).collect()
        };
        let now = list(&world, glucose(None)).await;
        assert_eq!(lows(&now), ["3.90", "4.0", "75"]);
        let by: Vec<&str> = now.imports.iter().map(|import| import.imported_by.as_str()).collect();
        assert_eq!(by, ["data_manager", "data_manager"]);
        assert_eq!(now.imports[0].reason, "ranges of 2026");
        let before = list(&world, glucose(Some(first.entry))).await;
        assert_eq!(lows(&before), ["3.90", "4.0", "70"]);
        let page = ListRangesRequest { page_size: Some(5), ..ListRangesRequest::default() };
        let listed = list(&world, page.clone()).await;
        assert_eq!((listed.ranges.len(), listed.range_count), (5, 8));
        let rest = ListRangesRequest { page_token: listed.next_page_token, ..page };
        let rest = list(&world, rest).await;
        assert_eq!((rest.ranges.len(), rest.next_page_token), (3, None));
        let here = in_role(Role::Coordinator, Some(HERE));
        let request = ListRangesRequest { study_oid: STUDY.into(), ..ListRangesRequest::default() };
        let seen = world.edc.list_ranges(&here, request).await.unwrap();
        assert_eq!(seen.range_count, 7, "the ranges of the other site are its own affair");
    });
}

const MAPPING: &str = r#"
study = { value = "ST.VIGOR" }
subject = { column = "SUBJECT" }
event = { value = "SE.SCR" }
form = { value = "F.LB" }
group = "IG.LB"
repeat = { "IG.LB" = "row" }
item = [
  { column = "TAKEN", item = "I.COLLECTED", group = "IG.SPEC" },
  { column = "TEST", item = "I.TEST" },
  { column = "UNIT", item = "I.UNIT" },
  { column = "RESULT", item = "I.RESULT" },
]
"#;

async fn import_file(world: &World, table: &str) -> (ImportReport, Vec<RowReport>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, mapping) = (folder.path().join("lb.csv"), folder.path().join("lb.toml"));
    std::fs::write(&file, table).unwrap();
    std::fs::write(&mapping, MAPPING).unwrap();
    let design = world.service.design(&STUDY.into()).await.unwrap();
    let source = table_source(&file, &mapping, design).unwrap();
    let options =
        ImportOptions { dry_run: false, keep_good: false, complete: false, reason: "file".into() };
    let mut rows = Vec::new();
    let mut on_row = |phase, row: &RowReport| {
        if phase == edc::import::Phase::Applying {
            rows.push(row.clone());
        }
    };
    let (context, study) = (data_manager(), STUDY.into());
    let silent = Arc::new(|_, _| {});
    let report =
        import(&world.service, &context, &study, &source, options, silent, &mut on_row).await;
    rows.sort_by_key(|row| row.place.row);
    (report.unwrap(), rows)
}

#[test]
fn a_laboratory_file_gets_its_ranges_and_says_what_stays_open() {
    on_every_store(async |world| {
        laboratory(&world, "2008").await;
        load(&world, RANGES).await;
        let table = "SUBJECT,TAKEN,TEST,UNIT,RESULT\n\
                     S1,2026-03-02,GLUC,mmol/L,6.2\n\
                     S1,2026-03-02,HGB,g/L,119\n\
                     S1,2026-03-02,K,mmol/L,4\n\
                     S1,2026-03-02,GLUC,mg/dL,95\n";
        let (report, rows) = import_file(&world, table).await;
        assert_eq!((report.counts.accepted, report.records), (4, 1));
        let told: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
        assert_eq!(
            told,
            [
                "",
                "no reference range: it depends on the age, which the dates of birth and collection leave open",
                "no reference range: there is none for K here",
                "no reference range: GLUC is mg/dL, the ranges are in mmol/L",
            ]
        );
        let told: Vec<Option<&str>> = rows.iter().map(|row| row.reason_zh.as_deref()).collect();
        assert_eq!(
            told,
            [
                None,
                Some("没有参考范围：参考范围取决于年龄，而出生日期与采集日期不足以确定年龄"),
                Some("没有参考范围：此处没有 K 的参考范围"),
                Some("没有参考范围：GLUC 的单位是 mg/dL，而参考范围的单位是 mmol/L"),
            ]
        );
        assert_eq!(flags(&world, "S1", 1).await, ["4.0", "6.1", "HIGH"]);
        assert_eq!(flags(&world, "S1", 2).await, ["", "", ""]);
        let (report, rows) = import_file(&world, table).await;
        assert_eq!(
            (report.counts.unchanged, report.values),
            (4, 0),
            "a second time changes nothing"
        );
        assert!(rows.iter().all(|row| row.outcome == Outcome::Unchanged && row.reason.is_empty()));
    });
}

#[test]
fn a_range_can_be_read_by_derivations_only() {
    on_every_store(async |world| {
        let mut version = study::version();
        version.checks[1].expression.text =
            r#"missing(range_low("GLUC", "mmol/L", "F", WEIGHT, VSDT))"#.into();
        let refused = world.service.publish(&Caller::system("casebook"), version, None).await;
        let edc::PublishFailure::Faults(faults) = refused.unwrap_err() else { panic!("other") };
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert!(fault.message.en.contains("by derivations only"), "{fault:?}");
    });
}
