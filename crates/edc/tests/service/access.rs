//! Every method, in every role, as the table of the contract says.

use std::{collections::BTreeMap, sync::Arc};

use contract::edc::v1::rest;
use testkit::access::Place;

use crate::world::{HERE, STUDY, THERE, World, value};

const ITEM: &str = "itemGroupOid=IG.DM&itemGroupRepeatKey=1&itemOid=I.BIRTHYR";

const BODIES: [(&str, &str); 33] = [
    ("ImportRanges", r#"{"fileName": "a.csv", "content": "VEVTVA==", "reason": "new"}"#),
    ("RecomputeRanges", r#"{"reason": "corrected"}"#),
    ("PublishDefinition", r#"{"definition":"{}"}"#),
    ("ScreenSubject", r#"{"siteOid": "101", "consentDate": "2026-03-01"}"#),
    ("EnrolSubject", r#"{"enrolmentDate": "2026-03-02"}"#),
    (
        "ChangeSubjectStatus",
        r#"{"status": "SCREEN_FAILED", "statusDate": "2026-03-02", "reason": "moved"}"#,
    ),
    ("RecordEvent", r#"{"event": "telephoned", "eventDate": "2026-03-02"}"#),
    ("CheckEligibility", r#"{"attestedCriteria": {}}"#),
    ("EvaluateForm", r#"{"values": []}"#),
    ("SaveForm", r#"{"seenVersion": 0, "values": []}"#),
    ("RemoveRecord", r#"{"seenVersion": 0, "reason": "twice"}"#),
    ("RestoreRecord", r#"{"seenVersion": 0, "reason": "not twice"}"#),
    (
        "OpenQuery",
        r#"{"record": {"subjectKey": "SECRET-1", "studyEventOid": "SE.SCR", "studyEventRepeatKey": "1", "formOid": "F.DM", "formRepeatKey": "1"}, "text": "Is it so?"}"#,
    ),
    ("AnswerQuery", r#"{"text": "It is."}"#),
    ("CloseQuery", r#"{"text": "Good."}"#),
    ("ReopenQuery", r#"{"text": "Really?"}"#),
    ("CancelQuery", r#"{"text": "By mistake."}"#),
    (
        "VerifyItems",
        r#"{"seenVersion": 0, "items": [{"itemGroupOid": "IG.DM", "itemGroupRepeatKey": "1", "itemOid": "I.BIRTHYR"}]}"#,
    ),
    (
        "UnverifyItems",
        r#"{"reason": "wrong", "items": [{"itemGroupOid": "IG.DM", "itemGroupRepeatKey": "1", "itemOid": "I.BIRTHYR"}]}"#,
    ),
    ("FreezeRecord", r#"{"seenVersion": 0}"#),
    ("UnfreezeRecord", r#"{"reason": "wrong"}"#),
    ("LockRecord", r#"{"seenVersion": 0}"#),
    ("UnlockRecord", r#"{"reason": "wrong"}"#),
    ("SignRecord", r#"{"seenVersion": 0, "meaning": "approved"}"#),
    ("AnswerQueries", r#"{"queryIds": ["NOBODY.Q1"], "text": "It is."}"#),
    ("SettleQueries", r#"{"queryIds": ["NOBODY.Q1"], "step": "CLOSE"}"#),
    ("ReviewAuditTrail", r#"{"reviewedUntil": "2026-03-02T02:00:00Z", "finding": "nothing"}"#),
    ("SignVisit", r#"{"signingSha256": "00", "meaning": "approved"}"#),
    ("SignCasebook", r#"{"signingSha256": "00", "meaning": "approved"}"#),
    ("FreezeRecords", "{}"),
    ("LockRecords", "{}"),
    ("LockStudy", r#"{"checklistSha256": "00"}"#),
    ("UnlockStudy", r#"{"reason": "wrong"}"#),
];

const NAMES: [(&str, &str); 12] = [
    ("study_oid", STUDY),
    ("subject_key", "SECRET-1"),
    ("site_oid", HERE),
    ("query_id", "SECRET-1.Q1"),
    ("study_event_oid", "SE.SCR"),
    ("study_event_repeat_key", "1"),
    ("form_oid", "F.DM"),
    ("form_repeat_key", "1"),
    ("item_group_oid", "IG.DM"),
    ("item_group_repeat_key", "1"),
    ("dictionary", "DRUGS"),
    ("code", "N02"),
];

/// Who may do what does not depend on the store.
#[test]
fn every_method_allows_what_the_table_says_and_tells_strangers_nothing() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(async {
        let world = World::over_the_wire().await;
        world.screen("SECRET-1").await;
        let values = [value("IG.DM/I.BIRTHYR", "1980")];
        world.save("SECRET-1", "SE.SCR/F.DM", 0, &values).await.unwrap();
        let place = Place {
            service: Arc::clone(&world.edc),
            routes: rest::routes,
            study: STUDY,
            site: HERE,
            other_site: THERE,
            secret: "SECRET-1",
            queries: BTreeMap::from([
                ("GetItemHistory", ITEM),
                ("ExportStudy", "format=csv"),
                ("SearchTerms", "text=a"),
                ("ListWork", "kind=FORM_TO_VERIFY"),
            ]),
            names: BTreeMap::from(NAMES),
            bodies: BTreeMap::from(BODIES),
        };
        place.keeps_to_the_table().await;
    });
}

const BUILD_BODIES: [(&str, &str); 11] = [
    ("BeginDraft", "{}"),
    ("ImportDraft", r#"{"files": [{"name": "a.xml", "content": "PGE+"}]}"#),
    ("EditDraft", r#"{"seenRevision": 1, "edits": [{"remove": {"kind": "FORM", "oid": "F.DM"}}]}"#),
    ("UndoEdit", r#"{"seenRevision": 1, "revision": 1}"#),
    ("DiscardDraft", r#"{"seenRevision": 1, "reason": "not needed"}"#),
    ("CheckExpression", r#"{"formOid": "F.DM", "expression": "true"}"#),
    ("PublishDraft", r#"{"seenRevision": 1, "reason": "amendment 1"}"#),
    (
        "ScheduleVersion",
        r#"{"siteOids": ["101"], "versionHash": "no", "effectiveDate": "2026-04-01", "reason": "approved"}"#,
    ),
    ("MigrateCasebooks", r#"{"versionHash": "no", "reason": "amendment 1"}"#),
    ("AddSite", r#"{"siteOid": "?", "name": {"en": "A site"}, "timeZone": "Asia/Shanghai"}"#),
    ("ChangeSiteStatus", r#"{"siteOid": "101", "status": "ACTIVE", "reason": "it works"}"#),
];

#[test]
fn the_build_of_studies_allows_what_the_table_says() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(async {
        let world = World::over_the_wire().await;
        let place = Place {
            service: Arc::clone(&world.build),
            routes: contract::build::v1::rest::routes,
            study: STUDY,
            site: HERE,
            other_site: THERE,
            secret: "SECRET-1",
            queries: BTreeMap::new(),
            names: BTreeMap::from(NAMES),
            bodies: BTreeMap::from(BUILD_BODIES),
        };
        place.keeps_to_the_table().await;
    });
}
