//! Where monotonic time and chance come from: handed in, so that algorithms are tested with values.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

/// A clock that never goes back. It measures durations and knows no date.
pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> Instant;
}

/// The runtime's clock: the machine's, or in a test with paused time the one that the test moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeClock;

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Chance, for spreading load and delays. Nothing secret may be made from it.
pub trait Chance: Debug + Send + Sync {
    /// 64 random bits.
    fn bits(&self) -> u64;

    /// A number in 0..1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
    fn unit(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `bound`, or 0 if that is 0.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    fn below(&self, bound: usize) -> usize {
        self.bits().checked_rem(bound as u64).unwrap_or_default() as usize
    }

    /// `value` times a factor in 1 - `spread` .. 1 + `spread`.
    fn around(&self, value: f64, spread: f64) -> f64 {
        value * (1.0 + spread * (2.0 * self.unit() - 1.0))
    }
}

/// The generator SplitMix64 (Steele, Lea, Flood 2014), whose state is one atomic word: no lock.
#[derive(Debug)]
pub struct SplitMix(AtomicU64);

impl SplitMix {
    pub const fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Chance for SplitMix {
    fn bits(&self) -> u64 {
        const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        mix(self.0.fetch_add(GOLDEN_GAMMA, Relaxed).wrapping_add(GOLDEN_GAMMA))
    }
}

/// Spreads the bits of a number: the finaliser of SplitMix64.
pub(crate) const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for the seed 1234567.
    #[test]
    fn the_generator_agrees_with_its_reference() {
        let chance = SplitMix::seeded(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| chance.bits()).collect();
        let reference =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, reference);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let chance = SplitMix::seeded(1);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&chance.unit()));
            assert!(chance.below(3) < 3);
            assert!((95.0..=105.0).contains(&chance.around(100.0, 0.05)));
        }
        assert_eq!(chance.below(0), 0);
    }
}
