use super::{OTHER_ROWS, ROWS, draft, drop_row, one, put, row};
use journal::{Head, LogName};
use std::sync::Arc;
use store::{Batch, Effect, Range, Store, StoreError};

pub async fn swap(store: Arc<dyn Store>) {
    let untouched = Effect::Put { view: OTHER_ROWS, key: "o".into(), bytes: b"1".to_vec() };
    let effects = vec![put("old", "1"), put("kept", "1"), untouched];
    store.append(one("1", Head::default(), effects)).await.unwrap();
    let elsewhere = LogName::new("T", "casebook", "1");
    let other_study = Batch::seal(elsewhere, Head::default(), &[draft("t")], vec![put("old", "1")]);
    store.append(other_study).await.unwrap();
    let seen = store.last_position().await.unwrap();

    store.stage("S", vec![put("forgotten", "1")]).await.unwrap();
    store.unstage("S").await.unwrap();
    store.stage("S", vec![put("kept", "1"), put("gone", "1")]).await.unwrap();
    store.stage("S", vec![put("kept", "2"), drop_row("gone"), put("new", "1")]).await.unwrap();
    assert_eq!(row(&store, "kept").await.as_deref(), Some("1"));
    store.swap("S", &[ROWS], seen).await.unwrap();

    let rows = store.list(Range::all(ROWS, "S", 10)).await.unwrap();
    let expected = [("kept", "2"), ("new", "1")].map(|(key, row)| (key.to_owned(), row.into()));
    assert_eq!(rows, expected);
    assert_eq!(store.list(Range::all(OTHER_ROWS, "S", 10)).await.unwrap().len(), 1);
    assert_eq!(store.list(Range::all(ROWS, "T", 10)).await.unwrap().len(), 1);
    store.swap("S", &[ROWS], seen).await.unwrap();
    assert!(store.list(Range::all(ROWS, "S", 10)).await.unwrap().is_empty());
}

pub async fn unseen_entries(store: Arc<dyn Store>) {
    let head = store.append(one("1", Head::default(), vec![put("k", "1")])).await.unwrap();
    let seen = store.last_position().await.unwrap();
    store.stage("S", vec![put("k", "rebuilt")]).await.unwrap();
    store.append(one("1", head, vec![put("k", "2")])).await.unwrap();
    let now = store.last_position().await.unwrap();
    let refused = store.swap("S", &[ROWS], seen).await;
    assert!(matches!(refused, Err(StoreError::PositionMoved { actual }) if actual == now));
    assert_eq!(row(&store, "k").await.as_deref(), Some("2"));
    store.swap("S", &[ROWS], now).await.unwrap();
    assert_eq!(row(&store, "k").await.as_deref(), Some("rebuilt"));
    let job = Effect::Enqueue { queue: "q".into(), key: "k".into(), payload: vec![], run_at_ms: 0 };
    let refused = store.stage("S", vec![job]).await;
    assert!(matches!(refused, Err(StoreError::Unacceptable { .. })));
}
