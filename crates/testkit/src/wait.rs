//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// What is promised within a second or at once comes by itself and not by a timer, which is what tests look for: on a machine that
/// is busy with other tests it may take this long. `bench/` measures how long clicks, changes and searches take.
pub const PROMPT: Duration = Duration::from_secs(5);

/// Polls until `condition` holds.
///
/// # Panics
/// With `what` when it does not hold within `timeout`.
pub async fn until<F: AsyncFnMut() -> bool>(condition: F, timeout: Duration, what: &str) {
    assert!(holds_within(condition, timeout).await, "not within {timeout:?}: {what}");
}

/// Polls until `condition` holds and says whether it did within `timeout`.
pub async fn holds_within<F: AsyncFnMut() -> bool>(mut condition: F, timeout: Duration) -> bool {
    let deadline = Instant::now() + timeout;
    let mut pause = Duration::from_millis(2);
    loop {
        if condition().await {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn until_returns_when_the_condition_holds() {
        let mut polls = 0;
        until(
            async || {
                polls += 1;
                polls == 3
            },
            Duration::from_secs(5),
            "third poll",
        )
        .await;
        assert_eq!(polls, 3);
    }

    #[tokio::test]
    async fn a_condition_that_never_holds_is_given_up() {
        assert!(!holds_within(async || false, Duration::from_millis(20)).await);
    }
}
