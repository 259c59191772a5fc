//! Several who write at the same time, in one service and in two.

use std::sync::Arc;

use contract::portfolio::v1::{GetStudyRequest, Portfolio};

use crate::world::{World, assign, create, manager, nobody, on_every_store, unique, update};

/// Changes the study until it has done so ten times; answers which versions it made.
async fn change(portfolio: Arc<dyn Portfolio>) -> Vec<i32> {
    let mut made = Vec::new();
    while made.len() < 10 {
        let request = GetStudyRequest { study_oid: "S".into() };
        let seen = portfolio.get_study(&manager(), request).await.unwrap().study.unwrap().version;
        let mut request = update("S", seen);
        request.sponsor = Some(unique("sponsor"));
        match portfolio.update_study(&manager(), request).await {
            Ok(answer) => made.push(answer.study.unwrap().version),
            Err(error) => assert_eq!(error.reason(), "STALE_VERSION"),
        }
    }
    made
}

async fn every_version_has_one_author(world: World, services: [Arc<dyn Portfolio>; 2]) {
    world.create("S").await;
    let [one, two] = services.map(|service| tokio::spawn(change(service)));
    let mut versions = one.await.unwrap();
    versions.extend(two.await.unwrap());
    versions.sort_unstable();
    assert_eq!(versions, (2..=21).collect::<Vec<i32>>(), "nobody got a version twice");
    assert_eq!(world.kinds("S").await.len(), 21, "nothing is lost");
    assert!(world.service.verify_views().await.unwrap().faults.is_empty());
}

#[test]
fn of_two_who_change_a_study_exactly_one_makes_each_version() {
    on_every_store(async |world| {
        let services = [world.portfolio.clone(), world.portfolio.clone()];
        every_version_has_one_author(world, services).await;
    });
}

#[test]
fn two_services_on_one_store_lose_nothing() {
    on_every_store(async |world| {
        let services = [world.portfolio.clone(), world.another()];
        every_version_has_one_author(world, services).await;
    });
}

#[test]
fn of_many_who_make_the_same_study_one_does() {
    on_every_store(async |world| {
        let tries: Vec<_> = (0..10)
            .map(|_| {
                let service = world.another();
                tokio::spawn(async move { service.create_study(&manager(), create("S")).await })
            })
            .collect();
        let mut made = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => made += 1,
                Err(error) => assert_eq!(error.reason(), "STUDY_EXISTS"),
            }
        }
        assert_eq!((made, world.kinds("S").await.len()), (1, 1));
    });
}

#[test]
fn many_who_assign_staff_at_once_all_do() {
    on_every_store(async |world| {
        world.create("S").await;
        let tries: Vec<_> = (0..10)
            .map(|number| {
                let service = world.another();
                let request = assign("S", &format!("user{number}"));
                tokio::spawn(async move { service.assign_staff(&manager(), request).await })
            })
            .collect();
        for one in tries {
            one.await.unwrap().unwrap();
        }
        assert_eq!(world.staff("S", false).await.len(), 10);
        for number in 0..10 {
            assert_eq!(world.listed(&nobody(&format!("user{number}"))).await, ["S"]);
        }
    });
}
