//! The program is replaced by one that keeps its views otherwise.

use rusqlite::Connection;

use crate::{
    program::{Place, said},
    study,
};

const ROW: &str = "view = 1 AND key = 'layout'";

fn tamper(place: &Place, change: &str) {
    let database = Connection::open(place.data.join("casebook.db")).unwrap();
    assert_eq!(database.execute(change, []).unwrap(), 1, "{change}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_of_another_layout_are_refused_until_they_are_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    place.succeed(&["study", "list"]);
    let older = format!("UPDATE view_row SET bytes = CAST('casebooks 0' AS BLOB) WHERE {ROW}");
    let unrecorded = format!("DELETE FROM view_row WHERE {ROW}");
    for change in [older, unrecorded] {
        tamper(&place, &change);
        for words in [&["study", "list"][..], &["verify"], &["serve", "--listen", "127.0.0.1:0"]] {
            let refused = place.run(words);
            assert_eq!(refused.status.code(), Some(1), "{words:?}: {}", said(&refused));
            assert!(said(&refused).contains("casebook rebuild-views"), "{}", said(&refused));
        }
        // The journal is read in every layout.
        place.succeed(&["verify", "--chains-only"]);
        place.succeed(&["rebuild-views"]);
        place.verify();
        place.succeed(&["study", "list"]);
    }
}
