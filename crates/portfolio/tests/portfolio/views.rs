//! Rows can be checked against the logs, dropped and made again.

use contract::portfolio::v1::ListStudiesRequest;
use jiff::SignedDuration;
use store::{Effect, Position, Store, View};

use crate::world::{World, assign, nobody, on_every_store};

const STUDY: View = View(50);
const BY_USER: View = View(52);

async fn prepare(world: &World) {
    for study in ["A", "B"] {
        world.create(study).await;
        world.add_site(study, "1").await;
        world.assign(assign(study, "li.na")).await.unwrap();
    }
    world.clock.advance(SignedDuration::from_mins(1));
    world.remove("B", "li.na").await.unwrap();
}

/// Puts rows in the place of all rows of a view, behind the back of the service.
async fn forge(store: &dyn Store, view: View, rows: &[(&str, &[u8])]) {
    let put = |(key, bytes): &(&str, &[u8])| Effect::Put {
        view,
        key: (*key).to_owned(),
        bytes: bytes.to_vec(),
    };
    store.unstage("").await.unwrap();
    store.stage("", rows.iter().map(put).collect()).await.unwrap();
    let seen: Position = store.last_position().await.unwrap();
    store.swap("", &[view], seen).await.unwrap();
}

#[test]
fn rows_that_are_what_the_logs_tell_have_no_faults() {
    on_every_store(async |world| {
        prepare(&world).await;
        let report = world.service.verify_views().await.unwrap();
        assert_eq!((report.logs, report.rows), (2, 6));
        assert_eq!(report.faults, Vec::<String>::new());
    });
}

#[test]
fn rows_that_differ_are_found_and_made_again() {
    on_every_store(async |world| {
        prepare(&world).await;
        let row = world.store.view(STUDY, "", "A").await.unwrap().unwrap();
        forge(&*world.store, STUDY, &[("A", &row), ("C", &row)]).await;
        forge(&*world.store, BY_USER, &[("li.na\u{1f}A", b"[]"), ("eve\u{1f}A", b"[]")]).await;
        let report = world.service.verify_views().await.unwrap();
        let mut faults = report.faults;
        faults.sort_unstable();
        assert_eq!(
            faults,
            [
                "portfolio, row of user and study eve / A: is surplus: no log tells of it",
                "portfolio, row of user and study li.na / A: is not what the log tells",
                "portfolio, row of user and study li.na / B: is missing, although the log tells of it",
                "portfolio, study B: is missing, although the log tells of it",
                "portfolio, study C: is surplus: no log tells of it",
            ]
        );
        assert_eq!(report.faults_total, 5);
        assert_eq!(world.service.rebuild_views().await.unwrap(), 2);
        assert!(world.service.verify_views().await.unwrap().faults.is_empty());
        assert_eq!(world.listed(&nobody("li.na")).await, ["A"]);
    });
}

#[test]
fn an_index_that_names_a_study_without_a_row_is_an_incident() {
    on_every_store(async |world| {
        prepare(&world).await;
        forge(&*world.store, STUDY, &[]).await;
        let listed =
            world.portfolio.list_studies(&nobody("li.na"), ListStudiesRequest::default()).await;
        assert_eq!(listed.unwrap_err().reason(), "INCIDENT");
    });
}
