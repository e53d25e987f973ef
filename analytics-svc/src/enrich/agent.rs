//! Device, operating system, browser and bot, from the user agent.

use std::sync::Arc;

use quick_cache::unsync::Cache;
use woothee::parser::{Parser, WootheeResult};

use super::bots::Crawlers;
use super::text::{MAX_USER_AGENT, clean, cut};

/// Distinct user agents whose answer is remembered.
const REMEMBERED: usize = 20_000;

/// What a user agent says; `None` is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// `desktop`, `mobile`, `tablet`, `console` or `bot`.
    pub device: Option<&'static str>,
    /// A family without its version: `Windows`, `macOS`, `iOS`, `Android`, `Linux`, …
    pub os: Option<Box<str>>,
    /// A family without its version: `Chrome`, `Safari`, `Firefox`, `Edge`, …
    pub browser: Option<Box<str>>,
    /// A crawler, a preview or a program.
    pub bot: bool,
}

/// Understands user agents and remembers the answers, since few distinct ones make up most clicks.
pub struct Agents {
    crawlers: Arc<Crawlers>,
    parser: Parser,
    known: Cache<Box<str>, Arc<Agent>>,
}

impl Agents {
    /// With an empty memory. The list of crawlers is shared because it is large.
    pub fn new(crawlers: Arc<Crawlers>) -> Self {
        Self { crawlers, parser: Parser::new(), known: Cache::new(REMEMBERED) }
    }

    /// What `user_agent` says; beyond [`MAX_USER_AGENT`] bytes it is not read.
    pub fn look_up(&mut self, user_agent: &str) -> Arc<Agent> {
        let user_agent = cut(user_agent, MAX_USER_AGENT);
        if let Some(known) = self.known.get(user_agent) {
            return Arc::clone(known);
        }
        let agent = Arc::new(self.understand(user_agent));
        self.known.insert(user_agent.into(), Arc::clone(&agent));
        agent
    }

    fn understand(&self, user_agent: &str) -> Agent {
        let parsed = self.parser.parse(user_agent).unwrap_or_default();
        let bot = parsed.category == "crawler" || self.crawlers.is_bot(user_agent);
        Agent {
            device: if bot { Some("bot") } else { device(&parsed, user_agent) },
            os: os(parsed.os).and_then(clean).map(|name| name.into()),
            browser: known(parsed.name).and_then(clean).map(|name| name.into()),
            bot,
        }
    }
}

fn device(parsed: &WootheeResult<'_>, user_agent: &str) -> Option<&'static str> {
    match (parsed.category, parsed.os) {
        (_, "iPad") => Some("tablet"),
        // Tablets with Android leave out the word Mobile.
        (_, "Android") if !user_agent.contains("Mobile") => Some("tablet"),
        ("pc", _) => Some("desktop"),
        ("smartphone" | "mobilephone", _) => Some("mobile"),
        ("appliance", _) => Some("console"),
        _ => None,
    }
}

fn os(name: &str) -> Option<&str> {
    Some(match known(name)? {
        "Mac OSX" | "Mac OS Classic" => "macOS",
        "iPhone" | "iPad" | "iPod" => "iOS",
        windows if windows.starts_with("Windows") && !windows.contains("Phone") => "Windows",
        other => other,
    })
}

fn known(name: &str) -> Option<&str> {
    (!name.is_empty() && name != "UNKNOWN").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents() -> Agents {
        Agents::new(Arc::new(Crawlers::new()))
    }

    #[test]
    fn devices_systems_and_browsers() {
        let mut agents = agents();
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                "desktop",
                "Windows",
                "Edge",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
                "desktop",
                "macOS",
                "Safari",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "mobile",
                "iOS",
                "Safari",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "tablet",
                "iOS",
                "Safari",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
                "mobile",
                "Android",
                "Chrome",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "tablet",
                "Android",
                "Chrome",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop", "Linux", "Firefox"),
        ];
        for (user_agent, device, os, browser) in cases {
            let agent = agents.look_up(user_agent);
            assert_eq!(
                (agent.device, agent.os.as_deref(), agent.browser.as_deref(), agent.bot),
                (Some(device), Some(os), Some(browser), false),
                "{user_agent}"
            );
        }
    }

    #[test]
    fn bots_are_a_device_of_their_own() {
        let agent = agents().look_up("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
        assert!(agent.bot);
        assert_eq!(agent.device, Some("bot"));
    }

    #[test]
    fn s25_a_hostile_name_is_no_error() {
        let mut agents = agents();
        for hostile in ["<script>", "\u{202e}\0\0", "'; DROP TABLE clicks; --", &"(".repeat(100_000)] {
            assert!(!agents.look_up(hostile).bot, "{hostile:.20}");
        }
    }

    #[test]
    fn an_answer_is_remembered() {
        let mut agents = agents();
        let first = agents.look_up("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0");
        let second = agents.look_up("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0");
        assert!(Arc::ptr_eq(&first, &second));
    }
}
