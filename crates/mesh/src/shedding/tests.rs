use super::*;
use crate::test_clock::TestClock;
use proptest::prelude::*;

const ALL: [Priority; 4] = [Priority::Save, Priority::Read, Priority::List, Priority::Export];
const MS: Duration = Duration::from_millis(1);

fn shedder(cpu: u32, max_in_flight: usize) -> (Arc<Shedder>, Arc<CpuGauge>, TestClock) {
    let (clock, cpu) = (TestClock::default(), Arc::new(CpuGauge::fixed(cpu)));
    (Shedder::new(Arc::new(clock.clone()), cpu.clone(), max_in_flight), cpu, clock)
}

/// Holds 20 calls in flight until their average is near that number, at 10 ms each: in each bucket
/// of 100 ms some calls end.
fn crowd(shedder: &Arc<Shedder>, clock: &TestClock) -> Vec<Ticket> {
    let held: Vec<_> = (0..20).map(|_| shedder.admit(Priority::Save).unwrap()).collect();
    for _ in 0..100 {
        let short = shedder.admit(Priority::Save).unwrap();
        clock.advance(10 * MS);
        drop(short);
    }
    held
}

#[test]
fn an_idle_processor_refuses_nothing() {
    let (shedder, _, clock) = shedder(100, 1000);
    let held = crowd(&shedder, &clock);
    assert_eq!(shedder.in_flight(), held.len());
    assert!(shedder.admit(Priority::Export).is_ok());
}

/// 10 end per bucket of 100 ms, in 10 ms each: 10 × 10 buckets/s × 0.010 s = 1 in flight is enough.
#[test]
fn what_can_be_finished_follows_from_what_was() {
    let (shedder, _, clock) = shedder(0, 1000);
    let _held = crowd(&shedder, &clock);
    let mut state = shedder.state();
    assert!((state.max_flight(clock.now()) - 1.0).abs() < 1e-9);
    assert!((state.average_flying - 20.0).abs() < 0.1, "{}", state.average_flying);
}

#[test]
fn a_busy_processor_refuses_exports_first_and_saves_last() {
    let (shedder, cpu, clock) = shedder(0, 1000);
    let _held = crowd(&shedder, &clock);
    let passes = |at: u32| {
        cpu.set(at);
        clock.advance(2 * COOL_OFF);
        // Two seconds later the window still knows the calls.
        ALL.map(|one| shedder.admit(one).is_ok())
    };
    assert_eq!(passes(799), [true, true, true, true]);
    assert_eq!(passes(849), [true, true, true, false]);
    cpu.set(930);
    assert_eq!(
        [Priority::Save, Priority::Read].map(|one| shedder.admit(one).is_ok()),
        [true, false]
    );
    cpu.set(960);
    let refused = shedder.admit(Priority::Save).unwrap_err();
    assert_eq!(refused.reason, Reason::Overloaded);
    assert!(refused.to_string().ends_with("try again in 1 s"), "{refused}");
}

#[test]
fn a_busy_processor_with_few_calls_refuses_nothing() {
    let (shedder, _, _) = shedder(1000, 1000);
    for _ in 0..100 {
        drop(shedder.admit(Priority::Export).unwrap());
    }
}

#[test]
fn so_few_that_they_are_soon_done_are_spared() {
    for (spared, expected) in
        [(20, [false; 4]), (21, [true, false, false, false]), (210, [true; 4])]
    {
        let (clock, cpu) = (TestClock::default(), Arc::new(CpuGauge::fixed(0)));
        let shedder = Shedder::sparing(Arc::new(clock.clone()), cpu.clone(), 1000, spared);
        let _held = crowd(&shedder, &clock);
        cpu.set(1000);
        assert_eq!(ALL.map(|one| shedder.admit(one).is_ok()), expected, "{spared}");
    }
}

#[test]
fn after_a_refusal_it_stays_careful_for_a_second() {
    let (shedder, cpu, clock) = shedder(0, 1000);
    let _held = crowd(&shedder, &clock);
    cpu.set(1000);
    assert!(shedder.admit(Priority::Read).is_err());
    cpu.set(0);
    assert!(shedder.admit(Priority::Read).is_err());
    assert!(shedder.admit(Priority::Save).is_ok(), "saves pass as soon as the processor is free");
    clock.advance(COOL_OFF);
    assert!(shedder.admit(Priority::Read).is_ok());
}

#[test]
fn the_bound_leaves_room_for_saves() {
    let (shedder, _, _) = shedder(0, 20);
    let mut held = Vec::new();
    for (priority, room) in ALL.into_iter().rev().zip([10, 15, 18, 20]) {
        while let Ok(ticket) = shedder.admit(priority) {
            held.push(ticket);
        }
        assert_eq!(held.len(), room, "{priority:?}");
    }
    assert_eq!(shedder.admit(Priority::Save).unwrap_err().reason, Reason::Full);
    held.clear();
    assert_eq!(shedder.in_flight(), 0);
}

#[test]
fn a_failed_call_says_nothing_about_latency() {
    let (shedder, _, clock) = shedder(0, 10);
    shedder.admit(Priority::Save).unwrap().failed();
    clock.advance(200 * MS);
    assert_eq!(shedder.in_flight(), 0);
    assert_eq!(shedder.state().finished.recent(clock.now()).map(|one| one.count).sum::<u32>(), 0);
}

proptest! {
    /// Whatever comes and goes, the bound holds and what is more important is never worse off.
    #[test]
    fn the_bound_holds(steps in proptest::collection::vec((0..4_usize, 0..1000_u32, 0..50_u64), 1..200)) {
        let (shedder, cpu, clock) = shedder(0, 20);
        let mut held = std::collections::VecDeque::new();
        for (what, load, ms) in steps {
            cpu.set(load);
            clock.advance(Duration::from_millis(ms));
            match shedder.admit(ALL[what]) {
                Ok(ticket) => held.push_back(ticket),
                Err(_) => drop(held.pop_front()),
            }
            prop_assert!(held.len() <= 20);
            prop_assert_eq!(shedder.in_flight(), held.len());
        }
    }
}
