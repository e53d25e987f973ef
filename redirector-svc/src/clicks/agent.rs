//! Programs that fetch a link without anybody having clicked it, by their `User-Agent`.
//!
//! The statistics have their own, finer idea of a bot (analytics-svc); this one only decides what is answered at once: a
//! preview fetcher is no click at all, and a bot does not use up the clicks of a limited link.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Marks of programs that fetch a page because a link was *sent*, to show a preview of it. Lower case.
const PREVIEWERS: &[&str] = &[
    "slackbot-linkexpanding",
    "slack-imgproxy",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "twitterbot",
    "whatsapp",
    "telegrambot",
    "discordbot",
    "linkedinbot",
    "skypeuripreview",
    "microsoftpreview",
    "teamsbot",
    "google-pagerenderer",
    "googlemessages",
    "iframely",
    "embedly",
    "redditbot",
    "pinterestbot",
    "viber",
    "vkshare",
    "mastodon",
    "pleroma",
    "snap url preview",
    "bitlybot",
    "kakaotalk-scrap",
    "yahoo link preview",
    "zoombot",
    "signal-desktop/link-preview",
];

/// Marks of other programs that follow links by themselves. Lower case. Command-line clients are not among them: a user
/// types the command.
const BOTS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "headlesschrome",
    "lighthouse",
    "pingdom",
    "uptime",
    "monitor",
    "validator",
    "scrapy",
    "archiver",
    "facebookexternal",
];

/// Devices whose names look like bots.
const NOT_BOTS: &[&str] = &["cubot"];

/// Whether this fetch only makes a preview.
pub fn is_previewer(user_agent: &[u8]) -> bool {
    static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(PREVIEWERS));
    MARKS.is_match(user_agent)
}

/// Whether this is a program of its own will. Previewers are.
pub fn is_bot(user_agent: &[u8]) -> bool {
    static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(BOTS));
    static EXCEPTIONS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(NOT_BOTS));
    (MARKS.is_match(user_agent) && !EXCEPTIONS.is_match(user_agent)) || is_previewer(user_agent)
}

/// Finds any of `marks` in one pass, in any case.
fn automaton(marks: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(marks);
    built.expect("a few short marks make a small automaton")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &[u8] =
        b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";

    #[test]
    fn previewers_are_known() {
        for agent in [
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Twitterbot/1.0",
            "WhatsApp/2.23.20.0 A",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        ] {
            assert!(is_previewer(agent.as_bytes()) && is_bot(agent.as_bytes()), "{agent}");
        }
    }

    #[test]
    fn people_are_people() {
        for agent in [CHROME, b"", b"curl/8.5.0", b"Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/99", &[0xff; 600]]
        {
            assert!(!is_bot(agent), "{}", String::from_utf8_lossy(agent));
        }
        assert!(is_bot(b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"));
        assert!(!is_previewer(b"Mozilla/5.0 (compatible; Googlebot/2.1)"));
    }
}
