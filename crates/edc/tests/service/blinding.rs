//! What reveals the arm reaches no blinded caller through any door.

use contract::{
    Code, Context, Role,
    edc::v1::{GetFormRecordRequest, ListQueriesRequest, StaleRecord, VerifyItemsRequest},
};

use crate::world::{
    STUDY, World, detail, held, in_role, item_of, monitor, on_every_store, unique, value, words,
};

const IP: &str = "SE.W2/F.IP";

fn pharmacist() -> Context {
    in_role(Role::Pharmacist, None)
}

async fn dispensed(world: &World) {
    world.screen("S1").await;
    let lost = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
    let saved = world.save("S1", IP, 0, &lost).await.unwrap();
    let told: Vec<&str> = saved
        .changes
        .iter()
        .map(|change| change.place.as_ref().unwrap().item_oid.as_str())
        .collect();
    assert_eq!(told, ["I.DOSES"], "the answer to the save does not tell of the kit");
    assert_eq!((saved.opened_queries.len(), saved.findings.len()), (0, 0));
}

#[test]
fn a_blinded_item_is_left_out_of_a_form_record() {
    on_every_store(async |world| {
        dispensed(&world).await;
        let blinded = world.record_as(&monitor(), "S1", IP).await.unwrap();
        assert_eq!(held(&blinded, "IG.IP/I.KIT"), None);
        assert_eq!(held(&blinded, "IG.IP/I.DOSES").as_deref(), Some("3"));
        let open = world.record_as(&pharmacist(), "S1", IP).await.unwrap();
        assert_eq!(held(&open, "IG.IP/I.KIT").as_deref(), Some("LOST"));
    });
}

#[test]
fn the_history_of_a_blinded_item_is_for_those_who_may_see_it() {
    on_every_store(async |world| {
        dispensed(&world).await;
        let error = world.history_as(&monitor(), "S1", IP, "IG.IP/I.KIT").await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        assert_eq!(error.metadata()["act"], "read_unblinded");
        let seen = world.history_as(&pharmacist(), "S1", IP, "IG.IP/I.KIT").await.unwrap();
        assert_eq!(words(seen[0].new_value.as_ref()).as_deref(), Some("LOST"));
    });
}

#[test]
fn a_query_of_a_check_that_reveals_the_arm_is_not_shown() {
    on_every_store(async |world| {
        dispensed(&world).await;
        assert_eq!(world.queries(&monitor()).await, []);
        let shown = world.queries(&pharmacist()).await;
        assert_eq!(shown[0].check_oid.as_deref(), Some("CK.KIT"));
        let request = GetFormRecordRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.W2".into(),
            form_oid: "F.IP".into(),
            ..GetFormRecordRequest::default()
        };
        let record = world.edc.get_form_record(&monitor(), request.clone()).await.unwrap();
        assert_eq!((record.queries.len(), record.findings.len()), (0, 0));
        let record = world.edc.get_form_record(&pharmacist(), request).await.unwrap();
        assert_eq!((record.queries.len(), record.findings.len()), (1, 1));
        let history = world.history("S1", IP, "IG.IP/I.DOSES").await;
        assert_eq!(history.len(), 1, "nor does the history of the visible item tell of it");
    });
}

#[test]
fn a_stale_save_does_not_tell_the_blinded_value() {
    on_every_store(async |world| {
        dispensed(&world).await;
        let error = world.save("S1", IP, 0, &[value("IG.IP/I.KIT", "K2")]).await.unwrap_err();
        let stale: StaleRecord = detail(&error);
        assert_eq!(stale.conflicts[0].current_value, None);
        assert_eq!(words(stale.conflicts[0].submitted_value.as_ref()).as_deref(), Some("K2"));
    });
}

#[test]
fn one_who_may_see_the_arm_at_one_site_sees_it_only_there() {
    on_every_store(async |world| {
        dispensed(&world).await;
        let mut both = monitor();
        both.caller.grants.extend(in_role(Role::Pharmacist, Some("202")).caller.grants);
        let record = world.record_as(&both, "S1", IP).await.unwrap();
        assert_eq!(held(&record, "IG.IP/I.KIT"), None);
        let request =
            ListQueriesRequest { study_oid: STUDY.into(), ..ListQueriesRequest::default() };
        assert_eq!(world.edc.list_queries(&both, request).await.unwrap().queries, []);
    });
}

#[test]
fn who_verifies_the_rest_of_a_form_states_nothing_of_what_he_cannot_see() {
    on_every_store(async |world| {
        dispensed(&world).await;
        let request = VerifyItemsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.W2".into(),
            form_oid: "F.IP".into(),
            seen_version: Some(1),
            request_id: Some(unique("verify")),
            ..VerifyItemsRequest::default()
        };
        world.edc.verify_items(&monitor(), request).await.unwrap();
        let record = world.record_as(&pharmacist(), "S1", IP).await.unwrap();
        assert!(item_of(&record, "IG.IP/I.DOSES").unwrap().verified);
        assert!(!item_of(&record, "IG.IP/I.KIT").unwrap().verified);
    });
}
