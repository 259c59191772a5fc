//! Several who write at the same time, in one service and in two.

use std::sync::Arc;

use contract::edc::v1::{AnswerQueryRequest, Edc, GetSubjectRequest};

use crate::world::{STUDY, World, coordinator, held, monitor, on_every_store, save, value};

const VS: &str = "SE.SCR/F.VS";

/// Tries to count the record up by one until it has done so `times` times.
async fn count(edc: Arc<dyn Edc>, world: Arc<World>, row: usize, times: usize) -> Vec<i32> {
    let mut won = Vec::new();
    while won.len() < times {
        let seen = world.record("S1", VS).await.version;
        let item = format!("IG.BP[{row}]/I.SYSBP");
        let value = value(&item, &(100 + won.len()).to_string());
        match edc.save_form(&coordinator(), save("S1", VS, seen, &[value])).await {
            Ok(saved) => won.push(saved.version),
            Err(error) => assert_eq!(error.reason(), "STALE_RECORD"),
        }
    }
    won
}

async fn every_version_has_one_winner(world: World, services: [Arc<dyn Edc>; 2]) {
    world.screen("S1").await;
    world.save("S1", VS, 0, &[value("IG.VS/I.VSDT", "2026-03-02")]).await.unwrap();
    let world = Arc::new(world);
    let [first, second] = services;
    let one = tokio::spawn(count(first, Arc::clone(&world), 1, 10));
    let two = tokio::spawn(count(second, Arc::clone(&world), 2, 10));
    let mut versions = one.await.unwrap();
    versions.extend(two.await.unwrap());
    versions.sort_unstable();
    assert_eq!(versions, (2..=21).collect::<Vec<i32>>(), "nobody got a version twice");
    let record = world.record("S1", VS).await;
    assert_eq!(record.version, 21);
    for row in [1, 2] {
        let item = format!("IG.BP[{row}]/I.SYSBP");
        assert_eq!(held(&record, &item).as_deref(), Some("109"));
        assert_eq!(world.history("S1", VS, &item).await.len(), 10, "nothing is lost");
    }
}

#[test]
fn of_two_writers_on_one_form_exactly_one_wins_each_version() {
    on_every_store(async |world| {
        let services = [Arc::clone(&world.edc), Arc::clone(&world.edc)];
        every_version_has_one_winner(world, services).await;
    });
}

#[test]
fn writers_in_two_services_on_one_store_lose_nothing() {
    on_every_store(async |world| {
        let services = [Arc::clone(&world.edc), world.another()];
        every_version_has_one_winner(world, services).await;
    });
}

#[test]
fn a_service_does_not_refuse_because_of_what_it_has_not_seen_yet() {
    on_every_store(async |world| {
        let other = world.another();
        // The other service looks for the subject before it is there, and at the form before it
        // is saved.
        let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
        assert!(other.get_subject(&monitor(), request.clone()).await.is_err());
        world.screen("S1").await;
        other.get_subject(&monitor(), request.clone()).await.unwrap();
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let found = other.get_subject(&monitor(), request).await.unwrap();
        assert_eq!(found.subject.unwrap().open_query_count, 1);
        let answer = AnswerQueryRequest {
            study_oid: STUDY.into(),
            query_id: "S1.Q1".into(),
            text: "as measured".into(),
            request_id: None,
        };
        other.answer_query(&coordinator(), answer).await.unwrap();
        let next = save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "301")]);
        assert_eq!(other.save_form(&coordinator(), next).await.unwrap().version, 2);
        let next = save("S1", VS, 2, &[value("IG.VS/I.WEIGHT", "302")]);
        assert_eq!(world.send(next).await.unwrap().version, 3);
    });
}

#[test]
fn a_request_that_another_service_carried_out_is_not_carried_out_again() {
    on_every_store(async |world| {
        let other = world.another();
        world.screen("S1").await;
        let request = save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]);
        let warm = GetSubjectRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
        other.get_subject(&monitor(), warm).await.unwrap();
        world.send(request.clone()).await.unwrap();
        let again = other.save_form(&coordinator(), request).await.unwrap();
        assert_eq!((again.version, again.changes.len()), (1, 0));
    });
}
