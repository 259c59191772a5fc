use super::{ROWS, draft, drop_row, log, one, put, put_new, row};
use futures::future::join_all;
use journal::{Chain, Draft, Head, LogName};
use std::sync::Arc;
use store::{Batch, Effect, LogPart, Store, StoreError};

pub async fn is_read_back(store: Arc<dyn Store>) {
    assert_eq!(store.head(&log("1")).await.unwrap(), None);
    let drafts = [draft("a"), draft("研究")];
    let batch = Batch::seal(log("1"), Head::default(), &drafts, vec![put("k", "row")]);
    let sealed = batch.parts[0].entries.clone();
    let head = store.append(batch).await.unwrap();
    assert_eq!(head, sealed[1].head());
    assert_eq!(store.head(&log("1")).await.unwrap(), Some(head));
    assert_eq!(store.read(&log("1"), 1, 10).await.unwrap(), sealed);
    assert_eq!(store.entry(&log("1"), 2).await.unwrap().as_ref(), Some(&sealed[1]));
    assert_eq!(store.entry(&log("1"), 3).await.unwrap(), None);
    assert_eq!(row(&store, "k").await.as_deref(), Some("row"));
    let second = one("1", head, vec![drop_row("k"), put("l", "1"), put("l", "2")]);
    store.append(second).await.unwrap();
    assert_eq!(row(&store, "k").await, None);
    assert_eq!(row(&store, "l").await.as_deref(), Some("2"));
}

pub async fn behind_a_moved_head(store: Arc<dyn Store>) {
    let head = store.append(one("1", Head::default(), vec![])).await.unwrap();
    let enqueue =
        Effect::Enqueue { queue: "q".into(), key: "j".into(), payload: vec![], run_at_ms: 0 };
    let late = one("1", Head::default(), vec![put("k", "late"), enqueue]);
    let refused = store.append(late).await;
    let actual_head = match refused {
        Err(StoreError::HeadMoved { log: refused, actual }) if refused == log("1") => actual,
        other => panic!("expected a moved head, got {other:?}"),
    };
    assert_eq!(actual_head, head);
    assert_eq!(row(&store, "k").await, None);
    assert_eq!(store.claim("q", 1, 1).await.unwrap(), None);
    assert_eq!(store.read(&log("1"), 1, 10).await.unwrap().len(), 1);
    let ahead = Head { sequence: 9, ..head };
    let refused = store.append(one("1", ahead, vec![])).await;
    assert!(matches!(refused, Err(StoreError::HeadMoved { .. })));
    let other_hash = Head { sequence: 1, ..Head::default() };
    let refused = store.append(one("1", other_hash, vec![])).await;
    assert!(matches!(refused, Err(StoreError::HeadMoved { .. })));
}

pub async fn several_logs(store: Arc<dyn Store>) {
    let counter = LogName::new("S", "site", "701");
    let both = |expected: Head, effects| {
        let part = LogPart::seal(counter.clone(), expected, &[draft("count")], effects);
        one("1", Head::default(), vec![put("first", "1")]).and(part)
    };
    let stale = Head { sequence: 4, ..Head::default() };
    let refused = store.append(both(stale, vec![put("second", "1")])).await;
    assert!(matches!(refused, Err(StoreError::HeadMoved { log, .. }) if log == counter));
    assert_eq!(store.head(&log("1")).await.unwrap(), None);
    assert_eq!(row(&store, "first").await, None);
    store.append(both(Head::default(), vec![put("second", "1")])).await.unwrap();
    assert_eq!(store.head(&counter).await.unwrap().unwrap().sequence, 1);
    assert_eq!(store.head(&log("1")).await.unwrap().unwrap().sequence, 1);
    assert_eq!(row(&store, "second").await.as_deref(), Some("1"));
}

pub async fn guard(store: Arc<dyn Store>) {
    let watched = LogName::new("", "institution", "1");
    let guarded = |expected: Head, key: &str| {
        let part = LogPart::seal(watched.clone(), expected, &[], vec![put("all", key)]);
        one(key, Head::default(), vec![]).and(part)
    };
    store.append(guarded(Head::default(), "1")).await.unwrap();
    assert_eq!(store.head(&watched).await.unwrap(), None);
    assert_eq!(store.view(ROWS, "", "all").await.unwrap(), Some(b"1".to_vec()));
    let first = Batch::seal(watched.clone(), Head::default(), &[draft("x")], vec![]);
    let head = store.append(first).await.unwrap();
    let refused = store.append(guarded(Head::default(), "2")).await;
    assert!(matches!(refused, Err(StoreError::HeadMoved { actual, .. }) if actual == head));
    store.append(guarded(head, "2")).await.unwrap();
    assert_eq!(store.view(ROWS, "", "all").await.unwrap(), Some(b"2".to_vec()));
}

pub async fn new_keys(store: Arc<dyn Store>) {
    let head = store.append(one("1", Head::default(), vec![put_new("k", "1")])).await.unwrap();
    let again = vec![put("other", "x"), put_new("k", "2")];
    let refused = store.append(one("2", Head::default(), again)).await;
    let taken = matches!(
        refused,
        Err(StoreError::KeyTaken { study, view: ROWS, key }) if study == "S" && key == "k"
    );
    assert!(taken);
    assert_eq!(row(&store, "other").await, None);
    assert_eq!(store.head(&log("2")).await.unwrap(), None);
    let twice = vec![put_new("m", "1"), put_new("m", "2")];
    let refused = store.append(one("2", Head::default(), twice)).await;
    assert!(matches!(refused, Err(StoreError::KeyTaken { .. })));
    let renewed = vec![drop_row("k"), put_new("k", "3")];
    store.append(one("1", head, renewed)).await.unwrap();
    assert_eq!(row(&store, "k").await.as_deref(), Some("3"));
}

pub async fn neighbours(store: Arc<dyn Store>) {
    store.append(one("seed", Head::default(), vec![put_new("taken", "1")])).await.unwrap();
    let appends = (0..60).map(|number| {
        let store = Arc::clone(&store);
        let key = format!("{number:02}");
        let batch = match number % 3 {
            0 => one(&key, Head::default(), vec![put(&key, "x")]),
            1 => one(&key, Head::default(), vec![put(&key, "x"), put_new("taken", "2")]),
            _ => one(&key, Head { sequence: 5, ..Head::default() }, vec![put(&key, "x")]),
        };
        async move { (number, key, store.append(batch).await) }
    });
    for (number, key, answer) in join_all(appends).await {
        let written = store.head(&log(&key)).await.unwrap().is_some();
        assert_eq!(row(&store, &key).await.is_some(), written);
        match number % 3 {
            0 => assert!(answer.is_ok() && written),
            1 => assert!(matches!(answer, Err(StoreError::KeyTaken { .. })) && !written),
            _ => assert!(matches!(answer, Err(StoreError::HeadMoved { .. })) && !written),
        }
    }
}

pub async fn contention(store: Arc<dyn Store>) {
    const CALLERS: usize = 16;
    const WINS: usize = 5;
    let callers = (0..CALLERS).map(|caller| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut head = Head::default();
            for win in 0..WINS {
                loop {
                    let drafts = [draft(&format!("{caller}/{win}"))];
                    let batch = Batch::seal(log("1"), head, &drafts, vec![]);
                    match store.append(batch).await {
                        Ok(after) => break head = after,
                        Err(StoreError::HeadMoved { actual, .. }) => head = actual,
                        Err(other) => panic!("{other:?}"),
                    }
                }
            }
        })
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }
    let entries = store.read(&log("1"), 1, 1_000).await.unwrap();
    assert_eq!(entries.len(), CALLERS * WINS);
    let mut chain = Chain::new(log("1"));
    for entry in &entries {
        chain.accept(entry).unwrap();
    }
    let recorded = store.head(&log("1")).await.unwrap().unwrap();
    assert!(chain.finish(recorded).is_ok());
}

pub async fn one_key_for_many(store: Arc<dyn Store>) {
    let appends = (0..40).map(|number| {
        let store = Arc::clone(&store);
        let key = number.to_string();
        let batch = one(&key, Head::default(), vec![put_new("wanted", &key)]);
        tokio::spawn(async move { store.append(batch).await })
    });
    let mut winners = Vec::new();
    for (number, answer) in join_all(appends).await.into_iter().enumerate() {
        match answer.unwrap() {
            Ok(_) => winners.push(number.to_string()),
            Err(StoreError::KeyTaken { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(row(&store, "wanted").await, winners.pop());
}

pub async fn clock_stepping_back(store: Arc<dyn Store>) {
    let mut head = Head::default();
    for recorded_at_ms in [2_000, 1_000, -5] {
        let draft = Draft { recorded_at_ms, ..draft("x") };
        head = store.append(Batch::seal(log("1"), head, &[draft], vec![])).await.unwrap();
    }
    let read = store.read(&log("1"), 1, 10).await.unwrap();
    let times: Vec<i64> =
        read.iter().map(|entry| entry.open().unwrap().draft.recorded_at_ms).collect();
    assert_eq!(times, [2_000, 1_000, -5]);
}

pub async fn large_payload(store: Arc<dyn Store>) {
    let payload: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let draft = Draft { payload: payload.clone(), ..draft("x") };
    let effect = Effect::Put { view: ROWS, key: "k".into(), bytes: payload.clone() };
    store.append(Batch::seal(log("1"), Head::default(), &[draft], vec![effect])).await.unwrap();
    let entry = store.entry(&log("1"), 1).await.unwrap().unwrap().open().unwrap();
    assert!(entry.draft.payload == payload);
    assert!(store.view(ROWS, "S", "k").await.unwrap() == Some(payload));
}

pub async fn unacceptable(store: Arc<dyn Store>) {
    let long = "k".repeat(1025);
    let batches = [
        Batch::default(),
        Batch::seal(log("1"), Head::default(), &[], vec![put("k", "x")]),
        one("", Head::default(), vec![]),
        one("a\0b", Head::default(), vec![]),
        one(&long, Head::default(), vec![]),
        one("1", Head::default(), vec![put("", "x")]),
        one("1", Head::default(), vec![put(&long, "x")]),
        one("1", Head::default(), vec![put("a\0b", "x")]),
        one("1", Head::default(), vec![]).and(one("1", Head::default(), vec![]).parts.remove(0)),
    ];
    for batch in batches {
        let refused = store.append(batch).await;
        assert!(matches!(refused, Err(StoreError::Unacceptable { .. })), "{refused:?}");
    }
    let longest = "界".repeat(341);
    store.append(one(&longest, Head::default(), vec![put_new(&longest, "x")])).await.unwrap();
    assert_eq!(row(&store, &longest).await.as_deref(), Some("x"));
}

pub async fn counted(store: Arc<dyn Store>) {
    let drafts = [draft("a"), draft("b")];
    store.append(Batch::seal(log("1"), Head::default(), &drafts, vec![])).await.unwrap();
    assert!(store.append(one("1", Head::default(), vec![])).await.is_err());
    let stats = store.stats();
    assert_eq!((stats.writes, stats.refused, stats.entries), (1, 1, 2));
    assert_eq!(stats.largest_group, 1);
}
