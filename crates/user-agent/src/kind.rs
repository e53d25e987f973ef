//! Person, preview or bot.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::rules::Rules;

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Someone with a browser.
    Person,
    /// A program that fetches a link because it was sent: for a preview or to scan it. Its fetch is no click.
    Preview,
    /// Any other program.
    Bot,
}

/// Marks of programs that fetch a page because someone *sent* a link. Lower case.
const PREVIEWS: &[&str] = &[
    // Messengers and networks.
    "slackbot-linkexpanding",
    "slack-imgproxy",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "meta-externalfetcher",
    "twitterbot",
    "whatsapp/",
    "whatsapp 2",
    "telegrambot",
    "discordbot",
    "linkedinbot",
    "skypeuripreview",
    "microsoftpreview",
    "teamsbot",
    "google-pagerenderer",
    "googlemessages",
    "redditbot",
    "pinterestbot",
    "viber",
    "vkshare",
    "mastodon",
    "pleroma",
    "akkoma",
    "misskey",
    "gotosocial",
    "friendica",
    "lemmy/",
    "synapse (bot",
    "bluesky cardyb",
    "cardyb/",
    "kakaotalk-scrap",
    "line-poker",
    "zoombot",
    "mattermost-bot",
    "rocket.chat",
    "flipboardproxy",
    "tumblr/",
    "notionembedder",
    "trello-link",
    "signal-desktop/link-preview",
    // Libraries and services that make previews.
    "iframely",
    "embedly",
    "bitlybot",
    "snap url preview",
    "link preview",
    "link-preview",
    "linkpreview",
    "url preview",
    "urlpreview",
    "unfurl",
    "metainspector",
    // Scanners of mail.
    "barracuda",
    "proofpoint",
    "url defense",
    "mimecast",
    "ironport",
    "messagelabs",
    "mailscanner",
    "trendmicro",
    "trend micro",
    "fireeye",
    "forcepoint",
    "mailguard",
    "vade secure",
    "hornetsecurity",
    "safelinks",
];

/// Marks of other programs that follow links by themselves. Lower case. Command-line clients are not among them: the person
/// who types the command clicks, so that their request uses up a click of a limited link.
const AUTOMATED: &[&str] = &[
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
    "phantomjs",
    "prerender",
    "scanner",
    "http://",
    "https://",
    "mailto:",
];

/// Phones whose names look like bots. Lower case.
const NOT_AUTOMATED: &[&str] = &["cubot"];

/// Engines of browsers of today. Trident is what the compatibility mode of Edge sends, Presto is Opera Mini.
const ENGINES: &[&str] = &["applewebkit/", "gecko/", "goanna/", "servo/", "trident/7", "presto/2.12"];

static PREVIEW_MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(PREVIEWS));
static AUTOMATED_MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(AUTOMATED));
static EXCEPTIONS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(NOT_AUTOMATED));
static ENGINE_MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(ENGINES));
static COMPATIBLE: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(&["compatible;"]));
static CRAWLERS: LazyLock<Rules> = LazyLock::new(|| Rules::new(include_str!("../data/crawlers.txt")));

impl Kind {
    /// Classifies a user agent by the whole rule.
    pub fn from_user_agent(user_agent: &str) -> Self {
        let bytes = user_agent.as_bytes();
        if is_preview(bytes) {
            Self::Preview
        } else if !ENGINE_MARKS.is_match(bytes) || is_automated(bytes) || CRAWLERS.is_match(user_agent) {
            Self::Bot
        } else {
            Self::Person
        }
    }
}

/// Returns `true` if the fetch only makes a preview or scans a mail, so that it is no click.
pub fn is_preview(user_agent: &[u8]) -> bool {
    PREVIEW_MARKS.is_match(user_agent)
}

/// Returns `true` if a program says that it acts by itself. Previews do.
pub fn is_automated(user_agent: &[u8]) -> bool {
    (AUTOMATED_MARKS.is_match(user_agent) && !EXCEPTIONS.is_match(user_agent))
        || is_preview(user_agent)
        || claims_compatibility(user_agent)
        || has_mail_address(user_agent)
}

/// Returns `true` for `compatible; <name>`, unless the name is that of Internet Explorer with its last engine.
fn claims_compatibility(user_agent: &[u8]) -> bool {
    let after = |end: usize| user_agent[end..].trim_ascii_start();
    COMPATIBLE
        .find(user_agent)
        .is_some_and(|mark| !(after(mark.end()).starts_with(b"MSIE ") && ENGINE_MARKS.is_match(user_agent)))
}

/// Returns `true` if there is `name@domain.tld`. Some apps have an `@` before their version.
fn has_mail_address(user_agent: &[u8]) -> bool {
    user_agent.split(|&byte| byte == b'@').skip(1).any(|after| {
        let length =
            after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')).count();
        let domain = after[..length].trim_ascii_end();
        let mut labels = domain.rsplit(|&byte| byte == b'.').filter(|label| !label.is_empty());
        let top = labels.next().unwrap_or_default();
        top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic) && labels.next().is_some()
    })
}

/// Finds any of `marks` in one pass, in any case.
fn automaton(marks: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(marks);
    built.expect("a few short marks make a small automaton")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

    #[test]
    fn all_expressions_compile_and_most_need_a_literal() {
        assert_eq!(CRAWLERS.broken(), Vec::<&str>::new());
        let (unfiltered, all) = CRAWLERS.unfiltered();
        assert!(unfiltered * 20 < all, "{unfiltered} of {all}");
    }

    #[test]
    fn who_names_no_engine_is_no_person() {
        for program in [
            "",
            "-",
            "node",
            "undici",
            "Ruby",
            "Deno/1.44",
            "Bun/1.1.10",
            "Java/17.0.1",
            "reqwest/0.12",
            "curl/8.5.0",
            "Dart/3.4 (dart:io)",
            "PostmanRuntime/7.39.0",
            "PowerShell/7.4",
            "Mozilla/5.0",
            "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)",
            "MyApp/1 CFNetwork/1494.0.7 Darwin/23.4.0",
            "<script>",
        ] {
            assert_eq!(Kind::from_user_agent(program), Kind::Bot, "{program}");
        }
        assert_eq!(Kind::from_user_agent(CHROME), Kind::Person);
    }

    #[test]
    fn who_names_an_engine_and_itself_or_its_address_is_no_person() {
        for mark in [
            "(compatible; Somename/1.0)",
            "(KHTML, like Gecko; compatible; Somename)",
            "Some (+https://some.example)",
            "Some (some@team.example)",
            "Some (mailto:some)",
        ] {
            let program = format!("{CHROME} {mark}");
            assert_eq!(Kind::from_user_agent(&program), Kind::Bot, "{program}");
            assert!(is_automated(program.as_bytes()), "{program}");
        }
        for app in ["TTID/10005894@taobao_android_10.2.0", "AliApp(X/1@2.0)", "CUBOT X30"] {
            assert_eq!(Kind::from_user_agent(&format!("{CHROME} {app}")), Kind::Person, "{app}");
        }
        let compatibility = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C)";
        assert_eq!(Kind::from_user_agent(compatibility), Kind::Person);
    }

    #[test]
    fn previews_and_scanners_of_mail() {
        for preview in [
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Twitterbot/1.0",
            "WhatsApp/2.23.20.0 A",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
            "Mozilla/5.0 (compatible; NotionEmbedder; +https://notion.so)",
            "BarracudaCentral",
            "Mozilla/5.0 (compatible; proofpoint URL Defense)",
        ] {
            assert_eq!(Kind::from_user_agent(preview), Kind::Preview, "{preview}");
            assert!(is_preview(preview.as_bytes()) && is_automated(preview.as_bytes()), "{preview}");
        }
    }

    #[test]
    fn a_command_line_client_is_not_automated() {
        for client in [
            CHROME.as_bytes(),
            b"",
            b"curl/8.5.0",
            b"Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/99",
            &[0xff; 600],
        ] {
            assert!(!is_automated(client), "{}", String::from_utf8_lossy(client));
        }
        assert!(is_automated(b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"));
        assert!(!is_preview(b"Mozilla/5.0 (compatible; Googlebot/2.1)"));
    }
}
