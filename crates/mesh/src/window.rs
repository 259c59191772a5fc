//! A rolling window: the recent past in buckets of equal length.

use std::time::{Duration, Instant};

/// Buckets in a ring. A bucket is emptied when time comes round to it again.
#[derive(Clone, Debug)]
pub(crate) struct Window<B> {
    buckets: Vec<B>,
    span: Duration,
    start: Instant,
    /// Number of the present bucket, counted from `start`.
    present: u64,
}

impl<B: Default + Clone> Window<B> {
    pub fn new(count: usize, span: Duration, start: Instant) -> Self {
        Self { buckets: vec![B::default(); count], span, start, present: 0 }
    }

    /// The bucket of this moment.
    pub fn at(&mut self, now: Instant) -> &mut B {
        self.advance(now);
        let index = self.index(self.present);
        &mut self.buckets[index]
    }

    /// The window at this moment, oldest bucket first, ending with the present one.
    pub fn recent(&mut self, now: Instant) -> impl DoubleEndedIterator<Item = &B> {
        self.advance(now);
        let (newest, oldest) = self.buckets.split_at(self.index(self.present) + 1);
        oldest.iter().chain(newest)
    }

    /// The window without the present bucket, which is not full yet.
    pub fn complete(&mut self, now: Instant) -> impl Iterator<Item = &B> {
        self.recent(now).rev().skip(1)
    }

    /// Empties the buckets that time has passed over since the last call. A moment before that counts
    /// as the present one.
    fn advance(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.start).as_nanos() / self.span.as_nanos();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let steps = passed.saturating_sub(self.present).min(self.buckets.len() as u64);
        for step in 0..steps {
            let index = self.index(passed - step);
            self.buckets[index] = B::default();
        }
        self.present = self.present.max(passed);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    fn index(&self, number: u64) -> usize {
        (number % self.buckets.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_millis(100);

    fn seen(window: &mut Window<u32>, now: Instant) -> Vec<u32> {
        window.recent(now).copied().collect()
    }

    #[test]
    fn buckets_leave_when_the_window_has_passed() {
        let start = Instant::now();
        let mut window = Window::<u32>::new(3, SPAN, start);
        *window.at(start) += 1;
        *window.at(start + SPAN) += 2;
        assert_eq!(seen(&mut window, start + SPAN), [0, 1, 2]);
        assert_eq!(seen(&mut window, start + 2 * SPAN), [1, 2, 0]);
        assert_eq!(seen(&mut window, start + 3 * SPAN), [2, 0, 0]);
        assert_eq!(seen(&mut window, start + 400 * SPAN), [0, 0, 0]);
    }

    #[test]
    fn a_moment_that_was_measured_earlier_counts_as_the_present() {
        let start = Instant::now();
        let mut window = Window::<u32>::new(3, SPAN, start);
        *window.at(start + 2 * SPAN) += 1;
        *window.at(start) += 1;
        assert_eq!(seen(&mut window, start), [0, 0, 2]);
    }

    #[test]
    fn the_present_bucket_is_not_complete() {
        let start = Instant::now();
        let mut window = Window::<u32>::new(3, SPAN, start);
        *window.at(start) += 1;
        *window.at(start + SPAN) += 7;
        assert_eq!(window.complete(start + SPAN).sum::<u32>(), 1);
    }
}
