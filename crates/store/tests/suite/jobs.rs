use super::{log, one};
use journal::Head;
use std::sync::Arc;
use store::{Effect, Store};

fn enqueue(key: &str, payload: &str, run_at_ms: i64) -> Effect {
    Effect::Enqueue { queue: "mail".into(), key: key.into(), payload: payload.into(), run_at_ms }
}

pub async fn one_life(store: Arc<dyn Store>) {
    let effects = vec![enqueue("b", "second", 20), enqueue("a", "first", 10)];
    store.append(one("1", Head::default(), effects)).await.unwrap();
    assert_eq!(store.claim("mail", 9, 100).await.unwrap(), None);
    assert_eq!(store.claim("other", 99, 100).await.unwrap(), None);
    let first = store.claim("mail", 50, 100).await.unwrap().unwrap();
    assert_eq!((first.study.as_str(), first.key.as_str(), first.attempt), ("S", "a", 1));
    assert_eq!(first.payload, b"first");
    let second = store.claim("mail", 50, 100).await.unwrap().unwrap();
    assert_eq!(second.key, "b");
    assert_eq!(store.claim("mail", 149, 100).await.unwrap(), None);
    assert!(store.fail(&first, 500).await.unwrap());
    assert!(store.finish(&second).await.unwrap());
    assert!(!store.finish(&second).await.unwrap());
    assert_eq!(store.claim("mail", 499, 100).await.unwrap(), None);
    let again = store.claim("mail", 500, 100).await.unwrap().unwrap();
    assert_eq!((again.key.as_str(), again.attempt), ("a", 2));
    assert!(store.finish(&again).await.unwrap());
    assert_eq!(store.claim("mail", i64::MAX, 100).await.unwrap(), None);
}

pub async fn late_worker(store: Arc<dyn Store>) {
    let head = store.append(one("1", Head::default(), vec![enqueue("a", "1", 0)])).await.unwrap();
    let late = store.claim("mail", 0, 10).await.unwrap().unwrap();
    let other = store.claim("mail", 10, 10).await.unwrap().unwrap();
    assert_eq!(other.attempt, 2);
    assert!(!store.finish(&late).await.unwrap());
    assert!(!store.fail(&late, 0).await.unwrap());
    let anew = one("1", head, vec![enqueue("a", "2", 15)]);
    store.append(anew).await.unwrap();
    assert!(!store.finish(&other).await.unwrap());
    let newer = store.claim("mail", 15, 10).await.unwrap().unwrap();
    assert_eq!((newer.payload.as_slice(), newer.attempt), (b"2".as_slice(), 1));
    assert!(!store.finish(&late).await.unwrap());
    assert!(store.finish(&newer).await.unwrap());
    assert_eq!(store.head(&log("1")).await.unwrap().unwrap().sequence, 2);
}

pub async fn noted(store: Arc<dyn Store>) {
    store.append(one("1", Head::default(), vec![enqueue("a", "begun", 0)])).await.unwrap();
    assert_eq!(store.noted("S", "mail", "a").await.unwrap().unwrap(), b"begun");
    assert_eq!(store.noted("S", "mail", "b").await.unwrap(), None);
    let job = store.claim("mail", 0, 10).await.unwrap().unwrap();
    assert!(store.note(&job, b"half".to_vec(), 30).await.unwrap());
    assert_eq!(store.claim("mail", 29, 10).await.unwrap(), None);
    assert!(store.note(&job, b"more".to_vec(), 40).await.unwrap());
    let next = store.claim("mail", 40, 10).await.unwrap().unwrap();
    assert_eq!((next.payload.as_slice(), next.attempt), (b"more".as_slice(), 2));
    assert!(!store.note(&job, b"late".to_vec(), 0).await.unwrap());
    assert_eq!(store.noted("S", "mail", "a").await.unwrap().unwrap(), b"more");
    assert!(store.finish(&next).await.unwrap());
    assert!(!store.note(&next, b"late".to_vec(), 0).await.unwrap());
    assert_eq!(store.noted("S", "mail", "a").await.unwrap(), None);
}
