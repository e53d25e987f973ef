//! A redirector's shipper, small.

use std::collections::BTreeMap;

use bytes::Bytes;
use curtail_proto::events::v1::{Click, ClickBatch};
use fred::interfaces::HashesInterface as _;
use prost::Message as _;

/// A desktop browser.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

/// A crawler.
pub const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// A click of a person.
pub fn click(workspace_id: i64, link_id: i64, at_ms: i64, visitor: u64) -> Click {
    Click { at_ms, link_id, workspace_id, visitor, user_agent: FIREFOX.into(), ..Click::default() }
}

/// One incarnation of a redirector, with all the clicks that it ever had.
pub struct Producer {
    pub id: [u8; 16],
    pub clicks: Vec<Click>,
}

impl Producer {
    pub fn new(number: u8, clicks: Vec<Click>) -> Self {
        Self { id: [number; 16], clicks }
    }

    /// The clicks with the numbers `first` to `last`.
    pub fn batch(&self, first: u64, last: u64) -> ClickBatch {
        let clicks = self.clicks[first as usize - 1..last as usize].to_vec();
        ClickBatch { producer_id: self.id.to_vec(), first_seq: first, clicks, lost_through: 0 }
    }

    /// All clicks in batches of `size`.
    pub fn batches(&self, size: u64) -> Vec<ClickBatch> {
        let all = self.clicks.len() as u64;
        (1..=all).step_by(size as usize).map(|first| self.batch(first, (first + size - 1).min(all))).collect()
    }

    pub fn hex(&self) -> String {
        self.id.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The last number that is said to be counted.
    pub async fn counted(&self, redis: &fred::clients::Pool) -> u64 {
        let counted: Result<Option<u64>, _> = redis.hget("clicks:counted", self.hex()).await;
        counted.ok().flatten().unwrap_or(0)
    }

    /// The number from which it shall send again.
    pub async fn replay(&self, redis: &fred::clients::Pool) -> Option<u64> {
        redis.hget("clicks:replay", self.hex()).await.unwrap()
    }

    /// Does what a shipper does until everything is counted: sends again from where it is asked to, or from what is not
    /// counted when nothing moves.
    pub async fn ship_until_counted(&self, redis: &fred::clients::Pool, stream: &str) {
        let all = self.clicks.len() as u64;
        let (mut seen, mut since) = (u64::MAX, std::time::Instant::now());
        let counted = async || {
            let counted = self.counted(redis).await;
            if counted != seen {
                (seen, since) = (counted, std::time::Instant::now());
            }
            let asked: Option<u64> = redis.hget("clicks:replay", self.hex()).await.ok().flatten();
            let stalled = since.elapsed() > std::time::Duration::from_secs(2);
            if counted < all && (stalled || asked.is_some()) {
                since = std::time::Instant::now();
                let _: Result<i64, _> = redis.hdel("clicks:replay", self.hex()).await;
                for batch in self.batches_from(counted + 1, 1000) {
                    let _ = try_publish(redis, stream, &batch).await;
                }
            }
            counted == all
        };
        curtail_testkit::until(counted, std::time::Duration::from_secs(60), "everything is counted").await;
    }

    fn batches_from(&self, first: u64, size: u64) -> Vec<ClickBatch> {
        let all = self.clicks.len() as u64;
        (first..=all).step_by(size as usize).map(|first| self.batch(first, (first + size - 1).min(all))).collect()
    }
}

/// Adds a batch to a click stream.
pub async fn publish(redis: &fred::clients::Pool, stream: &str, batch: &ClickBatch) {
    try_publish(redis, stream, batch).await.unwrap();
}

pub async fn try_publish(
    redis: &fred::clients::Pool,
    stream: &str,
    batch: &ClickBatch,
) -> Result<(), fred::error::Error> {
    curtail_streams::append(redis, stream, vec![("b", Bytes::from(batch.encode_to_vec()))]).await.map(drop)
}

/// A small generator of numbers that are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// Clicks of two links over two hours, a fifth of them by bots.
pub fn traffic(dice: &mut Dice, workspace: i64, start_ms: i64, count: usize) -> Vec<Click> {
    let clicks = std::iter::repeat_with(|| {
        let mut click =
            click(workspace, 1 + dice.below(2) as i64, start_ms + dice.below(7_200_000) as i64, dice.below(500));
        if dice.below(5) == 0 {
            click.user_agent = GOOGLEBOT.into();
        }
        click
    });
    clicks.take(count).collect()
}

/// (link, hour) to (clicks, humans).
pub type Expected = BTreeMap<(i64, i64), (i64, i64)>;

/// What the clicks must add up to.
pub fn expected(clicks: &[Click]) -> Expected {
    let mut sums = Expected::new();
    for click in clicks {
        for link in [click.link_id, 0] {
            let sum = sums.entry((link, click.at_ms - click.at_ms.rem_euclid(3_600_000))).or_default();
            sum.0 += 1;
            sum.1 += i64::from(click.user_agent != GOOGLEBOT);
        }
    }
    sums
}
