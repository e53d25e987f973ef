//! Which user agents are programs and not people.

use regex::{Regex, RegexBuilder};

const PATTERNS: &str = include_str!("../../data/crawlers.txt");

/// The list of <https://github.com/monperrus/crawler-user-agents> as one expression.
pub struct Crawlers {
    patterns: Regex,
}

impl Crawlers {
    /// Compiles the list, about 1,500 expressions.
    pub fn new() -> Self {
        let alternatives: Vec<&str> = PATTERNS.lines().filter(|line| !line.starts_with('#')).collect();
        let patterns = RegexBuilder::new(&alternatives.join("|"))
            .size_limit(64 << 20)
            .dfa_size_limit(8 << 20)
            .build()
            .expect("the list is part of the program and a test compiles it");
        Self { patterns }
    }

    /// Whether the user agent is on the list. An empty one is a program too: every browser sends its name.
    pub fn is_bot(&self, user_agent: &str) -> bool {
        user_agent.trim().is_empty() || self.patterns.is_match(user_agent)
    }
}

impl Default for Crawlers {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_browsers() {
        let crawlers = Crawlers::new();
        for bot in [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "WhatsApp/2.23.20.0",
            "curl/8.5.0",
            "python-requests/2.31.0",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
        ] {
            assert!(crawlers.is_bot(bot), "{bot}");
        }
        for browser in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Mozilla/5.0 (Linux; Android 14; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
        ] {
            assert!(!crawlers.is_bot(browser), "{browser}");
        }
    }
}
