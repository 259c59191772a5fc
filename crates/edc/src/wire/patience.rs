//! Tries a change again that others, in this process or another, keep from being decided in peace.

use std::time::{Duration, Instant};

use contract::Context;

use crate::{Failure, failure::Result};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// For whoever says no time.
const USUAL_TIME: Duration = Duration::from_secs(10);
/// What a last attempt and its answer need of the time that is left.
const LAST_ATTEMPT: Duration = Duration::from_millis(250);

/// The first answer that is not `BUSY`, as long as there is time for another attempt. An attempt that
/// is busy has written nothing, and the id of the request is the same each time.
pub(super) async fn patiently<T, W>(context: &Context, attempt: impl Fn() -> W) -> Result<T>
where
    W: Future<Output = Result<T>>,
{
    let ends = context.deadline.unwrap_or_else(|| Instant::now() + USUAL_TIME);
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = attempt().await;
        let is_busy = matches!(answer, Err(Failure::Busy(_)));
        if !is_busy || Instant::now() + pause + LAST_ATTEMPT > ends {
            return answer;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use contract::Caller;

    use super::*;

    fn context(time: Duration) -> Context {
        let context = Context::new(Caller::system("test"), "system", "1");
        context.with_deadline(Instant::now() + time)
    }

    async fn busy_before(context: &Context, count: u32) -> (Result<u32>, u32) {
        let attempts = AtomicU32::new(0);
        let answer = patiently(context, || async {
            let attempt = attempts.fetch_add(1, Relaxed);
            if attempt < count { Err(Failure::Busy("S1".to_owned())) } else { Ok(attempt) }
        });
        (answer.await, attempts.load(Relaxed))
    }

    #[tokio::test]
    async fn who_is_busy_is_tried_again() {
        let (answer, attempts) = busy_before(&context(Duration::from_secs(30)), 3).await;
        assert_eq!((answer.unwrap(), attempts), (3, 4));
    }

    #[tokio::test]
    async fn it_is_said_in_time_that_it_was_not_done() {
        let time = Duration::from_millis(300);
        let began = Instant::now();
        let (answer, attempts) = busy_before(&context(time), u32::MAX).await;
        assert!(matches!(answer, Err(Failure::Busy(_))));
        assert!(attempts > 1 && began.elapsed() < time, "{attempts} in {:?}", began.elapsed());
    }

    #[tokio::test]
    async fn another_failure_is_told_at_once() {
        let attempts = AtomicU32::new(0);
        let answer: Result<()> = patiently(&context(Duration::from_secs(30)), || async {
            attempts.fetch_add(1, Relaxed);
            Err(Failure::Broke("it broke".to_owned()))
        })
        .await;
        assert!(answer.is_err());
        assert_eq!(attempts.load(Relaxed), 1);
    }
}
