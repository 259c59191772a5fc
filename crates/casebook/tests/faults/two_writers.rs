//! Several people save the same version of a record at the same moment.

use std::sync::Arc;

use serde_json::Value;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    client::Client,
    program::Place,
    study::{self, ITEMS, USER, item, subject},
    writer::{record_path, save},
};

const AT_ONCE: u64 = 8;
const ROUNDS: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_save_one_version_one_wins_and_the_others_see_both_values() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    let server = place.serve();
    let path = record_path(&subject(0), 0);
    let mut client = Client::open(server.address).await.unwrap();
    client.get(&path).await.unwrap().expect_success();
    for seen in 0..ROUNDS {
        let together = Arc::new(Barrier::new(usize::try_from(AT_ONCE).unwrap()));
        let mut saving = JoinSet::new();
        for number in 0..AT_ONCE {
            let value = 1_000 + AT_ONCE * seen + number;
            let (path, together) = (path.clone(), Arc::clone(&together));
            let mut client = Client::open(server.address).await.unwrap();
            saving.spawn(async move {
                together.wait().await;
                let body = save(&format!("{seen}.{number}"), seen, value);
                (value, client.put(&path, &body).await.unwrap())
            });
        }
        let answers = saving.join_all().await;
        let won: Vec<u64> =
            answers.iter().filter(|(_, answer)| answer.status == 200).map(|(v, _)| *v).collect();
        let [winner] = won[..] else { panic!("{won:?} have won") };
        for (value, answer) in answers.iter().filter(|(value, _)| *value != winner) {
            assert_eq!((answer.status, answer.problem()), (409, "STALE_RECORD"));
            shows_both(&answer.body["details"][0], seen, *value, winner);
        }
        let record = client.get(&path).await.unwrap().expect_success();
        assert_eq!(record["version"], seen + 1);
        let items = record["itemGroups"][0]["items"].as_array().unwrap();
        let first = items.iter().find(|one| one["itemOid"] == item(1)).unwrap();
        assert_eq!(first["value"]["value"], winner.to_string());
    }
    place.verify();
}

/// The refusal names every item with the value that was sent, the one that is there, and its author.
fn shows_both(stale: &Value, seen: u64, sent: u64, there: u64) {
    assert_eq!(stale["seenVersion"].as_u64().unwrap_or(0), seen, "{stale}");
    assert_eq!(stale["currentVersion"], seen + 1, "{stale}");
    let conflicts = stale["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), ITEMS, "{stale}");
    for conflict in conflicts {
        assert_eq!(conflict["submittedValue"]["value"], sent.to_string(), "{stale}");
        assert_eq!(conflict["currentValue"]["value"], there.to_string(), "{stale}");
        assert_eq!(conflict["changedBy"], USER, "{stale}");
    }
}
