//! What every store promises, as cases that each engine runs on an empty store.

mod appends;
mod jobs;
mod lists;
mod rebuilds;

use futures::future::BoxFuture;
use journal::{Draft, Head, LogName};
use std::sync::Arc;
use store::{Batch, Effect, Store, View};

pub type Case = fn(Arc<dyn Store>) -> BoxFuture<'static, ()>;

pub const CASES: [(&str, Case); 22] = [
    ("an append is read back with its effects", |s| Box::pin(appends::is_read_back(s))),
    ("an append behind a moved head writes nothing", |s| Box::pin(appends::behind_a_moved_head(s))),
    ("several logs are written together or not at all", |s| Box::pin(appends::several_logs(s))),
    ("a part without entries guards its head", |s| Box::pin(appends::guard(s))),
    ("a key that must be new is given out once", |s| Box::pin(appends::new_keys(s))),
    ("a refused append does not harm its neighbours", |s| Box::pin(appends::neighbours(s))),
    ("of those who append to one log at once one wins", |s| Box::pin(appends::contention(s))),
    ("a key wanted by many is given to one", |s| Box::pin(appends::one_key_for_many(s))),
    ("order does not depend on the clock", |s| Box::pin(appends::clock_stepping_back(s))),
    ("a large payload comes back whole", |s| Box::pin(appends::large_payload(s))),
    ("what an engine could not keep is refused", |s| Box::pin(appends::unacceptable(s))),
    ("writes are counted", |s| Box::pin(appends::counted(s))),
    ("a log is read in pages", |s| Box::pin(lists::log_pages(s))),
    ("rows are listed in byte order of their keys", |s| Box::pin(lists::rows(s))),
    ("logs are listed in byte order of their names", |s| Box::pin(lists::logs(s))),
    ("a follower misses nothing while others write", |s| Box::pin(lists::follower(s))),
    ("a scan shows what a follower reads", |s| Box::pin(lists::scan(s))),
    ("a job is claimed when due and ends once", |s| Box::pin(jobs::one_life(s))),
    ("a late worker does not end a newer job", |s| Box::pin(jobs::late_worker(s))),
    ("a job keeps what its worker notes", |s| Box::pin(jobs::noted(s))),
    ("rebuilt views replace the old ones at once", |s| Box::pin(rebuilds::swap(s))),
    ("a swap waits for entries not yet seen", |s| Box::pin(rebuilds::unseen_entries(s))),
];

pub const ROWS: View = View(7);
pub const OTHER_ROWS: View = View(8);

pub fn log(key: &str) -> LogName {
    LogName::new("S", "casebook", key)
}

pub fn draft(text: &str) -> Draft {
    Draft {
        recorded_at_ms: 1_400_000_000_000,
        actor: "usr_1".into(),
        role: "coordinator".into(),
        origin: "web".into(),
        request_id: text.into(),
        kind: "FormSaved".into(),
        payload: text.as_bytes().to_vec(),
        ..Draft::default()
    }
}

pub fn put(key: &str, bytes: &str) -> Effect {
    Effect::Put { view: ROWS, key: key.into(), bytes: bytes.into() }
}

pub fn put_new(key: &str, bytes: &str) -> Effect {
    Effect::PutNew { view: ROWS, key: key.into(), bytes: bytes.into() }
}

pub fn drop_row(key: &str) -> Effect {
    Effect::Drop { view: ROWS, key: key.into() }
}

/// A batch of one entry.
pub fn one(key: &str, expected: Head, effects: Vec<Effect>) -> Batch {
    Batch::seal(log(key), expected, &[draft(key)], effects)
}

pub async fn row(store: &Arc<dyn Store>, key: &str) -> Option<String> {
    let bytes = store.view(ROWS, "S", key).await.unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}
