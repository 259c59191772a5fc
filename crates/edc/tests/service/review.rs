//! Records are removed and restored, verified, frozen, locked and signed.

use contract::{
    Context, Error, Role,
    edc::v1::{
        FreezeRecordRequest, ItemPlace, LockRecordRequest, RemoveRecordRequest,
        RestoreRecordRequest, ReviewState, SaveFormRequest, SignRecordRequest,
        UnfreezeRecordRequest, UnlockRecordRequest, UnverifyItemsRequest, VerifyItemsRequest,
        data_entry::Status,
    },
};

use crate::world::{
    STUDY, World, coordinator, data_manager, held, in_role, investigator, item_of, monitor,
    on_every_store, place, save, unique, value,
};

pub const VS: &str = "SE.SCR/F.VS";

pub fn removal(
    subject: &str,
    form: &str,
    row: Option<(&str, &str)>,
    seen_version: i32,
    reason: &str,
) -> RemoveRecordRequest {
    let (event, form) = form.split_once('/').unwrap();
    RemoveRecordRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        study_event_oid: event.into(),
        study_event_repeat_key: "1".into(),
        form_oid: form.into(),
        form_repeat_key: "1".into(),
        item_group_oid: row.map(|(group, _)| group.into()),
        item_group_repeat_key: row.map(|(_, repeat)| repeat.into()),
        seen_version: Some(seen_version),
        reason: reason.into(),
        request_id: Some(unique("remove")),
    }
}

pub fn restoration(
    subject: &str,
    form: &str,
    row: Option<(&str, &str)>,
    seen_version: i32,
    reason: &str,
) -> RestoreRecordRequest {
    let removed = removal(subject, form, row, seen_version, reason);
    RestoreRecordRequest {
        study_oid: removed.study_oid,
        subject_key: removed.subject_key,
        study_event_oid: removed.study_event_oid,
        study_event_repeat_key: removed.study_event_repeat_key,
        form_oid: removed.form_oid,
        form_repeat_key: removed.form_repeat_key,
        item_group_oid: removed.item_group_oid,
        item_group_repeat_key: removed.item_group_repeat_key,
        seen_version: removed.seen_version,
        reason: removed.reason,
        request_id: removed.request_id,
    }
}

async fn verify(
    world: &World,
    seen_version: i32,
    items: &[ItemPlace],
) -> Result<ReviewState, Error> {
    let request = VerifyItemsRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        items: items.to_vec(),
        seen_version: Some(seen_version),
        request_id: Some(unique("verify")),
        ..VerifyItemsRequest::default()
    };
    Ok(world.edc.verify_items(&monitor(), request).await?.review.unwrap())
}

async fn freeze(world: &World) -> Result<ReviewState, Error> {
    let request = FreezeRecordRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        seen_version: Some(1),
        request_id: Some(unique("freeze")),
        ..FreezeRecordRequest::default()
    };
    Ok(world.edc.freeze_record(&monitor(), request).await?.review.unwrap())
}

async fn lock(world: &World, seen_version: i32) -> Result<ReviewState, Error> {
    let request = LockRecordRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        seen_version: Some(seen_version),
        request_id: Some(unique("lock")),
        ..LockRecordRequest::default()
    };
    Ok(world.edc.lock_record(&data_manager(), request).await?.review.unwrap())
}

pub async fn sign(
    world: &World,
    context: &Context,
    seen_version: i32,
    meaning: &str,
) -> Result<ReviewState, Error> {
    let request = SignRecordRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        seen_version: Some(seen_version),
        meaning: meaning.into(),
        request_id: Some(unique("sign")),
        ..SignRecordRequest::default()
    };
    Ok(world.edc.sign_record(context, request).await?.review.unwrap())
}

pub async fn weighed(world: &World) {
    world.screen("S1").await;
    let values = [
        value("IG.VS/I.VSDT", "2026-03-02"),
        value("IG.VS/I.WEIGHT", "70"),
        value("IG.VS/I.HEIGHT", "175"),
    ];
    let request = SaveFormRequest { complete: Some(true), ..save("S1", VS, 0, &values) };
    assert_eq!(world.send(request).await.unwrap().opened_queries, []);
}

pub fn with_reason(seen_version: i32, weight: &str) -> SaveFormRequest {
    let request = save("S1", VS, seen_version, &[value("IG.VS/I.WEIGHT", weight)]);
    SaveFormRequest { reason: Some("misread".into()), ..request }
}

#[test]
fn a_removed_row_keeps_its_values_for_its_return() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let rows = ["1", "2"].map(|row| value(&format!("IG.BP[{row}]/I.SYSBP"), "120"));
        world.save("S1", VS, 0, &rows).await.unwrap();
        let row = Some(("IG.BP", "2"));
        let no_reason = removal("S1", VS, row, 1, " ");
        let error = world.edc.remove_record(&coordinator(), no_reason).await.unwrap_err();
        assert_eq!(error.reason(), "REASON_MISSING");
        let request = removal("S1", VS, row, 1, "entered twice");
        let removed = world.edc.remove_record(&coordinator(), request.clone()).await.unwrap();
        assert_eq!(removed.version, 2);
        let again = world.edc.remove_record(&coordinator(), request).await.unwrap();
        assert_eq!(again.version, 2, "a repeated request removes once");
        let record = world.record("S1", VS).await;
        assert!(record.item_groups[1].removed);
        assert_eq!(held(&record, "IG.BP[2]/I.SYSBP").as_deref(), Some("120"));
        let error = world.save("S1", VS, 2, &[value("IG.BP[2]/I.SYSBP", "1")]).await.unwrap_err();
        assert_eq!(error.reason(), "ROW_REMOVED");
        let back = restoration("S1", VS, row, 2, "it was another measurement");
        let restored = world.edc.restore_record(&coordinator(), back).await.unwrap();
        assert_eq!(restored.version, 3);
        assert!(!world.record("S1", VS).await.item_groups[1].removed);
    });
}

#[test]
fn a_removed_form_takes_no_values_until_it_is_restored() {
    on_every_store(async |world| {
        weighed(&world).await;
        let stale = removal("S1", VS, None, 7, "wrong subject");
        let error = world.edc.remove_record(&coordinator(), stale).await.unwrap_err();
        assert_eq!(error.reason(), "STALE_RECORD");
        let request = removal("S1", VS, None, 1, "wrong subject");
        world.edc.remove_record(&coordinator(), request).await.unwrap();
        let record = world.record("S1", VS).await;
        assert_eq!(record.status, i32::from(Status::Removed));
        let error = world.send(with_reason(2, "71")).await.unwrap_err();
        assert_eq!(error.reason(), "RECORD_REMOVED");
        let twice = removal("S1", VS, None, 2, "wrong subject");
        let error = world.edc.remove_record(&coordinator(), twice).await.unwrap_err();
        assert_eq!(error.reason(), "ALREADY_SO");
        let back = restoration("S1", VS, None, 2, "it was the right one");
        world.edc.restore_record(&coordinator(), back).await.unwrap();
        world.send(with_reason(3, "71")).await.unwrap();
    });
}

#[test]
fn a_verification_falls_when_the_value_changes() {
    on_every_store(async |world| {
        weighed(&world).await;
        let weight = [place("IG.VS/I.WEIGHT")];
        let partly = verify(&world, 1, &weight).await.unwrap();
        assert!(!partly.verified, "the plan also asks for the height");
        assert!(verify(&world, 1, &[]).await.unwrap().verified);
        let record = world.record("S1", VS).await;
        assert_eq!(record.version, 1, "review does not change the version");
        let weight = item_of(&record, "IG.VS/I.WEIGHT").unwrap();
        assert!(weight.verified && weight.verification_required);
        world.send(with_reason(1, "71")).await.unwrap();
        let record = world.record("S1", VS).await;
        assert!(!item_of(&record, "IG.VS/I.WEIGHT").unwrap().verified);
        assert!(item_of(&record, "IG.VS/I.HEIGHT").unwrap().verified);
        assert!(!record.review.unwrap().verified);
    });
}

#[test]
fn only_values_that_are_there_are_verified() {
    on_every_store(async |world| {
        weighed(&world).await;
        let nothing = [place("IG.VS/I.WEIGHT"), place("IG.BP/I.SYSBP")];
        let error = verify(&world, 1, &nothing).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "items[1]");
        verify(&world, 1, &[]).await.unwrap();
        assert_eq!(verify(&world, 1, &[]).await.unwrap_err().reason(), "ALREADY_SO");
        assert_eq!(verify(&world, 2, &[]).await.unwrap_err().reason(), "STALE_RECORD");
        let back = UnverifyItemsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.SCR".into(),
            form_oid: "F.VS".into(),
            items: vec![place("IG.VS/I.WEIGHT")],
            reason: "the source was corrected".into(),
            ..UnverifyItemsRequest::default()
        };
        let done = world.edc.unverify_items(&monitor(), back).await.unwrap();
        assert!(!done.review.unwrap().verified);
    });
}

#[test]
fn a_frozen_form_is_changed_only_after_it_is_unfrozen() {
    on_every_store(async |world| {
        weighed(&world).await;
        assert!(freeze(&world).await.unwrap().frozen);
        assert_eq!(freeze(&world).await.unwrap_err().reason(), "ALREADY_SO");
        let error = world.send(with_reason(1, "71")).await.unwrap_err();
        assert_eq!(error.reason(), "FORM_FROZEN");
        let mut unfreeze = UnfreezeRecordRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.SCR".into(),
            form_oid: "F.VS".into(),
            ..UnfreezeRecordRequest::default()
        };
        let error = world.edc.unfreeze_record(&monitor(), unfreeze.clone()).await.unwrap_err();
        assert_eq!(error.reason(), "REASON_MISSING");
        unfreeze.reason = "a correction is due".into();
        let done = world.edc.unfreeze_record(&monitor(), unfreeze).await.unwrap();
        assert!(!done.review.unwrap().frozen);
        world.send(with_reason(1, "71")).await.unwrap();
    });
}

#[test]
fn a_locked_form_is_changed_by_nobody() {
    on_every_store(async |world| {
        weighed(&world).await;
        world.send(with_reason(1, "300")).await.unwrap();
        assert_eq!(lock(&world, 2).await.unwrap_err().reason(), "QUERIES_OPEN");
        world.send(with_reason(2, "71")).await.unwrap();
        assert!(lock(&world, 3).await.unwrap().locked);
        let error = world.send(with_reason(3, "72")).await.unwrap_err();
        assert_eq!(error.reason(), "FORM_LOCKED");
        let removal = removal("S1", VS, None, 3, "wrong subject");
        let error = world.edc.remove_record(&coordinator(), removal).await.unwrap_err();
        assert_eq!(error.reason(), "FORM_LOCKED");
        let unlock = UnlockRecordRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.SCR".into(),
            form_oid: "F.VS".into(),
            reason: "agreed with the sponsor".into(),
            ..UnlockRecordRequest::default()
        };
        let done = world.edc.unlock_record(&data_manager(), unlock).await.unwrap();
        assert!(!done.review.unwrap().locked);
        world.send(with_reason(3, "72")).await.unwrap();
    });
}

#[test]
fn a_signature_needs_the_password_and_a_meaning_and_ends_with_a_change() {
    on_every_store(async |world| {
        weighed(&world).await;
        let by_token = in_role(Role::Investigator, None);
        let error = sign(&world, &by_token, 1, "approval").await.unwrap_err();
        assert_eq!(error.reason(), "UNAUTHENTICATED");
        let error = sign(&world, &investigator(), 1, " ").await.unwrap_err();
        assert_eq!(error.violations()[0].field, "meaning");
        assert!(sign(&world, &investigator(), 1, "approval").await.unwrap().signed);
        let error = sign(&world, &investigator(), 1, "approval").await.unwrap_err();
        assert_eq!(error.reason(), "ALREADY_SO");
        world.send(with_reason(1, "71")).await.unwrap();
        assert!(!world.record("S1", VS).await.review.unwrap().signed);
        assert!(sign(&world, &investigator(), 2, "approval").await.unwrap().signed);
    });
}

#[test]
fn what_is_not_complete_or_still_asked_about_is_not_signed() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let error = sign(&world, &investigator(), 1, "approval").await.unwrap_err();
        assert_eq!(error.reason(), "FORM_NOT_COMPLETE");
        let done = SaveFormRequest { complete: Some(true), ..save("S1", VS, 1, &[]) };
        world.send(done).await.unwrap();
        let error = sign(&world, &investigator(), 2, "approval").await.unwrap_err();
        assert_eq!(error.reason(), "QUERIES_OPEN");
    });
}

#[test]
fn each_review_is_for_the_role_that_has_it() {
    on_every_store(async |world| {
        weighed(&world).await;
        let error = sign(&world, &monitor(), 1, "approval").await.unwrap_err();
        assert_eq!(error.reason(), "NOT_PERMITTED");
        let removal = removal("S1", VS, None, 1, "no");
        let error = world.edc.remove_record(&monitor(), removal).await.unwrap_err();
        assert_eq!(error.reason(), "NOT_PERMITTED");
    });
}
