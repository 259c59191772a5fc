//! A study is locked by its checklist and nothing changes until it is unlocked.

use contract::{
    Code, Context,
    edc::v1::{
        GetLockChecklistRequest, GetLockChecklistResponse, ListStudiesRequest, LockStudyRequest,
        UnlockStudyRequest, lock_checklist::point::Kind,
    },
};

use crate::{
    review::{VS, weighed, with_reason},
    world::{STUDY, World, data_manager, monitor, on_every_store, unique, value},
};

async fn checklist(world: &World) -> GetLockChecklistResponse {
    let request = GetLockChecklistRequest { study_oid: STUDY.into() };
    world.edc.get_lock_checklist(&data_manager(), request).await.unwrap()
}

fn open(checklist: &GetLockChecklistResponse, kind: Kind) -> i32 {
    let points = &checklist.checklist.as_ref().unwrap().points;
    points.iter().find(|point| point.kind == i32::from(kind)).unwrap().count
}

fn locking(checklist: &GetLockChecklistResponse, reason: Option<&str>) -> LockStudyRequest {
    LockStudyRequest {
        study_oid: STUDY.into(),
        checklist_sha256: checklist.checklist.as_ref().unwrap().checklist_sha256.clone(),
        reason: reason.map(ToOwned::to_owned),
        request_id: Some(unique("lock")),
    }
}

async fn locked_at(world: &World) -> Option<contract::Timestamp> {
    let listed = world.edc.list_studies(&monitor(), ListStudiesRequest::default()).await.unwrap();
    listed.studies.iter().find(|study| study.study_oid == STUDY).unwrap().locked_at
}

async fn refusal(world: &World, context: &Context, request: LockStudyRequest) -> String {
    world.edc.lock_study(context, request).await.unwrap_err().reason().to_owned()
}

#[test]
fn a_study_is_locked_with_a_reason_for_what_is_open_and_refuses_every_change() {
    on_every_store(async |world| {
        weighed(&world).await;
        let first = checklist(&world).await;
        assert_eq!(open(&first, Kind::FormsMissing), 1);
        assert_eq!(open(&first, Kind::FormsUnverified), 1);
        assert_eq!(open(&first, Kind::CasebooksUnsigned), 1);
        assert_eq!(open(&first, Kind::SubjectsInStudy), 1);
        assert_eq!(open(&first, Kind::QueriesPending), 0);
        assert!(first.lock.is_none());
        let dm = data_manager();
        assert_eq!(refusal(&world, &dm, locking(&first, None)).await, "LOCK_BLOCKED");
        let denied = world.edc.lock_study(&monitor(), locking(&first, None)).await.unwrap_err();
        assert_eq!(denied.code(), Code::PermissionDenied);
        assert_eq!(locked_at(&world).await, None);
        let request = locking(&first, Some("interim analysis"));
        let lock = world.edc.lock_study(&dm, request.clone()).await.unwrap().lock.unwrap();
        assert!(lock.is_locked && lock.reason.as_deref() == Some("interim analysis"));
        assert_eq!(locked_at(&world).await, lock.recorded_at);
        world.edc.lock_study(&dm, request).await.unwrap();
        assert_eq!(checklist(&world).await.history.len(), 1, "repeated, it locks once");

        let change = world.send(with_reason(1, "71")).await.unwrap_err();
        assert_eq!(change.reason(), "STUDY_LOCKED");
        let subject = world.screen_at("101", "S2").await.unwrap_err();
        assert_eq!(subject.reason(), "STUDY_LOCKED");
        let unlock = UnlockStudyRequest {
            study_oid: STUDY.into(),
            reason: "a value was found to be wrong".into(),
            request_id: Some(unique("unlock")),
        };
        world.edc.unlock_study(&dm, unlock).await.unwrap();
        assert_eq!(locked_at(&world).await, None);
        world.send(with_reason(1, "71")).await.unwrap();
        let after = checklist(&world).await;
        assert_eq!((after.history.len(), after.lock), (2, None));
    });
}

#[test]
fn no_reason_lets_an_open_query_pass_and_an_old_checklist_locks_nothing() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let old = checklist(&world).await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "260")]).await.unwrap();
        let dm = data_manager();
        let reason = Some("all the same");
        assert_eq!(refusal(&world, &dm, locking(&old, reason)).await, "CHECKLIST_CHANGED");
        let now = checklist(&world).await;
        assert_eq!(open(&now, Kind::QueriesPending), 1);
        assert_eq!(refusal(&world, &dm, locking(&now, reason)).await, "LOCK_BLOCKED");
    });
}
