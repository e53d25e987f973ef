//! Sends what is due.
//!
//! Any number of processes may run it: each takes messages that nobody else has, for the time that a try can last at the most.
//! A process that dies in a try leaves its messages to the others after that time; the mail may then arrive twice, with the
//! same `Message-ID`. Tries run side by side, so one that waits for a slow answer holds up nobody while there are others free.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clock::Clock;
use lifecycle::Shutdown;
use rand::CryptoRng;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::channel::{Channel, Failure};
use crate::mail::Composer;
use crate::schedule;
use crate::store::messages::{self, Row};

/// How often what became due by itself is looked for.
const POLL: Duration = Duration::from_millis(500);

/// The pauses while the server is away: the first, and the longest.
const AWAY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// How often the end of a try is written down again when the database is away, once a second.
const NOTES: u32 = 30;

/// How much longer than a try a message is kept from others.
const SLACK: Duration = Duration::from_secs(60);

/// What a sender works with.
pub struct Sender {
    /// The schema `notify`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// Writes mails.
    pub composer: Composer,
    /// Takes them.
    pub channel: Channel,
    /// How long, how many, how old.
    pub settings: config::Notify,
    /// Spreads tries.
    pub rng: Mutex<Box<dyn CryptoRng + Send>>,
    /// Says that there is something new.
    pub wake: Arc<Notify>,
}

/// Whether the server was there for a try.
#[derive(Clone, Copy, Debug)]
struct Seen {
    there: bool,
    began: Instant,
}

/// How long nothing is sent because the server is away.
#[derive(Debug, Default)]
struct Rest {
    pause: Duration,
    since: Option<Instant>,
}

impl Rest {
    /// Notes a try. Those that began before the rest fail for the reason that is known already.
    fn note(&mut self, seen: Seen) {
        if seen.there {
            *self = Self::default();
        } else if self.since.is_none_or(|since| seen.began > since) {
            self.pause = (self.pause * 2).clamp(AWAY.0, AWAY.1);
            self.since = Some(Instant::now());
        }
    }
}

impl Sender {
    /// Sends until the process drains, then waits for the tries that are under way.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let sender = Arc::new(self);
        let (mut tries, mut rest) = (JoinSet::new(), Rest::default());
        while !shutdown.is_draining() {
            // While the server is away, one message asks for it.
            let most = if rest.pause.is_zero() { sender.settings.mail_in_flight } else { 1 };
            sender.begin(most.saturating_sub(tries.len()), &mut tries).await;
            tokio::select! {
                Some(Ok(seen)) = tries.join_next() => {
                    rest.note(seen);
                    while let Some(Ok(seen)) = tries.try_join_next() {
                        rest.note(seen);
                    }
                    if !rest.pause.is_zero() {
                        wait(rest.pause, &shutdown).await;
                    }
                }
                () = sender.wake.notified() => {}
                () = wait(POLL, &shutdown) => {}
            }
        }
        while tries.join_next().await.is_some() {}
        Ok(())
    }

    /// Begins as many tries as there are messages due and places free.
    async fn begin(self: &Arc<Self>, free: usize, tries: &mut JoinSet<Seen>) {
        if free == 0 {
            return;
        }
        let lease = Duration::from_millis(2 * self.settings.mail_timeout_ms) + SLACK;
        let lease = time::Duration::try_from(lease).unwrap_or(time::Duration::HOUR);
        match messages::claim(&self.pool, free, self.clock.now(), lease).await {
            Ok(rows) => {
                for row in rows {
                    let sender = Arc::clone(self);
                    let began = Instant::now();
                    tries.spawn(async move { Seen { there: sender.attempt(row).await, began } });
                }
            }
            Err(error) => tracing::warn!(%error, "messages that are due can not be read"),
        }
    }

    /// One try; whether the server was there, as far as is known.
    async fn attempt(&self, row: Row) -> bool {
        let now = self.clock.now();
        if now - row.created_at > time::Duration::hours(self.settings.give_up_hours) {
            let last = if row.error.is_empty() { "never tried" } else { &row.error };
            self.end(&row, End::Dead(format!("too old; last: {last}"))).await;
            return true;
        }
        let mail = match self.composer.compose(&row) {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(kind = row.kind, error = &error as &dyn std::error::Error, "a mail can not be written");
                self.end(&row, End::Dead(error.to_string())).await;
                return true;
            }
        };
        let (end, there) = match self.channel.send(&mail).await {
            Ok(()) => (End::Sent, true),
            Err(Failure::Refused(error)) => (End::Dead(error), true),
            Err(Failure::Later(error)) => (End::Later(error), true),
            Err(Failure::Away(error)) => (End::Away(error), false),
        };
        self.end(&row, end).await;
        there
    }

    /// Writes down how a try ended. When that fails for good the message is tried once more after its lease.
    async fn end(&self, row: &Row, end: End) {
        metrics::counter!("notify_mails_total", "outcome" => end.name()).increment(1);
        if let End::Later(error) | End::Away(error) | End::Dead(error) = &end {
            tracing::warn!(kind = row.kind, outcome = end.name(), error, "a mail did not leave");
        }
        for _ in 0..NOTES {
            match self.note(row, &end).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the end of a try can not be written down yet"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn note(&self, row: &Row, end: &End) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        match end {
            End::Sent => messages::sent(&self.pool, &row.id, now).await,
            End::Dead(error) => messages::dead(&self.pool, &row.id, now, error).await,
            End::Away(error) => messages::again(&self.pool, &row.id, now, false, error).await,
            End::Later(error) => {
                let pause = schedule::pause(
                    row.attempts.saturating_add(1),
                    &mut *self.rng.lock().unwrap_or_else(PoisonError::into_inner),
                );
                messages::again(&self.pool, &row.id, now + pause, true, error).await
            }
        }
    }
}

/// How a try ended.
enum End {
    Sent,
    Later(String),
    Away(String),
    Dead(String),
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Later(_) => "later",
            Self::Away(_) => "away",
            Self::Dead(_) => "dead",
        }
    }
}

async fn wait(pause: Duration, shutdown: &Shutdown) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = shutdown.draining() => {}
    }
}
