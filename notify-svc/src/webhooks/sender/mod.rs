//! The loop that takes what is due, tries it, and writes what came of it.

mod attempt;
pub mod lanes;
pub mod outcome;

use std::time::Duration;

use curtail_lifecycle::Shutdown;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use self::attempt::Made;
use self::lanes::Lanes;
use self::outcome::Tried;
use super::app::App;
use super::store::{due, settle};

/// How often is looked for what came due by itself; news wakes the sender at once.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long something that failed in our own house is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// How much longer than a try may take its delivery is no one else's.
const SLACK: time::Duration = time::Duration::seconds(30);

/// Sends what is due.
pub struct Sender {
    app: App,
    lanes: Lanes,
    rng: StdRng,
    flying: JoinSet<Made>,
}

impl Sender {
    /// A sender with the bounds of the configuration.
    pub fn new(app: App) -> Self {
        let lanes = Lanes::new(app.settings.concurrency, app.settings.endpoint_concurrency);
        Self { lanes, rng: app.fork_rng(), flying: JoinSet::new(), app }
    }

    /// Works until draining begins, and then until what is under way has ended.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        while !shutdown.is_draining() {
            if let Err(error) = self.take().await {
                tracing::warn!(error = %error, "deliveries can not be taken");
                tokio::time::sleep(PAUSE).await;
            }
            let first = tokio::select! {
                Some(made) = self.flying.join_next() => Some(made?),
                () = self.app.due.notified() => None,
                () = tokio::time::sleep(LOOK_EVERY) => None,
                () = shutdown.draining() => None,
            };
            self.finish(first, &shutdown).await?;
        }
        while let Some(made) = self.flying.join_next().await {
            self.finish(Some(made?), &shutdown).await?;
        }
        Ok(())
    }

    async fn take(&mut self) -> Result<(), sqlx::Error> {
        let rooms = self.lanes.rooms();
        if rooms.all == 0 {
            return Ok(());
        }
        let now = self.app.clock.now();
        let until = now + Duration::from_millis(self.app.settings.timeout_ms) + SLACK;
        for due in due::take(&self.app.pool, &rooms, now, until).await? {
            self.lanes.began(due.webhook_id);
            let app = self.app.clone();
            self.flying.spawn(async move { attempt::make(&app, due).await });
        }
        Ok(())
    }

    /// Writes what came of `first` and of all others that have ended.
    async fn finish(&mut self, first: Option<Made>, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut tried: Vec<Tried> = first.iter().map(|made| judge(made, &mut self.rng)).collect();
        while let Some(made) = self.flying.try_join_next() {
            tried.push(judge(&made?, &mut self.rng));
        }
        for one in &tried {
            self.lanes.ended(one.webhook_id, one.is_well());
            metrics::counter!("webhook_tries_total", "well" => one.is_well().to_string()).increment(1);
        }
        if !tried.is_empty() {
            self.settle(&tried, shutdown).await;
        }
        Ok(())
    }

    /// Tries until it is written. When the process ends before, the deliveries come due once more.
    async fn settle(&mut self, tried: &[Tried], shutdown: &Shutdown) {
        let days = time::Duration::days(self.app.settings.disable_after_days.into());
        loop {
            let now = self.app.clock.now();
            match settle::all(&self.app.pool, tried, now - days, now, &mut self.rng).await {
                Ok(disabled) => {
                    if !disabled.is_empty() {
                        self.app.notices.wake();
                    }
                    for webhook in disabled {
                        tracing::info!(
                            webhook = webhook.id,
                            reason = webhook.disabled_reason,
                            "a webhook was disabled"
                        );
                    }
                    return;
                }
                Err(error) => tracing::warn!(error = %error, "what became of deliveries can not be written"),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown.aborted() => return,
            }
        }
    }
}

fn judge(made: &Made, rng: &mut StdRng) -> Tried {
    Tried::judge(&made.due, made.at, made.took, &made.result, rng)
}
