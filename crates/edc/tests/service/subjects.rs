//! Subjects are screened, enrolled, and followed.

use std::{collections::BTreeMap, sync::Arc};

use contract::{
    Code, Role,
    edc::v1::{
        ChangeSubjectStatusRequest, EnrolSubjectRequest, GetSubjectRequest, RecordEventRequest,
        ScreenSubjectRequest, subject::Status,
    },
};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, data_manager, in_role, investigator, on_every_store,
    unique, value,
};

#[test]
fn a_subject_without_a_key_gets_the_next_one_of_the_site() {
    on_every_store(async |world| {
        let first = world.screen_at(HERE, "").await.unwrap();
        let second = world.screen_at(HERE, "").await.unwrap();
        let there = world.screen_at(THERE, "").await.unwrap();
        let keys = [&first, &second, &there].map(|one| one.subject_key.as_str());
        assert_eq!(keys, ["101-0001", "101-0002", "202-0001"]);
        assert_eq!(first.status, i32::from(Status::Screening));
        assert_eq!(first.consent_date.as_deref(), Some("2026-03-01"));
        assert_eq!(first.screening_date, "2026-03-02", "today at the site");
    });
}

#[test]
fn a_key_that_the_site_has_used_itself_is_passed_over() {
    on_every_store(async |world| {
        world.screen("101-0002").await;
        assert_eq!(world.screen_at(HERE, "").await.unwrap().subject_key, "101-0003");
    });
}

#[test]
fn screening_twice_with_one_request_id_takes_in_one_subject() {
    on_every_store(async |world| {
        let request = ScreenSubjectRequest {
            study_oid: STUDY.into(),
            site_oid: HERE.into(),
            consent_date: "2026-03-01".into(),
            request_id: Some("twice".into()),
            ..ScreenSubjectRequest::default()
        };
        let mut keys = Vec::new();
        for _ in 0..2 {
            let answer = world.edc.screen_subject(&coordinator(), request.clone()).await.unwrap();
            keys.push(answer.subject.unwrap().subject_key);
        }
        assert_eq!(keys, ["101-0001", "101-0001"]);
        assert_eq!(world.screen_at(HERE, "").await.unwrap().subject_key, "101-0002");
    });
}

#[test]
fn subjects_who_are_screened_at_the_same_time_get_different_numbers() {
    on_every_store(async |world| {
        let world = Arc::new(world);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let world = Arc::clone(&world);
            tasks.spawn(async move { world.screen_at(HERE, "").await.unwrap().subject_key });
        }
        let mut keys = tasks.join_all().await;
        keys.sort();
        let expected: Vec<String> = (1..=8).map(|n| format!("101-{n:04}")).collect();
        assert_eq!(keys, expected);
    });
}

#[test]
fn screening_is_refused_with_a_code_that_says_why() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let refused = async |site: &str, key: &str, consent: &str| {
            let request = ScreenSubjectRequest {
                study_oid: STUDY.into(),
                site_oid: site.into(),
                subject_key: Some(key.into()),
                consent_date: consent.into(),
                ..ScreenSubjectRequest::default()
            };
            let error = world.edc.screen_subject(&coordinator(), request).await.unwrap_err();
            (error.code(), error.reason().to_owned())
        };
        let known = |code, reason: &str| (code, reason.to_owned());
        let exists = known(Code::AlreadyExists, "SUBJECT_EXISTS");
        assert_eq!(refused(HERE, "S1", "2026-03-01").await, exists);
        let unknown = known(Code::NotFound, "SITE_UNKNOWN");
        assert_eq!(refused("999", "S2", "2026-03-01").await, unknown);
        let no_consent = known(Code::FailedPrecondition, "CONSENT_MISSING");
        assert_eq!(refused(HERE, "S2", " ").await, no_consent);
        let bad_date = known(Code::FailedPrecondition, "KEY_INVALID");
        assert_eq!(refused(HERE, "S2", "2026-02-30").await, bad_date);
        assert_eq!(refused(HERE, "S2\u{1f}", "2026-03-01").await, bad_date);
    });
}

#[test]
fn a_closed_site_takes_no_subjects() {
    on_every_store(async |world| {
        crate::sites::close(&world, HERE).await;
        let error = world.screen_at(HERE, "S1").await.unwrap_err();
        assert_eq!(error.reason(), "SITE_NOT_ACTIVE");
    });
}

#[test]
fn who_may_not_screen_at_a_site_is_refused() {
    on_every_store(async |world| {
        let request = ScreenSubjectRequest {
            study_oid: STUDY.into(),
            site_oid: HERE.into(),
            consent_date: "2026-03-01".into(),
            ..ScreenSubjectRequest::default()
        };
        let elsewhere = in_role(Role::Coordinator, Some(THERE));
        let error = world.edc.screen_subject(&elsewhere, request).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::PermissionDenied, "NOT_PERMITTED"));
    });
}

fn enrolment(subject: &str, attested: &[(&str, bool)]) -> EnrolSubjectRequest {
    EnrolSubjectRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        enrolment_date: "2026-03-02".into(),
        attested_criteria: attested.iter().map(|(oid, said)| ((*oid).into(), *said)).collect(),
        request_id: Some(unique("enrol")),
        ..EnrolSubjectRequest::default()
    }
}

#[test]
fn a_subject_is_enrolled_when_every_criterion_is_met() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let enrolled = world.enrol("S1").await;
        assert_eq!(enrolled.status, i32::from(Status::Enrolled));
        assert_eq!(enrolled.enrolment_number.as_deref(), Some("101-R001"));
        assert_eq!(enrolled.enrolment_date.as_deref(), Some("2026-03-02"));
        assert_eq!(enrolled.failed_criterion_oids, [""; 0]);
    });
}

#[test]
fn a_criterion_that_is_open_or_fails_keeps_a_subject_out() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let enrol = async |attested: &[(&str, bool)]| {
            let request = enrolment("S1", attested);
            let error = world.edc.enrol_subject(&investigator(), request).await.unwrap_err();
            (error.reason().to_owned(), error.metadata()["criteria"].clone())
        };
        let said = |code: &str, criteria: &str| (code.to_owned(), criteria.to_owned());
        assert_eq!(enrol(&[]).await, said("CRITERIA_OPEN", "IN.1,EX.1"));
        assert_eq!(enrol(&[("EX.1", true)]).await, said("NOT_ELIGIBLE", "EX.1"));
        let young = [value("IG.DM/I.BIRTHYR", "2001")];
        world.save("S1", "SE.SCR/F.DM", 0, &young).await.unwrap();
        assert_eq!(enrol(&[("EX.1", false)]).await, said("NOT_ELIGIBLE", "IN.1"));
    });
}

#[test]
fn a_change_of_status_needs_a_reason_and_does_not_replace_an_enrolment() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let change = async |status: Status, reason: &str| {
            let request = ChangeSubjectStatusRequest {
                study_oid: STUDY.into(),
                subject_key: "S1".into(),
                status: status.into(),
                status_date: "2026-03-02".into(),
                reason: reason.into(),
                request_id: Some(unique("status")),
            };
            world.edc.change_subject_status(&data_manager(), request).await
        };
        let reason = |error: contract::Error| error.reason().to_owned();
        let without = change(Status::ScreenFailed, " ").await.unwrap_err();
        assert_eq!(reason(without), "REASON_MISSING");
        let around = change(Status::Enrolled, "quicker").await.unwrap_err();
        assert_eq!(reason(around), "STATUS_NOT_ALLOWED");
        let failed = change(Status::ScreenFailed, "no time").await.unwrap().subject.unwrap();
        assert_eq!(failed.status, i32::from(Status::ScreenFailed));
        let completed = change(Status::Completed, "done").await.unwrap_err();
        assert_eq!(reason(completed), "STATUS_NOT_ALLOWED");
        change(Status::Screening, "a mistake").await.unwrap();
        let enrolled = world.enrol("S1").await;
        assert_eq!(enrolled.status, i32::from(Status::Enrolled));
        let left = change(Status::Discontinued, "moved away").await.unwrap().subject.unwrap();
        assert_eq!(left.status, i32::from(Status::Discontinued));
    });
}

#[test]
fn a_noted_event_is_kept_with_who_and_when_and_may_date_a_visit() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let request = RecordEventRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            event: "came in for screening".into(),
            event_date: "2026-03-01".into(),
            study_event_oid: Some("SE.SCR".into()),
            study_event_repeat_key: None,
            request_id: Some("note".into()),
        };
        for _ in 0..2 {
            let answer = world.edc.record_event(&coordinator(), request.clone()).await.unwrap();
            assert_eq!(answer.event.unwrap().recorded_by, "coordinator");
        }
        let found = subject(&world, "S1").await;
        assert_eq!(found.events.len(), 1, "the repeated call notes nothing");
        assert_eq!(found.events[0].study_event_oid.as_deref(), Some("SE.SCR"));
        assert_eq!(found.events[0].recorded_at.unwrap().seconds, world.clock.now().as_second());
        assert_eq!(found.visits[0].visit_date.as_deref(), Some("2026-03-01"));
    });
}

async fn subject(world: &World, key: &str) -> contract::edc::v1::GetSubjectResponse {
    let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: key.into() };
    world.edc.get_subject(&coordinator(), request).await.unwrap()
}

#[test]
fn a_subject_at_another_site_does_not_exist_for_the_caller() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let elsewhere = in_role(Role::Monitor, Some(THERE));
        let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
        let error = world.edc.get_subject(&elsewhere, request.clone()).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "SUBJECT_UNKNOWN"));
        let form = world.record_as(&elsewhere, "S1", "SE.SCR/F.DM").await.unwrap_err();
        assert_eq!(form.code(), Code::NotFound);
        let never = in_role(Role::Administrator, None);
        let error = world.edc.get_subject(&never, request).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
    });
}

#[test]
fn an_enrolment_that_is_repeated_gives_one_number() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", "SE.SCR/F.DM", 0, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        let request = enrolment("S1", &[("EX.1", false)]);
        for _ in 0..2 {
            let answer = world.edc.enrol_subject(&investigator(), request.clone()).await.unwrap();
            assert_eq!(answer.subject.unwrap().enrolment_number.as_deref(), Some("101-R001"));
        }
        let again = EnrolSubjectRequest { attested_criteria: BTreeMap::new(), ..request };
        let again = EnrolSubjectRequest { request_id: Some(unique("enrol")), ..again };
        let error = world.edc.enrol_subject(&investigator(), again).await.unwrap_err();
        assert_eq!(error.reason(), "STATUS_NOT_ALLOWED");
    });
}
