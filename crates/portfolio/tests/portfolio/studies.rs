//! Studies come into the portfolio and change.

use contract::{
    Code, Role,
    portfolio::v1::{GetStudyRequest, Study, study::Phase, study::Status},
};

use crate::world::{World, create, grant, manager, on_every_store, somebody, update};

async fn get(world: &World, oid: &str) -> Study {
    let request = GetStudyRequest { study_oid: oid.into() };
    world.portfolio.get_study(&manager(), request).await.unwrap().study.unwrap()
}

#[test]
fn a_study_is_what_was_said_of_it() {
    on_every_store(async |world| {
        let mut request = create("LZZT");
        request.protocol_number = Some("H2Q-MC-LZZT".into());
        request.sponsor = Some(" Eli Lilly ".into());
        request.phase = Some(Phase::Phase2.into());
        request.indication = Some("阿尔茨海默病".into());
        request.planned_subject_count = Some(300);
        let created = world.portfolio.create_study(&manager(), request).await.unwrap();
        let study = created.study.unwrap();
        assert_eq!(study, get(&world, "LZZT").await);
        assert_eq!((study.study_oid.as_str(), study.study_name.as_str()), ("LZZT", "Study LZZT"));
        assert_eq!(study.sponsor.as_deref(), Some("Eli Lilly"));
        assert_eq!((study.phase(), study.status()), (Phase::Phase2, Status::Planned));
        assert_eq!(study.indication.as_deref(), Some("阿尔茨海默病"));
        assert_eq!((study.planned_site_count, study.planned_subject_count), (None, Some(300)));
        assert_eq!((study.version, study.site_count), (1, 0));
        let entries = world.entries("LZZT").await;
        assert_eq!(entries, [("StudyCreated".to_owned(), "manager".to_owned(), None)]);
    });
}

#[test]
fn a_study_without_an_oid_has_its_protocol_number_for_one() {
    on_every_store(async |world| {
        let mut request = create("");
        request.study_oid = None;
        let refusal = world.portfolio.create_study(&manager(), request.clone()).await.unwrap_err();
        assert_eq!(refusal.violations()[0].field, "studyOid");
        request.protocol_number = Some("P-7".into());
        let created = world.portfolio.create_study(&manager(), request).await.unwrap();
        assert_eq!(created.study.unwrap().study_oid, "P-7");
    });
}

#[test]
fn a_second_study_of_the_same_oid_is_refused() {
    on_every_store(async |world| {
        world.create("S").await;
        let refusal = world.portfolio.create_study(&manager(), create("S")).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.reason()), (Code::AlreadyExists, "STUDY_EXISTS"));
        assert_eq!(world.kinds("S").await, ["StudyCreated"]);
    });
}

#[test]
fn a_repeated_request_does_nothing_twice() {
    on_every_store(async |world| {
        let mut request = create("S");
        request.request_id = Some("r-1".into());
        let first = world.portfolio.create_study(&manager(), request.clone()).await.unwrap();
        let again = world.another().create_study(&manager(), request.clone()).await.unwrap();
        assert_eq!(first, again);
        let mut change = update("S", 1);
        change.request_id = Some("r-2".into());
        change.study_name = Some("Another name".into());
        assert_eq!(world.update(change.clone()).await.unwrap().version, 2);
        assert_eq!(world.update(change).await.unwrap().version, 2, "not stale, but done");
        assert_eq!(world.kinds("S").await, ["StudyCreated", "StudyChanged"]);
        let other = somebody("other", vec![grant(Role::Administrator, None, None)]);
        let refusal = world.portfolio.create_study(&other, request).await.unwrap_err();
        assert_eq!(refusal.reason(), "STUDY_EXISTS", "an id counts for who made it");
    });
}

#[test]
fn a_change_of_a_version_that_is_not_the_present_one_is_refused() {
    on_every_store(async |world| {
        world.create("S").await;
        let mut change = update("S", 1);
        change.sponsor = Some("A".into());
        world.update(change.clone()).await.unwrap();
        change.sponsor = Some("B".into());
        let refusal = world.update(change).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.reason()), (Code::Aborted, "STALE_VERSION"));
        let detail = &refusal.detail().unwrap().json;
        assert_eq!((&detail["seenVersion"], &detail["study"]["sponsor"]), (&1.into(), &"A".into()));
        let refusal = world.update(update("S", 0)).await.unwrap_err();
        assert_eq!(refusal.violations()[0].field, "seenVersion");
    });
}

#[test]
fn what_was_said_changes_only_with_a_reason() {
    on_every_store(async |world| {
        world.create("S").await;
        let mut change = update("S", 1);
        change.reason = None;
        change.sponsor = Some("A".into());
        assert_eq!(
            world.update(change.clone()).await.unwrap().version,
            2,
            "said for the first time"
        );
        change.seen_version = 2;
        change.sponsor = Some(String::new());
        let refusal = world.update(change.clone()).await.unwrap_err();
        assert_eq!(refusal.reason(), "REASON_MISSING");
        change.reason = Some("it was somebody else".into());
        assert_eq!(world.update(change).await.unwrap().sponsor, None, "taken away");
        let entries = world.entries("S").await;
        assert_eq!(entries[2].2.as_deref(), Some("it was somebody else"));
    });
}

#[test]
fn what_is_absent_stays_and_what_is_the_same_is_no_change() {
    on_every_store(async |world| {
        let mut request = create("S");
        request.planned_site_count = Some(4);
        request.phase = Some(Phase::Phase12.into());
        world.portfolio.create_study(&manager(), request).await.unwrap();
        let mut change = update("S", 1);
        change.planned_site_count = Some(4);
        let study = world.update(change).await.unwrap();
        assert_eq!((study.version, study.phase()), (1, Phase::Phase12));
        assert_eq!(world.kinds("S").await, ["StudyCreated"]);
    });
}

#[test]
fn an_archived_study_changes_only_by_being_taken_out() {
    on_every_store(async |world| {
        world.create("S").await;
        let mut change = update("S", 1);
        change.status = Some(Status::Closed.into());
        let refusal = world.update(change.clone()).await.unwrap_err();
        assert_eq!(refusal.reason(), "STATUS_NOT_ALLOWED");
        change.status = Some(Status::Archived.into());
        world.update(change.clone()).await.unwrap();
        let mut rename = update("S", 2);
        rename.study_name = Some("New".into());
        assert_eq!(world.update(rename.clone()).await.unwrap_err().reason(), "STUDY_ARCHIVED");
        let site = crate::world::add_site("S", "701");
        let refusal = world.portfolio.add_site(&manager(), site).await.unwrap_err();
        assert_eq!(refusal.reason(), "STUDY_ARCHIVED");
        let refusal = world.assign(crate::world::assign("S", "li.na")).await.unwrap_err();
        assert_eq!(refusal.reason(), "STUDY_ARCHIVED");
        change.seen_version = 2;
        change.status = Some(Status::Closed.into());
        world.update(change).await.unwrap();
        rename.seen_version = 3;
        assert_eq!(world.update(rename).await.unwrap().study_name, "New");
    });
}

#[test]
fn every_fault_of_a_request_is_named() {
    on_every_store(async |world| {
        let mut request = create(" S ");
        request.study_name = String::new();
        request.phase = Some(99);
        request.status = Some(99);
        request.planned_site_count = Some(-1);
        let refusal = world.portfolio.create_study(&manager(), request).await.unwrap_err();
        let mut named: Vec<&str> = refusal.violations().iter().map(|v| v.field.as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, ["phase", "plannedSiteCount", "status", "studyName", "studyOid"]);
    });
}
