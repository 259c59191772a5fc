//! Random moments that can be had again: the seed is printed, and may be given.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// Set to a printed seed to repeat a run.
const SEED: &str = "CASEBOOK_TEST_SEED";

/// A SplitMix64 generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(test: &str) -> Self {
        let given = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(test));
        println!("{test}: {SEED}={seed}");
        Self(seed)
    }

    /// Another generator, for somebody who works beside this one.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number from 0 up to, but not including, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A span of time shorter than `end`, in whole microseconds.
    pub fn shorter_than(&mut self, end: Duration) -> Duration {
        let end_us = u64::try_from(end.as_micros()).unwrap();
        Duration::from_micros(self.below(end_us.max(1)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
