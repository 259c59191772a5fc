use super::*;
use crate::{clock::SplitMix, test_clock::TestClock};
use proptest::prelude::*;

/// Always the same chance.
#[derive(Debug)]
struct Fixed(f64);

impl Chance for Fixed {
    fn bits(&self) -> u64 {
        0
    }

    fn unit(&self) -> f64 {
        self.0
    }
}

fn breaker(chance: f64) -> (Breaker, TestClock) {
    let clock = TestClock::default();
    (Breaker::new(Arc::new(clock.clone()), Arc::new(Fixed(chance))), clock)
}

fn record(breaker: &Breaker, outcome: Outcome, times: usize) {
    (0..times).for_each(|_| breaker.record(outcome));
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn five_failures_are_not_enough() {
    let (breaker, _) = breaker(0.0);
    record(&breaker, Outcome::Failed, 5);
    assert!(near(breaker.state().refusing, 0.0));
    assert_eq!(breaker.admit(), Ok(()));
}

/// 100 failures in one bucket: k = 1.5 - 0.4 * 1/40 = 1.49, no accepts: (100 - 5) / 101.
#[test]
fn only_failures_are_refused_almost_always() {
    let (breaker, _) = breaker(0.9);
    record(&breaker, Outcome::Failed, 100);
    assert!(near(breaker.state().refusing, 95.0 / 101.0));
    assert_eq!(breaker.admit(), Err(Open));
    assert_eq!(breaker.state().refused, 1);
    assert!(near(breaker.state().refusing, 96.0 / 102.0), "a refusal counts in the total");
}

/// 40 answered and 60 failed in one bucket: (100 - 5 - 1.5 * 40) / 101.
#[test]
fn half_the_failures_are_refused_a_third_of_the_time() {
    let (breaker, _) = breaker(0.34);
    record(&breaker, Outcome::Answered, 40);
    record(&breaker, Outcome::Failed, 60);
    assert!(near(breaker.state().refusing, 35.0 / 101.0));
    assert_eq!(breaker.admit(), Err(Open));
}

/// Eight buckets with failures only after one with 40 answers: k = 1.5 - 0.4 * 8/40 = 1.42.
#[test]
fn a_run_of_failures_makes_it_stricter() {
    let (breaker, clock) = breaker(0.0);
    record(&breaker, Outcome::Answered, 40);
    for _ in 0..8 {
        clock.advance(Duration::from_millis(250));
        record(&breaker, Outcome::Failed, 10);
    }
    assert!(near(breaker.state().refusing, (120.0 - 5.0 - 1.42 * 40.0) / 121.0));
}

/// Four buckets of successes at the end: the probability shrinks by 4/40.
#[test]
fn a_run_of_successes_makes_it_milder() {
    let (breaker, clock) = breaker(0.0);
    record(&breaker, Outcome::Failed, 100);
    for _ in 0..4 {
        clock.advance(Duration::from_millis(250));
        breaker.record(Outcome::Answered);
    }
    let drop = (104.0 - 5.0 - 1.5 * 4.0) / 105.0;
    assert!(near(breaker.state().refusing, drop * 36.0 / 40.0));
}

#[test]
fn one_call_per_second_passes_however_bad_it_is() {
    let (breaker, clock) = breaker(0.99);
    record(&breaker, Outcome::Failed, 100);
    assert_eq!(breaker.admit(), Ok(()), "0.99 is above the probability, and starts the second");
    record(&breaker, Outcome::Failed, 10_000);
    assert_eq!(breaker.admit(), Err(Open));
    clock.advance(Duration::from_millis(1001));
    assert_eq!(breaker.admit(), Ok(()));
    assert_eq!(breaker.admit(), Err(Open));
}

#[test]
fn ten_seconds_later_everything_is_forgotten() {
    let (breaker, clock) = breaker(0.0);
    record(&breaker, Outcome::Failed, 1000);
    clock.advance(WINDOW);
    assert_eq!(breaker.state().total, 0);
    assert_eq!(breaker.admit(), Ok(()));
}

#[test]
fn a_rule_that_says_no_is_an_answer() {
    for code in [Code::NotFound, Code::PermissionDenied, Code::FailedPrecondition, Code::Aborted] {
        assert_eq!(Outcome::of(code), Outcome::Answered);
    }
    assert_eq!(Outcome::of(Code::DeadlineExceeded), Outcome::Failed);
    assert_eq!(Outcome::of(Code::Cancelled), Outcome::Abandoned);
}

#[test]
fn switched_off_or_reset_it_lets_pass() {
    let (breaker, _) = breaker(0.0);
    record(&breaker, Outcome::Failed, 100);
    breaker.set_enabled(false);
    assert_eq!(breaker.admit(), Ok(()));
    breaker.set_enabled(true);
    assert_eq!(breaker.admit(), Err(Open));
    breaker.reset();
    assert_eq!(breaker.admit(), Ok(()));
}

#[test]
fn methods_do_not_share_their_failures() {
    let chance = Arc::new(SplitMix::seeded(1));
    let breakers = Breakers::new(Arc::new(TestClock::default()), chance);
    record(&breakers.of("/a/Bad"), Outcome::Failed, 1000);
    assert!(breakers.of("/a/Bad").state().refusing > 0.9);
    assert_eq!(breakers.of("/a/Good").admit(), Ok(()));
    assert_eq!(breakers.states().len(), 2);
}

proptest! {
    /// While at least two of three calls are answered, nothing is refused.
    #[test]
    fn mostly_answered_is_never_refused(outcomes in proptest::collection::vec(any::<bool>(), 0..400)) {
        let (breaker, clock) = breaker(0.0);
        for chunk in outcomes.chunks(7) {
            let failures = chunk.iter().filter(|failed| **failed).count();
            record(&breaker, Outcome::Answered, 2 * failures + 1);
            record(&breaker, Outcome::Failed, failures);
            prop_assert_eq!(breaker.admit(), Ok(()));
            clock.advance(Duration::from_millis(90));
        }
    }

    /// The probability is one, whatever happened.
    #[test]
    fn the_probability_is_one(answered in 0..500_usize, failed in 0..500_usize) {
        let (breaker, _) = breaker(0.5);
        record(&breaker, Outcome::Answered, answered);
        record(&breaker, Outcome::Failed, failed);
        prop_assert!((0.0..1.0).contains(&breaker.state().refusing));
    }
}
