//! A plausible month of clicks.

use curtail_clock::Clock;
use curtail_proto::events::v1::Click;
use rand::{Rng, RngExt as _};

use super::story::{AGENTS, DemoLink, PLACES, REFERRERS};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Clicks per day and unit of weight, about, when the link is new.
const PER_WEIGHT: f64 = 3.0;

/// Visits by hour of the day (UTC), relative to each other.
#[rustfmt::skip]
const HOURS: &[u32; 24] = &[4, 3, 2, 2, 2, 3, 5, 8, 11, 13, 14, 15, 15, 16, 17, 17, 16, 15, 14, 13, 11, 9, 7, 5];

/// The clicks of `links` (with their ids) in the order in which they happened, none of them in the future.
pub(super) fn month(links: &[(i64, &DemoLink)], workspace_id: i64, clock: &Clock, rng: &mut impl Rng) -> Vec<Click> {
    let now_ms = clock.unix_ms();
    let mut clicks = Vec::new();
    for (link_id, link) in links {
        for day in (0..=link.age_days).rev() {
            let midnight = (now_ms - day * DAY_MS).div_euclid(DAY_MS) * DAY_MS;
            for _ in 0..of_day(link, link.age_days - day, midnight, rng) {
                let at_ms = midnight + hour(rng) * HOUR_MS + rng.random_range(0..HOUR_MS);
                if at_ms < now_ms {
                    clicks.push(click(*link_id, workspace_id, link, at_ms, rng));
                }
            }
        }
    }
    clicks.sort_by_key(|click| click.at_ms);
    clicks
}

/// How many clicks a link gets on one day: many when it is new, fewer at the weekend, never quite the same.
fn of_day(link: &DemoLink, since_start: i64, midnight: i64, rng: &mut impl Rng) -> u32 {
    // 1970 began on a Thursday.
    let weekend = matches!((midnight / DAY_MS + 3) % 7, 5 | 6);
    let novelty = 0.35 + 1.8 / (1.0 + since_start as f64);
    let mood = rng.random_range(0.7..1.3);
    (f64::from(link.weight) * PER_WEIGHT * novelty * mood * if weekend { 0.5 } else { 1.0 }) as u32
}

fn click(link_id: i64, workspace_id: i64, link: &DemoLink, at_ms: i64, rng: &mut impl Rng) -> Click {
    let (network, language) = pick(PLACES.iter().map(|(share, network, language)| (*share, (network, *language))), rng);
    let printed = link.tags.contains(&"print");
    let mail = link.tags.contains(&"mail");
    let referrer = if printed || mail { "" } else { pick(REFERRERS.iter().copied(), rng) };
    Click {
        at_ms,
        link_id,
        workspace_id,
        // Of a few thousand visitors a day, some come again.
        visitor: (at_ms / DAY_MS) as u64 * 1_000_003 + rng.random_range(0..4000),
        network: network.to_vec().into(),
        user_agent: pick(AGENTS.iter().copied(), rng).to_owned(),
        referrer: referrer.to_owned(),
        language: language.to_owned(),
        utm: link.url.split_once('?').map_or_else(String::new, |(_, query)| query.to_owned()),
        qr: printed && rng.random_range(0..10) < 8,
    }
}

fn hour(rng: &mut impl Rng) -> i64 {
    pick(HOURS.iter().copied().zip(0_i64..), rng)
}

/// One of the choices, each as likely as its share.
fn pick<T>(choices: impl Iterator<Item = (u32, T)> + Clone, rng: &mut impl Rng) -> T {
    let total: u32 = choices.clone().map(|(share, _)| share).sum();
    let mut point = rng.random_range(0..total);
    for (share, choice) in choices {
        if point < share {
            return choice;
        }
        point -= share;
    }
    unreachable!("the point lies below the sum of the shares")
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};
    use time::macros::datetime;

    use super::*;
    use crate::demo::story::LINKS;

    #[test]
    fn a_month_is_in_order_in_the_past_and_touches_every_link() {
        let clock = Clock::manual(datetime!(2026-03-15 12:00 UTC));
        let links: Vec<_> = (1..).zip(LINKS).collect();
        let clicks = month(&links, 7, &clock, &mut StdRng::seed_from_u64(1));
        assert!((4_000..40_000).contains(&clicks.len()), "{}", clicks.len());
        assert!(clicks.is_sorted_by_key(|click| click.at_ms));
        let (first, last) = (clicks[0].at_ms, clicks[clicks.len() - 1].at_ms);
        assert!(last < clock.unix_ms() && first >= clock.unix_ms() - 31 * DAY_MS);
        for (id, link) in &links {
            assert!(clicks.iter().any(|click| click.link_id == *id), "{}", link.title);
        }
    }
}
