//! Subjects are filtered where they are stored, counted, and read from any page.

use contract::{
    Context, Role,
    edc::v1::{
        GetMatrixRequest, ListSubjectsRequest, OutlineSubjectsRequest, OutlineSubjectsResponse,
        RecordEventRequest, visit::Timing,
    },
};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, in_role, monitor, on_every_store, value,
};

async fn outline(world: &World, request: OutlineSubjectsRequest) -> OutlineSubjectsResponse {
    outline_as(world, &monitor(), request).await
}

async fn outline_as(
    world: &World,
    context: &Context,
    request: OutlineSubjectsRequest,
) -> OutlineSubjectsResponse {
    let request = OutlineSubjectsRequest { study_oid: STUDY.into(), ..request };
    world.edc.outline_subjects(context, request).await.unwrap()
}

async fn keys(world: &World, request: ListSubjectsRequest) -> Vec<String> {
    let request = ListSubjectsRequest { study_oid: STUDY.into(), ..request };
    let page = world.edc.list_subjects(&monitor(), request).await.unwrap();
    page.subjects.into_iter().map(|subject| subject.subject_key).collect()
}

async fn screened(world: &World) {
    for (site, key) in [(HERE, "S1"), (HERE, "S2"), (HERE, "S3"), (THERE, "T1"), (THERE, "s4")] {
        world.screen_at(site, key).await.unwrap();
    }
}

#[test]
fn an_outline_counts_and_leads_to_the_same_pages_as_walking_through_the_list() {
    on_every_store(async |world| {
        screened(&world).await;
        for size in 1..=6 {
            let request = OutlineSubjectsRequest { page_size: Some(size), ..Default::default() };
            let outline = outline(&world, request).await;
            assert_eq!((outline.subject_count, outline.complete), (5, true));
            let tokens = [None].into_iter().chain(outline.page_tokens.into_iter().map(Some));
            let mut all = Vec::new();
            for page_token in tokens {
                let page_size = Some(size);
                let request = ListSubjectsRequest { page_size, page_token, ..Default::default() };
                let page = keys(&world, request).await;
                assert!(!page.is_empty(), "no page begins behind the end");
                all.extend(page);
            }
            assert_eq!(all, ["S1", "S2", "S3", "T1", "s4"], "in pages of {size}");
        }
    });
}

#[test]
fn a_part_of_a_key_is_found_in_whatever_case_and_nowhere_but_in_the_key() {
    on_every_store(async |world| {
        screened(&world).await;
        let text = |text: &str| Some(text.to_owned());
        let request =
            |text| ListSubjectsRequest { subject_key_contains: text, ..Default::default() };
        assert_eq!(keys(&world, request(text("S"))).await, ["S1", "S2", "S3", "s4"]);
        assert_eq!(keys(&world, request(text("1"))).await, ["S1", "T1"], "not the site 101");
        assert_eq!(keys(&world, request(text(" "))).await.len(), 5, "nothing is asked for");
        let subject_key_contains = text("S");
        let request = OutlineSubjectsRequest { subject_key_contains, ..Default::default() };
        assert_eq!(outline(&world, request).await.subject_count, 4);
        let study_oid = STUDY.into();
        let subject_key_contains = Some("x".repeat(101));
        let long = ListSubjectsRequest { study_oid, subject_key_contains, ..Default::default() };
        let error = world.edc.list_subjects(&monitor(), long).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "subjectKeyContains");
    });
}

#[test]
fn subjects_with_open_queries_are_found() {
    on_every_store(async |world| {
        screened(&world).await;
        world.save("S2", "SE.SCR/F.VS", 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let with_open_queries = Some(true);
        let request = ListSubjectsRequest { with_open_queries, ..Default::default() };
        assert_eq!(keys(&world, request).await, ["S2"]);
        let request = OutlineSubjectsRequest { with_open_queries, ..Default::default() };
        assert_eq!(outline(&world, request).await.subject_count, 1);
        world.save("S2", "SE.SCR/F.VS", 1, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        let request = ListSubjectsRequest { with_open_queries, ..Default::default() };
        assert_eq!(keys(&world, request).await, [""; 0]);
    });
}

#[test]
fn subjects_with_overdue_visits_are_those_whose_matrix_says_so() {
    on_every_store(async |world| {
        screened(&world).await;
        for subject in ["S1", "T1"] {
            let request = RecordEventRequest {
                study_oid: STUDY.into(),
                subject_key: subject.into(),
                event: "screening".into(),
                event_date: "2026-03-01".into(),
                study_event_oid: Some("SE.SCR".into()),
                ..RecordEventRequest::default()
            };
            world.edc.record_event(&coordinator(), request).await.unwrap();
        }
        let with_overdue_visits = Some(true);
        let request = || ListSubjectsRequest { with_overdue_visits, ..Default::default() };
        assert_eq!(keys(&world, request()).await, [""; 0]);
        world.clock.set("2026-04-01T02:00:00Z");
        assert_eq!(keys(&world, request()).await, ["S1", "T1"]);
        let matrix = GetMatrixRequest {
            study_oid: STUDY.into(),
            with_overdue_visits,
            ..GetMatrixRequest::default()
        };
        let matrix = world.edc.get_matrix(&monitor(), matrix).await.unwrap().matrix.unwrap();
        let overdue = i32::from(Timing::Overdue);
        for row in &matrix.rows {
            assert!(row.cells.iter().any(|cell| cell.timing == overdue), "{}", row.subject_key);
        }
        assert_eq!(matrix.rows.len(), 2);
    });
}

#[test]
fn an_outline_counts_only_where_the_caller_may_look() {
    on_every_store(async |world| {
        screened(&world).await;
        let there = in_role(Role::Monitor, Some(THERE));
        let all = OutlineSubjectsRequest::default;
        assert_eq!(outline_as(&world, &there, all()).await.subject_count, 2);
        let here = OutlineSubjectsRequest { site_oid: Some(HERE.into()), ..all() };
        assert_eq!(outline(&world, here).await.subject_count, 3);
    });
}
