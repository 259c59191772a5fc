//! Visits in the subject and in the matrix: what is expected when, and how far it has come.

use contract::{
    Role,
    edc::v1::{
        ChangeSubjectStatusRequest, GetMatrixRequest, GetSubjectRequest, Matrix, SaveFormRequest,
        Visit, data_entry::Status, matrix::Cell, subject, visit::Timing,
    },
};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, data_manager, in_role, monitor, on_every_store, save,
    value,
};

async fn visit(world: &World, subject: &str, event: &str) -> Visit {
    let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: subject.into() };
    let found = world.edc.get_subject(&monitor(), request).await.unwrap();
    found.visits.into_iter().find(|visit| visit.study_event_oid == event).unwrap()
}

async fn matrix(world: &World) -> Matrix {
    let request = GetMatrixRequest { study_oid: STUDY.into(), ..GetMatrixRequest::default() };
    world.edc.get_matrix(&monitor(), request).await.unwrap().matrix.unwrap()
}

async fn cell(world: &World, subject: &str, event: &str) -> Cell {
    let matrix = matrix(world).await;
    let at = matrix.columns.iter().position(|column| column.study_event_oid == event).unwrap();
    let row = matrix.rows.into_iter().find(|row| row.subject_key == subject).unwrap();
    row.cells[at]
}

/// Both doors say the same of a visit.
async fn timing(world: &World, subject: &str, event: &str) -> Timing {
    let visit = visit(world, subject, event).await;
    assert_eq!(visit.timing, cell(world, subject, event).await.timing);
    Timing::try_from(visit.timing).unwrap()
}

async fn seen_on(world: &World, subject: &str, event: &str, date: &str) {
    let form = format!("{event}/F.VS");
    world.save(subject, &form, 0, &[value("IG.VS/I.VSDT", date)]).await.unwrap();
}

#[test]
fn a_visit_is_due_counted_from_its_anchor_in_the_date_of_the_site() {
    on_every_store(async |world| {
        world.screen("S1").await;
        assert_eq!(timing(&world, "S1", "SE.W2").await, Timing::NotPlanned);
        seen_on(&world, "S1", "SE.SCR", "2026-03-02").await;
        assert_eq!(timing(&world, "S1", "SE.SCR").await, Timing::Done);
        let due = visit(&world, "S1", "SE.W2").await;
        assert_eq!(due.target_date.as_deref(), Some("2026-03-16"));
        assert_eq!(due.window_start_date.as_deref(), Some("2026-03-14"));
        assert_eq!(due.window_end_date.as_deref(), Some("2026-03-19"));
        // In Shanghai the 14th begins at 16:00 UTC of the 13th, the 20th at 16:00 of the 19th.
        for (now, expected) in [
            ("2026-03-13T15:59:59Z", Timing::Upcoming),
            ("2026-03-13T16:00:00Z", Timing::InWindow),
            ("2026-03-19T15:59:59Z", Timing::InWindow),
            ("2026-03-19T16:00:00Z", Timing::Overdue),
        ] {
            world.clock.set(now);
            assert_eq!(timing(&world, "S1", "SE.W2").await, expected, "{now}");
        }
    });
}

#[test]
fn a_visit_that_took_place_is_in_its_window_or_not() {
    on_every_store(async |world| {
        for (subject, date, expected) in [
            ("S1", "2026-03-14", Timing::Done),
            ("S2", "2026-03-13", Timing::DoneOutOfWindow),
            ("S3", "2026-03-20", Timing::DoneOutOfWindow),
        ] {
            world.screen(subject).await;
            seen_on(&world, subject, "SE.SCR", "2026-03-02").await;
            seen_on(&world, subject, "SE.W2", date).await;
            assert_eq!(timing(&world, subject, "SE.W2").await, expected, "{date}");
            let visit = visit(&world, subject, "SE.W2").await;
            assert_eq!(visit.visit_date.as_deref(), Some(date));
        }
    });
}

#[test]
fn nobody_waits_for_a_subject_who_has_left() {
    on_every_store(async |world| {
        world.screen("S1").await;
        seen_on(&world, "S1", "SE.SCR", "2026-03-02").await;
        world.clock.set("2026-06-01T00:00:00Z");
        assert_eq!(timing(&world, "S1", "SE.W2").await, Timing::Overdue);
        let request = ChangeSubjectStatusRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            status: subject::Status::ScreenFailed.into(),
            status_date: "2026-03-03".into(),
            reason: "no time".into(),
            request_id: None,
        };
        world.edc.change_subject_status(&data_manager(), request).await.unwrap();
        assert_eq!(timing(&world, "S1", "SE.W2").await, Timing::NotPlanned);
        assert_eq!(timing(&world, "S1", "SE.SCR").await, Timing::Done);
    });
}

#[test]
fn a_visit_is_complete_when_every_form_that_it_must_have_is() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let status = async |event: &str| {
            let visit = visit(&world, "S1", event).await;
            assert_eq!(visit.status, cell(&world, "S1", event).await.status);
            Status::try_from(visit.status).unwrap()
        };
        assert_eq!(status("SE.SCR").await, Status::NotStarted);
        let born = [value("IG.DM/I.BIRTHYR", "1980"), value("IG.DM/I.SEX", "M")];
        let done = SaveFormRequest { complete: Some(true), ..save("S1", "SE.SCR/F.DM", 0, &born) };
        world.send(done).await.unwrap();
        assert_eq!(status("SE.SCR").await, Status::InProgress, "vital signs are missing");
        let weight = [value("IG.VS/I.WEIGHT", "70"), value("IG.VS/I.VSDT", "2026-03-02")];
        let done =
            SaveFormRequest { complete: Some(true), ..save("S1", "SE.SCR/F.VS", 0, &weight) };
        world.send(done).await.unwrap();
        assert_eq!(status("SE.SCR").await, Status::Complete);
        let visit = visit(&world, "S1", "SE.SCR").await;
        let forms: Vec<&str> = visit.forms.iter().map(|form| form.form_oid.as_str()).collect();
        assert_eq!(forms, ["F.DM", "F.VS"], "in the order of the design");
        assert_eq!(visit.forms[0].version, 1);
    });
}

#[test]
fn a_cell_counts_occurrences_and_queries_and_shows_the_review_of_all_records() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", "SE.SCR/F.VS", 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let weighed = cell(&world, "S1", "SE.SCR").await;
        assert_eq!((weighed.occurrence_count, weighed.open_query_count), (1, 1));
        assert!(!weighed.review.unwrap().verified);
        let verify = contract::edc::v1::VerifyItemsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.SCR".into(),
            form_oid: "F.VS".into(),
            seen_version: Some(1),
            ..contract::edc::v1::VerifyItemsRequest::default()
        };
        world.edc.verify_items(&monitor(), verify).await.unwrap();
        assert!(cell(&world, "S1", "SE.SCR").await.review.unwrap().verified);
        world.save("S1", "SE.SCR/F.DM", 0, &[value("IG.DM/I.SEX", "F")]).await.unwrap();
        let both = cell(&world, "S1", "SE.SCR").await.review.unwrap();
        assert!(!both.verified, "the other form is not verified");
        assert_eq!(cell(&world, "S1", "SE.AE").await.occurrence_count, 0);
    });
}

#[test]
fn the_matrix_has_the_events_in_schedule_order_and_comes_in_pages() {
    on_every_store(async |world| {
        for subject in ["S1", "S2", "S3"] {
            world.screen(subject).await;
        }
        world.screen_at(THERE, "T1").await.unwrap();
        let mut request = GetMatrixRequest {
            study_oid: STUDY.into(),
            page_size: Some(3),
            ..GetMatrixRequest::default()
        };
        let first = world.edc.get_matrix(&monitor(), request.clone()).await.unwrap();
        let matrix = first.matrix.unwrap();
        let columns: Vec<&str> =
            matrix.columns.iter().map(|column| column.study_event_oid.as_str()).collect();
        assert_eq!(columns, ["SE.SCR", "SE.W2", "SE.AE"]);
        assert_eq!(keys(&matrix), ["S1", "S2", "S3"]);
        request.page_token = first.next_page_token;
        let second = world.edc.get_matrix(&monitor(), request).await.unwrap();
        assert_eq!(keys(&second.matrix.unwrap()), ["T1"]);
        assert_eq!(second.next_page_token, None);
    });
}

fn keys(matrix: &Matrix) -> Vec<&str> {
    matrix.rows.iter().map(|row| row.subject_key.as_str()).collect()
}

#[test]
fn the_matrix_shows_only_the_sites_that_the_caller_may_see() {
    on_every_store(async |world| {
        world.screen_at(HERE, "S1").await.unwrap();
        world.screen_at(THERE, "T1").await.unwrap();
        let request = GetMatrixRequest { study_oid: STUDY.into(), ..GetMatrixRequest::default() };
        let there = in_role(Role::Monitor, Some(THERE));
        let found = world.edc.get_matrix(&there, request.clone()).await.unwrap();
        assert_eq!(keys(&found.matrix.unwrap()), ["T1"]);
        let nobody = in_role(Role::Administrator, None);
        let error = world.edc.get_matrix(&nobody, request).await.unwrap_err();
        assert_eq!(error.reason(), "NOT_PERMITTED");
        // The coordinator of the whole study sees both.
        let request = GetMatrixRequest { study_oid: STUDY.into(), ..GetMatrixRequest::default() };
        let all = world.edc.get_matrix(&coordinator(), request).await.unwrap();
        assert_eq!(keys(&all.matrix.unwrap()), ["S1", "T1"]);
    });
}
