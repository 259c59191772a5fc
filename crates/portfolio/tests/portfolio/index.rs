//! A law: whatever happens, the index from users to studies is what the logs say.

use std::collections::{BTreeMap, BTreeSet};

use contract::portfolio::v1::{AssignStaffRequest, RemoveStaffRequest, StaffFunction};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use serde_json::Value;
use store::{LogName, Store};

use crate::world::{World, assign, manager, nobody, runtime};

const STUDIES: [&str; 3] = ["A", "A.1", "B"];
const USERS: [&str; 3] = ["li", "li.na", "wang"];

/// What somebody tries.
#[derive(Clone, Debug)]
enum Try {
    Assign { study: usize, user: usize, function: bool, from_min: i64, for_min: Option<i64> },
    Remove { study: usize, user: usize, function: bool },
    Wait { min: i64 },
}

fn tries() -> impl Strategy<Value = Try> {
    let assign = (0..3_usize, 0..3_usize, any::<bool>(), -20..20_i64, prop::option::of(1..30_i64));
    let assign = assign.prop_map(|(study, user, function, from_min, for_min)| Try::Assign {
        study,
        user,
        function,
        from_min,
        for_min,
    });
    let remove = (0..3_usize, 0..3_usize, any::<bool>())
        .prop_map(|(study, user, function)| Try::Remove { study, user, function });
    prop_oneof![4 => assign, 2 => remove, 2 => (0..15_i64).prop_map(|min| Try::Wait { min })]
}

fn function(one: bool) -> i32 {
    if one { StaffFunction::Monitor.into() } else { StaffFunction::Coder.into() }
}

async fn attempt(world: &World, one: &Try) {
    let reason = "as it is";
    match one {
        Try::Assign { study, user, function: as_one, from_min, for_min } => {
            let from = world.clock.now() + SignedDuration::from_mins(*from_min);
            let until = for_min.map(|min| (from + SignedDuration::from_mins(min)).into());
            let request = AssignStaffRequest {
                function: function(*as_one),
                from: Some(from.into()),
                until,
                reason: Some(reason.into()),
                ..assign(STUDIES[*study], USERS[*user])
            };
            world.assign(request).await.unwrap();
        }
        Try::Remove { study, user, function: as_one } => {
            let request = RemoveStaffRequest {
                study_oid: STUDIES[*study].into(),
                user: USERS[*user].into(),
                function: function(*as_one),
                reason: reason.into(),
                ..RemoveStaffRequest::default()
            };
            if let Err(error) = world.portfolio.remove_staff(&manager(), request).await {
                assert_eq!(error.reason(), "STAFF_UNKNOWN");
            }
        }
        Try::Wait { min } => world.clock.advance(SignedDuration::from_mins(*min)),
    }
}

/// Who works where at a time, by nothing but the entries: (study, function) by user.
async fn told_by_logs(store: &dyn Store, now_ms: i64) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for study in STUDIES {
        // What stands for each post; what is over cannot be in force again.
        let mut posts: BTreeMap<String, (String, i64, i64)> = BTreeMap::new();
        for sealed in store.read(&LogName::new("", "portfolio", study), 1, 1_000).await.unwrap() {
            let entry = sealed.view().unwrap();
            let event: Value = serde_json::from_slice(entry.payload).unwrap();
            if let Some(assigned) = event.get("StaffAssigned") {
                let from_ms = assigned["from_ms"].as_i64().unwrap();
                let until_ms = assigned["until_ms"].as_i64().unwrap_or(i64::MAX);
                let user = assigned["post"]["user"].as_str().unwrap().to_owned();
                posts.insert(assigned["post"].to_string(), (user, from_ms, until_ms));
            }
            if let Some(removed) = event.get("StaffRemoved") {
                let post = posts.get_mut(&removed.to_string()).unwrap();
                post.2 = post.2.min(entry.recorded_at_ms);
            }
        }
        for (user, from_ms, until_ms) in posts.into_values() {
            if from_ms <= now_ms && now_ms < until_ms {
                told.entry(user).or_default().insert(study.to_owned());
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    #[test]
    fn the_index_is_what_the_logs_say(all in vec(tries(), 1..40)) {
        runtime().block_on(async {
            let world = World::on_sqlite();
            for study in STUDIES {
                world.create(study).await;
            }
            for (number, one) in all.iter().enumerate() {
                attempt(&world, one).await;
                if number % 7 != 0 && number + 1 != all.len() {
                    continue;
                }
                let now_ms = world.clock.now().as_millisecond();
                let told = told_by_logs(&*world.store, now_ms).await;
                for user in USERS {
                    let expected: Vec<String> =
                        told.get(user).into_iter().flatten().cloned().collect();
                    assert_eq!(world.own(&nobody(user)).await, expected);
                    assert_eq!(world.listed(&nobody(user)).await, expected);
                }
            }
            let report = world.service.verify_views().await.unwrap();
            assert_eq!(report.faults, Vec::<String>::new());
            world.service.rebuild_views().await.unwrap();
            let report = world.service.verify_views().await.unwrap();
            assert_eq!(report.faults, Vec::<String>::new());
        });
    }
}
