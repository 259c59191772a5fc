use super::*;
use crate::{clock::SplitMix, test_clock::TestClock};
use futures::future::join_all;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::sync::Notify;

type Subject = Cache<&'static str, u32, &'static str>;

fn cache(capacity: usize) -> (Subject, TestClock) {
    let clock = TestClock::default();
    let options = CacheOptions {
        capacity,
        lifetime: Duration::from_secs(100),
        absent_lifetime: Duration::from_secs(10),
    };
    (Cache::new(options, Arc::new(clock.clone()), Arc::new(SplitMix::seeded(7))), clock)
}

/// A load that counts how often it ran.
async fn counted(loads: &AtomicUsize, value: Option<u32>) -> Result<Option<u32>, &'static str> {
    loads.fetch_add(1, SeqCst);
    tokio::task::yield_now().await;
    Ok(value)
}

static NEVER: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_hundred_callers_load_once() {
    let (cache, _) = cache(10);
    let loads = Arc::new(AtomicUsize::new(0));
    let ask = || async {
        let loads = loads.clone();
        cache.get_or_load(&"a", || async move { counted(&loads, Some(1)).await }).await
    };
    let answers = join_all((0..100).map(|_| ask())).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Some(1))));
    assert_eq!(loads.load(SeqCst), 1);
    assert!(cache.flights().by_key.is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_remembered_for_a_shorter_time() {
    let (cache, clock) = cache(10);
    let absent = cache.get_or_load(&"a", || async { Ok(None) }).await;
    assert_eq!(absent, Ok(None));
    clock.advance(Duration::from_secs(9));
    assert_eq!(cache.get_or_load(&"a", || counted(&NEVER, Some(1))).await, Ok(None));
    clock.advance(Duration::from_secs(2));
    assert_eq!(cache.get_or_load(&"a", || async { Ok(Some(2)) }).await, Ok(Some(2)));
    assert_eq!(NEVER.load(SeqCst), 0);
}

#[tokio::test]
async fn entries_expire_within_five_percent_of_their_lifetime() {
    let (cache, clock) = cache(1000);
    let keys: Vec<&'static str> = (0..200).map(|n| &*Box::leak(n.to_string().into())).collect();
    for key in &keys {
        cache.get_or_load(key, || async { Ok(Some(1)) }).await.unwrap();
    }
    let alive = |cache: &Subject| keys.iter().filter(|key| cache.known(key).is_some()).count();
    clock.advance(Duration::from_secs(94));
    assert_eq!(alive(&cache), 200);
    clock.advance(Duration::from_secs(6));
    assert!((60..140).contains(&alive(&cache)), "about half: {}", alive(&cache));
    clock.advance(Duration::from_secs(6));
    assert_eq!(alive(&cache), 0);
}

#[tokio::test]
async fn a_failed_load_is_told_and_forgotten() {
    let (cache, _) = cache(10);
    let failed = cache.get_or_load(&"a", || async { Err("away") }).await;
    assert_eq!(failed, Err(Arc::new("away")));
    assert_eq!(cache.get_or_load(&"a", || async { Ok(Some(1)) }).await, Ok(Some(1)));
}

#[tokio::test]
async fn the_size_is_bounded() {
    let (cache, _) = cache(10);
    for n in 0..500_u32 {
        let key: &'static str = Box::leak(n.to_string().into());
        cache.get_or_load(&key, || async move { Ok(Some(n)) }).await.unwrap();
    }
    assert!(cache.len() <= 10, "{}", cache.len());
}

#[tokio::test]
async fn a_load_goes_on_when_its_first_caller_leaves() {
    let (cache, _) = cache(10);
    let gate = Arc::new(Notify::new());
    let load = |gate: Arc<Notify>| {
        move || async move {
            gate.notified().await;
            Ok(Some(1))
        }
    };
    let mut first = Box::pin(cache.get_or_load(&"a", load(gate.clone())));
    let mut second = Box::pin(cache.get_or_load(&"a", || counted(&NEVER, Some(2))));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut second).is_pending());
    drop(first);
    gate.notify_one();
    assert_eq!(second.await, Ok(Some(1)));
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_leaves_nothing_behind() {
    let (cache, _) = cache(10);
    let mut only = Box::pin(cache.get_or_load(&"a", std::future::pending));
    assert!(futures::poll!(&mut only).is_pending());
    drop(only);
    assert!(cache.flights().by_key.is_empty());
    assert_eq!(cache.get_or_load(&"a", || async { Ok(Some(1)) }).await, Ok(Some(1)));
}

#[tokio::test]
async fn what_was_forgotten_during_its_load_is_not_kept() {
    let (cache, _) = cache(10);
    let gate = Arc::new(Notify::new());
    let opened = gate.clone();
    let mut old = Box::pin(cache.get_or_load(&"a", || async move {
        opened.notified().await;
        Ok(Some(1))
    }));
    assert!(futures::poll!(&mut old).is_pending());
    cache.forget(&"a");
    gate.notify_one();
    assert_eq!(old.await, Ok(Some(1)));
    assert_eq!(cache.get_or_load(&"a", || async { Ok(Some(2)) }).await, Ok(Some(2)));
}
