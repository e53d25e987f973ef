//! Devices, systems and browsers, remembered by user agent.

use std::sync::Arc;

use curtail_user_agent::UserAgent;
use quick_cache::unsync::Cache;

use super::text::{MAX_USER_AGENT, clean, cut};

/// Distinct user agents whose result is remembered.
const REMEMBERED: usize = 20_000;

/// Remembers what user agents say: few distinct ones make up most clicks.
pub struct Agents {
    known: Cache<Box<str>, Arc<UserAgent>>,
}

impl Agents {
    /// An empty memory.
    pub fn new() -> Self {
        Self { known: Cache::new(REMEMBERED) }
    }

    /// What `user_agent` says; beyond [`MAX_USER_AGENT`] bytes it is not read.
    pub fn look_up(&mut self, user_agent: &str) -> Arc<UserAgent> {
        let user_agent = cut(user_agent, MAX_USER_AGENT);
        if let Some(known) = self.known.get(user_agent) {
            return Arc::clone(known);
        }
        let agent = Arc::new(parse(user_agent));
        self.known.insert(user_agent.into(), Arc::clone(&agent));
        agent
    }
}

impl Default for Agents {
    fn default() -> Self {
        Self::new()
    }
}

fn parse(user_agent: &str) -> UserAgent {
    let UserAgent { kind, device, system, browser } = curtail_user_agent::parse(user_agent);
    let cleaned = |name: Option<String>| name.as_deref().and_then(clean).map(|name| name.into_owned());
    UserAgent { kind, device, system: cleaned(system), browser: cleaned(browser) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

    #[test]
    fn s25_a_hostile_name_is_no_error() {
        let mut agents = Agents::new();
        for hostile in ["<script>", "\u{202e}\0\0", "'; DROP TABLE clicks; --", &"(".repeat(100_000)] {
            let agent = agents.look_up(hostile);
            // It names no browser engine.
            assert!(agent.is_bot(), "{hostile:.20}");
            assert!(!agent.browser.iter().any(|name| name.chars().any(char::is_control)), "{hostile:.20}");
        }
        let person = agents.look_up(&format!("{FIREFOX} \0<script>"));
        assert_eq!((person.is_bot(), person.browser.as_deref()), (false, Some("Firefox")));
    }

    #[test]
    fn a_result_is_remembered() {
        let mut agents = Agents::new();
        assert!(Arc::ptr_eq(&agents.look_up(FIREFOX), &agents.look_up(FIREFOX)));
    }
}
