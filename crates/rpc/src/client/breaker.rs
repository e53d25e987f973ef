//! A circuit breaker: stops asking a backend that does not answer.
//!
//! Closed, it counts the calls of a sliding window. When enough of them failed it opens: calls are refused at once. After
//! a pause it lets one call through as a probe; success closes it, failure opens it for twice as long.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::window::Window;

/// When to open and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Share of failed calls, in per cent, from which on it opens.
    pub(crate) failure_percent: u32,
    /// Fewer calls than this in the window prove nothing.
    pub(crate) min_calls: u32,
    /// How far back calls count.
    pub(crate) window: Duration,
    /// The first pause.
    pub(crate) open: Duration,
    /// The longest pause.
    pub(crate) open_max: Duration,
}

/// One breaker stands for one backend.
#[derive(Debug)]
pub(crate) struct Breaker {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    /// Refuses until `until`; then one probe goes out, and `probing` keeps the others back.
    Open {
        until: Instant,
        pause: Duration,
        probing: bool,
    },
}

/// Permission for one call. Dropping it without [`Permit::record`] says nothing about the backend.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Self { limits, state: Mutex::new(State::Closed(Window::new(limits.window, now))) }
    }

    /// Asks to make a call.
    ///
    /// # Errors
    /// How long the circuit stays open at least.
    pub(crate) fn admit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        match &mut *self.lock() {
            State::Closed(_) => Ok(Permit { breaker: self, probe: false }),
            State::Open { until, probing, .. } if *until <= now && !*probing => {
                *probing = true;
                Ok(Permit { breaker: self, probe: true })
            }
            State::Open { until, .. } => Err(until.saturating_duration_since(now).max(LEAST_WAIT)),
        }
    }

    /// Whether calls are refused.
    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open { .. })
    }

    fn record(&self, probe: bool, success: bool, now: Instant) {
        let limits = self.limits;
        let mut state = self.lock();
        let next = match &mut *state {
            State::Closed(window) => {
                window.record(success, now);
                let (calls, failures) = window.totals(now);
                let tripped = calls >= limits.min_calls && failures * 100 >= calls * limits.failure_percent;
                tripped.then(|| limits.opened(limits.open, now))
            }
            State::Open { .. } if probe && success => Some(State::Closed(Window::new(limits.window, now))),
            State::Open { pause, .. } if probe => Some(limits.opened(*pause * 2, now)),
            // A call from before the circuit opened came home late.
            State::Open { .. } => None,
        };
        if let Some(next) = next {
            *state = next;
        }
    }

    fn forget_probe(&self) {
        if let State::Open { probing, .. } = &mut *self.lock() {
            *probing = false;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a refused call is told to wait at least, for the time that a probe is on its way.
const LEAST_WAIT: Duration = Duration::from_millis(100);

impl Limits {
    fn opened(&self, pause: Duration, now: Instant) -> State {
        let pause = pause.min(self.open_max);
        State::Open { until: now + pause, pause, probing: false }
    }
}

impl Permit<'_> {
    /// Says how the call went.
    pub(crate) fn record(mut self, success: bool, now: Instant) {
        self.breaker.record(self.probe, success, now);
        // There is nothing left for `drop` to give back.
        self.probe = false;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.forget_probe();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        failure_percent: 50,
        min_calls: 20,
        window: Duration::from_secs(10),
        open: Duration::from_secs(2),
        open_max: Duration::from_secs(30),
    };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn calls(breaker: &Breaker, successes: u32, failures: u32, now: Instant) {
        for n in 0..successes + failures {
            breaker.admit(now).unwrap().record(n < successes, now);
        }
    }

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new(LIMITS, now);
        calls(&breaker, 0, 20, now);
        assert!(breaker.is_open());
        breaker
    }

    #[test]
    fn opens_at_half_of_twenty_and_not_one_before() {
        let now = Instant::now();
        for (successes, failures, open) in
            [(0, 19, false), (0, 20, true), (10, 10, true), (11, 9, false), (30, 29, false)]
        {
            let breaker = Breaker::new(LIMITS, now);
            calls(&breaker, successes, failures, now);
            assert_eq!(breaker.is_open(), open, "{successes} good, {failures} bad");
        }
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let now = Instant::now();
        let breaker = Breaker::new(LIMITS, now);
        calls(&breaker, 0, 19, now);
        calls(&breaker, 0, 19, now + seconds(11));
        assert!(!breaker.is_open());
        calls(&breaker, 0, 1, now + seconds(12));
        assert!(breaker.is_open());
    }

    #[test]
    fn open_refuses_and_says_for_how_long() {
        let now = Instant::now();
        let breaker = opened(now);
        assert_eq!(breaker.admit(now).unwrap_err(), seconds(2));
        assert_eq!(breaker.admit(now + Duration::from_millis(500)).unwrap_err(), Duration::from_millis(1500));
    }

    #[test]
    fn one_probe_closes_it_again() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + seconds(2);
        let probe = breaker.admit(later).unwrap();
        assert_eq!(breaker.admit(later).unwrap_err(), LEAST_WAIT, "one probe at a time");
        probe.record(true, later);
        assert!(!breaker.is_open());
        calls(&breaker, 0, 19, later);
        assert!(!breaker.is_open(), "the window started afresh");
    }

    #[test]
    fn failed_probes_double_the_pause_up_to_the_longest() {
        let mut now = Instant::now();
        let breaker = opened(now);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let pause = breaker.admit(now).unwrap_err();
            pauses.push(pause.as_secs());
            now += pause;
            breaker.admit(now).unwrap().record(false, now);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn an_abandoned_probe_makes_room_for_the_next() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + seconds(2);
        drop(breaker.admit(later).unwrap());
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn late_calls_from_before_do_not_touch_an_open_circuit() {
        let now = Instant::now();
        let breaker = Breaker::new(LIMITS, now);
        let late = breaker.admit(now).unwrap();
        calls(&breaker, 0, 20, now);
        late.record(true, now);
        assert!(breaker.is_open());
    }
}
