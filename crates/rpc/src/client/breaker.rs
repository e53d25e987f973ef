//! A circuit breaker: stops asking a backend that does not answer.
//!
//! Closed, it counts the calls of a sliding window. When enough of them failed, or so many in a row that nothing can be
//! getting through any more, it opens: calls are refused at once. After a pause it lets one call through as a probe; success
//! closes it, failure opens it for twice as long. The pause ends early when the backend is seen to be back
//! ([`Breaker::end_pause`]).

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
    /// Fewer calls than this in the window prove nothing; so many failures in a row open it whatever went well before: with a
    /// steady load it would otherwise take half of the window to notice that a backend is gone.
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

    /// Lets the next probe go out now: something says that the backend is there again.
    pub(crate) fn end_pause(&self, now: Instant) {
        if let State::Open { until, .. } = &mut *self.lock() {
            *until = now.min(*until);
        }
    }

    /// Whether calls are refused.
    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open { .. })
    }

    /// Whether this opened a circuit that was closed.
    fn record(&self, probe: bool, success: bool, now: Instant) -> bool {
        let limits = self.limits;
        let mut state = self.lock();
        let next = match &mut *state {
            State::Closed(window) => {
                window.record(success, now);
                let (calls, failures) = window.totals(now);
                let often = u64::from(failures) * 100 >= u64::from(calls) * u64::from(limits.failure_percent);
                let tripped = calls >= limits.min_calls && (often || window.in_a_row() >= limits.min_calls);
                tripped.then(|| limits.opened(limits.open, now))
            }
            State::Open { .. } if probe && success => Some(State::Closed(Window::new(limits.window, now))),
            State::Open { pause, .. } if probe => Some(limits.opened(*pause * 2, now)),
            // A call from before the circuit opened came home late.
            State::Open { .. } => None,
        };
        let opened = matches!((&*state, &next), (State::Closed(_), Some(State::Open { .. })));
        if let Some(next) = next {
            *state = next;
        }
        opened
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

/// The shortest retry delay of a refused call, while a probe is in flight.
const LEAST_WAIT: Duration = Duration::from_millis(100);

impl Limits {
    fn opened(&self, pause: Duration, now: Instant) -> State {
        let pause = pause.min(self.open_max);
        State::Open { until: now + pause, pause, probing: false }
    }
}

impl Permit<'_> {
    /// Says how the call went. Whether that opened a circuit that was closed.
    pub(crate) fn record(mut self, success: bool, now: Instant) -> bool {
        // There is nothing left for `drop` to give back.
        let probe = std::mem::take(&mut self.probe);
        self.breaker.record(probe, success, now)
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

    /// Good and bad ones in turns, a good one ahead as far as they go.
    fn mixed(breaker: &Breaker, successes: u32, failures: u32, now: Instant) {
        let (mut good, mut bad) = (0, 0);
        while good + bad < successes + failures {
            let success = good < successes && (good < bad + 2 || bad == failures);
            breaker.admit(now).unwrap().record(success, now);
            *(if success { &mut good } else { &mut bad }) += 1;
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
            mixed(&breaker, successes, failures, now);
            assert_eq!(breaker.is_open(), open, "{successes} good, {failures} bad");
        }
    }

    #[test]
    fn f07_twenty_failures_in_a_row_open_it_whatever_went_well_before() {
        let now = Instant::now();
        let breaker = Breaker::new(LIMITS, now);
        calls(&breaker, 1000, 19, now);
        assert!(!breaker.is_open());
        assert!(breaker.admit(now).unwrap().record(false, now), "the twentieth opens it");
        let breaker = Breaker::new(LIMITS, now);
        for n in 0..40 {
            calls(&breaker, 0, 1, now + seconds(n));
        }
        assert!(!breaker.is_open(), "one a second is too few to prove anything");
    }

    #[test]
    fn f07_a_backend_that_is_back_ends_the_pause() {
        let now = Instant::now();
        let breaker = opened(now);
        breaker.end_pause(now);
        let probe = breaker.admit(now).unwrap();
        breaker.end_pause(now);
        assert_eq!(breaker.admit(now).unwrap_err(), LEAST_WAIT, "still one probe at a time");
        assert!(!probe.record(false, now), "it was open before");
        assert_eq!(
            breaker.admit(now).unwrap_err(),
            seconds(4),
            "a probe that fails makes the pause longer all the same"
        );
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
