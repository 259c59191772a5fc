use super::*;
use crate::{breaker::Outcome, clock::SplitMix, test_clock::TestClock};
use std::{collections::BTreeMap, time::Duration};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn balancer(count: usize) -> (Balancer, TestClock) {
    let clock = TestClock::default();
    let options = Options::new(Arc::new(clock.clone()), Arc::new(SplitMix::seeded(3)));
    let connector = Arc::new(Connector::new(&options).unwrap());
    let balancer = Balancer::new("edc", connector, &options);
    let addresses: Vec<String> = (0..count).map(|n| format!("127.0.0.1:{}", 1000 + n)).collect();
    balancer.set(Some(&addresses));
    (balancer, clock)
}

/// Makes calls one after the other and counts who got how many.
fn spread(
    balancer: &Balancer,
    clock: &TestClock,
    calls: usize,
    answer: impl Fn(&str) -> (Duration, Outcome),
) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..calls {
        let endpoint = balancer.pick(&[]).unwrap();
        *counts.entry(endpoint.address.clone()).or_default() += 1;
        let (lag, outcome) = answer(&endpoint.address);
        endpoint.load.begin();
        clock.advance(lag);
        endpoint.load.end(lag, clock.now(), outcome);
    }
    counts
}

#[test]
fn without_endpoints_there_is_nothing_to_pick() {
    let (balancer, _) = balancer(0);
    assert!(balancer.pick(&[]).is_none());
}

#[test]
fn the_slower_of_two_gets_one_call_a_second() {
    let (balancer, clock) = balancer(2);
    let fast_first =
        |address: &str| (if address.ends_with('0') { MS } else { 50 * MS }, Outcome::Answered);
    let counts = spread(&balancer, &clock, 5000, fast_first);
    assert!((4..=7).contains(&counts["127.0.0.1:1001"]), "{counts:?}");
}

#[test]
fn one_that_fails_at_once_is_not_preferred() {
    let (balancer, clock) = balancer(2);
    let first_fails = |address: &str| {
        if address.ends_with('0') { (MS / 10, Outcome::Failed) } else { (MS, Outcome::Answered) }
    };
    let counts = spread(&balancer, &clock, 5000, first_fails);
    assert!(counts["127.0.0.1:1000"] <= 7, "{counts:?}");
}

#[test]
fn more_calls_under_way_cost_more() {
    let (balancer, _) = balancer(2);
    let first = balancer.pick(&[]).unwrap();
    first.load.begin();
    let second = balancer.pick(&[]).unwrap();
    assert_ne!(first.address, second.address);
}

#[test]
fn five_equal_endpoints_get_all_some() {
    let (balancer, clock) = balancer(5);
    let counts = spread(&balancer, &clock, 5000, |_| (MS, Outcome::Answered));
    assert_eq!(counts.len(), 5);
    assert!(counts.values().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn an_ejected_endpoint_is_picked_only_when_there_is_no_other() {
    let (balancer, clock) = balancer(2);
    let first = balancer.pick(&[]).unwrap();
    first.eject(clock.now());
    for _ in 0..10 {
        assert_ne!(balancer.pick(&[]).unwrap().address, first.address);
    }
    balancer.pick(&[]).unwrap().eject(clock.now());
    assert!(balancer.pick(&[]).is_some());
}

#[test]
fn a_repeated_call_goes_elsewhere() {
    let (balancer, _) = balancer(3);
    let first = balancer.pick(&[]).unwrap();
    let second = balancer.pick(std::slice::from_ref(&first)).unwrap();
    assert_ne!(first.address, second.address);
    let (only, _) = self::balancer(1);
    let one = only.pick(&[]).unwrap();
    assert!(only.pick(&[one]).is_some(), "there is no other");
}

#[test]
fn endpoints_that_stay_keep_what_was_learnt() {
    let (balancer, clock) = balancer(1);
    let kept = balancer.pick(&[]).unwrap();
    balancer.set(Some(&["127.0.0.1:1000".to_owned(), "127.0.0.1:2000".to_owned()]));
    clock.advance(SECOND);
    let again = balancer.all().iter().any(|one| Arc::ptr_eq(one, &kept));
    assert!(again);
    balancer.set(None);
    assert_eq!(balancer.addresses().len(), 2, "silence of discovery changes nothing");
    balancer.set(Some(&[]));
    assert_eq!(balancer.addresses().len(), 2, "the last that were known are better than nobody");
    balancer.set(Some(&["127.0.0.1:3000".to_owned()]));
    assert_eq!(balancer.addresses(), ["127.0.0.1:3000"]);
}

#[test]
fn of_many_endpoints_a_stable_part_is_taken() {
    let (balancer, _) = balancer(100);
    let taken = balancer.addresses();
    assert_eq!(taken.len(), SUBSET);
    let more: Vec<String> = (0..101).map(|n| format!("127.0.0.1:{}", 1000 + n)).collect();
    balancer.set(Some(&more));
    let kept = balancer.addresses().iter().filter(|one| taken.contains(one)).count();
    assert!(kept >= SUBSET - 1);
}
