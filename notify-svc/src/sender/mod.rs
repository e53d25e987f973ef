//! Sends what is due of one medium.
//!
//! Any number of processes may run it: each takes messages that no one else has, for the time that a try can last at the most.
//! A process that dies in a try leaves its messages to the others after that time; the message may then arrive twice (a mail with
//! the same `Message-ID`). Tries run side by side, so one that waits for a slow answer holds up no one while there are others
//! free. Each medium has a sender of its own: while one is unavailable, the other goes on.

mod rest;
mod wake;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use rand::rngs::StdRng;
use sqlx::PgPool;
use tokio::task::JoinSet;

use self::rest::{Rest, Seen};
pub use self::wake::Wake;
use crate::channel::{Channel, Failure};
use crate::message::Writer;
use crate::phone::CODE_LIFE;
use crate::schedule;
use crate::store::messages::{self, Medium, Row};
use crate::text::CODE;

/// How often what became due by itself is looked for.
const POLL: Duration = Duration::from_millis(500);

/// How often the end of a try is written down again when the database is unavailable, once a second.
const NOTES: u32 = 30;

/// How much longer than a try a message is kept from others.
const SLACK: Duration = Duration::from_secs(60);

/// What a sender works with.
pub struct Sender {
    /// The schema `notify`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// What it sends.
    pub medium: Medium,
    /// Writes messages.
    pub writer: Arc<Writer>,
    /// Takes them.
    pub channel: Arc<Channel>,
    /// How long, how many, how old.
    pub settings: curtail_config::Notify,
    /// Spreads tries.
    pub rng: Mutex<StdRng>,
    /// Says that there is something new.
    pub wake: Wake,
}

impl Sender {
    /// Sends until the process drains, then waits for the tries that are under way.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let sender = Arc::new(self);
        let (mut tries, mut rest) = (JoinSet::new(), Rest::default());
        while !shutdown.is_draining() {
            // While the server is unavailable, one message asks for it.
            let most = if rest.pause.is_zero() { sender.settings.mail_in_flight } else { 1 };
            sender.begin(most.saturating_sub(tries.len()), &mut tries).await;
            tokio::select! {
                Some(Ok(seen)) = tries.join_next() => {
                    rest.note(seen);
                    while let Some(Ok(seen)) = tries.try_join_next() {
                        rest.note(seen);
                    }
                    if !rest.pause.is_zero() {
                        shutdown.sleep(rest.pause).await;
                    }
                }
                () = sender.wake.notified(sender.medium) => {}
                _ = shutdown.sleep(POLL) => {}
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
        match messages::claim(&self.pool, self.medium, free, self.clock.now(), lease).await {
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
        if now - row.created_at > self.life(&row) {
            let last = if row.error.is_empty() { "never tried" } else { &row.error };
            self.end(&row, End::Dead(format!("too old; last: {last}"))).await;
            return true;
        }
        let message = match self.writer.write(&row) {
            Ok(message) => message,
            Err(error) => {
                let kind = row.kind.as_str();
                tracing::error!(kind, error = &error as &dyn std::error::Error, "a message can not be written");
                self.end(&row, End::Dead(error.to_string())).await;
                return true;
            }
        };
        let (end, there) = match self.channel.send(&message).await {
            Ok(()) => (End::Sent, true),
            Err(Failure::Refused(error)) => (End::Dead(error), true),
            Err(Failure::Later { error, after }) => (End::Later(error, after), true),
            Err(Failure::Away(error)) => (End::Away(error), false),
        };
        self.end(&row, end).await;
        there
    }

    /// How old a message may get before it is given up.
    fn life(&self, row: &Row) -> time::Duration {
        if row.kind == CODE { CODE_LIFE } else { time::Duration::hours(self.settings.give_up_hours) }
    }

    /// Writes down how a try ended. When that fails for good the message is tried once more after its lease.
    async fn end(&self, row: &Row, end: End) {
        let counter = match self.medium {
            Medium::Mail => "notify_mails_total",
            Medium::Text => "notify_texts_total",
        };
        metrics::counter!(counter, "outcome" => end.name()).increment(1);
        if let End::Later(error, _) | End::Away(error) | End::Dead(error) = &end {
            tracing::warn!(kind = row.kind, outcome = end.name(), error, "a message did not leave");
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
            End::Later(error, after) => {
                let pause = after.and_then(|after| after.try_into().ok()).unwrap_or_else(|| {
                    let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
                    schedule::pause(row.attempts.saturating_add(1), &mut *rng)
                });
                messages::again(&self.pool, &row.id, now + pause, true, error).await
            }
        }
    }
}

/// How a try ended.
enum End {
    Sent,
    /// With the pause that the other side asked for.
    Later(String, Option<Duration>),
    Away(String),
    Dead(String),
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Later(..) => "later",
            Self::Away(_) => "away",
            Self::Dead(_) => "dead",
        }
    }
}
