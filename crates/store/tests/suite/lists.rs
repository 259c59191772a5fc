use super::{OTHER_ROWS, ROWS, draft, log, one, put};
use futures::future::join_all;
use journal::{Head, LogName, LogRef, SealedRef};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Batch, Effect, Position, Range, Store};

pub async fn log_pages(store: Arc<dyn Store>) {
    let drafts: Vec<_> = (0..25).map(|number| draft(&number.to_string())).collect();
    store.append(Batch::seal(log("1"), Head::default(), &drafts, vec![])).await.unwrap();
    let (mut from, mut sizes, mut sequences) = (1, Vec::new(), Vec::new());
    loop {
        let page = store.read(&log("1"), from, 10).await.unwrap();
        sizes.push(page.len());
        sequences.extend(page.iter().map(|entry| entry.sequence));
        let Some(last) = page.last() else { break };
        from = last.sequence + 1;
    }
    assert_eq!(sizes, [10, 10, 5, 0]);
    assert_eq!(sequences, (1..=25).collect::<Vec<u64>>());
    assert!(store.read(&log("1"), u64::MAX, 10).await.unwrap().is_empty());
    assert!(store.read(&log("other"), 1, 10).await.unwrap().is_empty());
}

pub async fn rows(store: Arc<dyn Store>) {
    let mut keys =
        ["a", "a/1", "a/10", "a/2", "a%", "a_", "A", "é", "e", "界", "a/\u{10FFFF}", "b"];
    let mut effects: Vec<Effect> = keys.iter().map(|key| put(key, key)).collect();
    effects.push(Effect::Put { view: OTHER_ROWS, key: "a/3".into(), bytes: vec![] });
    store.append(one("1", Head::default(), effects)).await.unwrap();
    let elsewhere = Batch::seal(
        LogName::new("T", "casebook", "1"),
        Head::default(),
        &[draft("t")],
        vec![put("a/4", "t")],
    );
    store.append(elsewhere).await.unwrap();

    keys.sort_unstable();
    let all = store.list(Range::all(ROWS, "S", 100)).await.unwrap();
    let listed: Vec<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(listed, keys);
    assert!(all.iter().all(|(key, bytes)| key.as_bytes() == bytes.as_slice()));

    let below = store.list(Range::all(ROWS, "S", 100).prefix("a/")).await.unwrap();
    let below: Vec<String> = below.into_iter().map(|(key, _)| key).collect();
    assert_eq!(below, ["a/1", "a/10", "a/2", "a/\u{10FFFF}"]);

    let mut paged = Vec::new();
    let mut range = Range::all(ROWS, "S", 2).prefix("a");
    loop {
        let page = store.list(range.clone()).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        range = range.after(last.clone());
        paged.extend(page.into_iter().map(|(key, _)| key));
    }
    let expected: Vec<&str> = keys.iter().copied().filter(|key| key.starts_with('a')).collect();
    assert_eq!(paged, expected);
}

pub async fn logs(store: Arc<dyn Store>) {
    let mut names = vec![
        LogName::new("", "user", "1"),
        LogName::new("S", "casebook", "10"),
        LogName::new("S", "casebook", "9"),
        LogName::new("S", "Casebook", "9"),
        LogName::new("S", "site", "1"),
        LogName::new("s", "site", "1"),
        LogName::new("研究", "site", "1"),
    ];
    for name in &names {
        store
            .append(Batch::seal(name.clone(), Head::default(), &[draft("x")], vec![]))
            .await
            .unwrap();
    }
    names.sort();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store.logs(None, after.as_ref(), 3).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        listed.extend(page.into_iter().map(|(name, head)| {
            assert_eq!(head.sequence, 1);
            name
        }));
    }
    assert_eq!(listed, names);
    let of_study = store.logs(Some("S"), Some(&names[2]), 10).await.unwrap();
    let of_study: Vec<LogName> = of_study.into_iter().map(|(name, _)| name).collect();
    assert_eq!(of_study, names[3..5]);
    assert_eq!(store.logs(Some(""), None, 10).await.unwrap().len(), 1);
}

pub async fn follower(store: Arc<dyn Store>) {
    const WRITERS: usize = 8;
    const ENTRIES: u64 = 20;
    assert_eq!(store.last_position().await.unwrap(), Position::default());
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let key = writer.to_string();
            let mut head = Head::default();
            for _ in 0..ENTRIES {
                head = store.append(one(&key, head, vec![])).await.unwrap();
            }
        })
    });
    let writing = tokio::spawn(join_all(writers));
    let mut next: HashMap<LogName, u64> = HashMap::new();
    let (mut seen, mut position) = (0, Position::default());
    while seen < WRITERS as u64 * ENTRIES {
        for (at, name, entry) in store.follow(position, 7).await.unwrap() {
            assert!(at > position);
            position = at;
            let expected = next.entry(name.clone()).or_insert(1);
            assert_eq!(entry.sequence, *expected, "{name}");
            assert_eq!(entry.open().unwrap().log, name);
            *expected += 1;
            seen += 1;
        }
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert_eq!(store.last_position().await.unwrap(), position);
    assert!(store.follow(position, 7).await.unwrap().is_empty());
}

pub async fn scan(store: Arc<dyn Store>) {
    let mut heads = [Head::default(); 3];
    for turn in 0..30 {
        let at = turn % heads.len();
        heads[at] = store.append(one(&at.to_string(), heads[at], vec![])).await.unwrap();
    }
    let followed = store.follow(Position::default(), 100).await.unwrap();
    assert_eq!(followed.len(), 30);
    for (from, to) in [(0, 30), (0, 11), (11, 30), (29, 30), (30, 30)] {
        let after = if from == 0 { Position::default() } else { followed[from - 1].0 };
        let mut shown = Vec::new();
        let mut show = |log: LogRef<'_>, sealed: SealedRef<'_>| {
            shown.push((log.to_name(), sealed.sequence, sealed.bytes.to_vec(), sealed.hash));
        };
        store.scan(after, followed[to - 1].0, &mut show).await.unwrap();
        let expected: Vec<_> = followed[from..to]
            .iter()
            .map(|(_, log, one)| (log.clone(), one.sequence, one.bytes.clone(), one.hash))
            .collect();
        assert_eq!(shown, expected, "behind {from} up to {to}");
    }
}
