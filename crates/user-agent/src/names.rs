//! Names of browsers, systems and programs, in the spelling of their makers.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::rules::Rules;

static BROWSERS: LazyLock<Rules> = LazyLock::new(|| Rules::new(include_str!("../data/browsers.tsv")));
static SYSTEMS: LazyLock<Rules> = LazyLock::new(|| Rules::new(include_str!("../data/systems.tsv")));

/// Browsers that name themselves by a mark which uap-core lacks or calls otherwise; the first in this list wins.
const APPS: &[(&str, &str)] = &[
    ("LinkedInApp", "LinkedIn"),
    ("FBAN/Messenger", "Messenger"),
    ("FB_IAB/Orca", "Messenger"),
    ("FB_IAB/MESSENGER", "Messenger"),
    ("Barcelona ", "Threads"),
    ("Instagram ", "Instagram"),
    ("FBAN/", "Facebook"),
    ("FB_IAB", "Facebook"),
    ("FBAV/", "Facebook"),
    ("musical_ly", "TikTok"),
    ("musically_go", "TikTok"),
    ("trill_", "TikTok"),
    ("TikTok", "TikTok"),
    ("BytedanceWebview", "TikTok"),
    ("Snapchat/", "Snapchat"),
    ("Snapchat ", "Snapchat"),
    ("Twitter for ", "X"),
    ("TwitterAndroid", "X"),
    ("[Pinterest/", "Pinterest"),
    ("Pinterest for ", "Pinterest"),
    ("wxwork/", "WeCom"),
    ("MicroMessenger/", "WeChat"),
    (" Line/", "LINE"),
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(inapp", "Naver"),
    ("Telegram-Android", "Telegram"),
    ("Telegram-iOS", "Telegram"),
    ("Weibo (", "Weibo"),
    ("__weibo__", "Weibo"),
    ("AlipayClient", "Alipay"),
    ("@taobao_", "Taobao"),
    ("AliApp(TB", "Taobao"),
    ("AliApp(DingTalk", "DingTalk"),
    ("DingTalk/", "DingTalk"),
    ("QQ/", "QQ"),
    ("Zalo ", "Zalo"),
    ("RedditAndroid", "Reddit"),
    ("Reddit/Version", "Reddit"),
    ("Discord-", "Discord"),
    (" discord/", "Discord"),
    ("Slack_SSB", "Slack"),
    (" Slack/", "Slack"),
    ("Teams/", "Microsoft Teams"),
    ("TeamsMobile", "Microsoft Teams"),
    ("Outlook-iOS", "Outlook"),
    ("Outlook-Android", "Outlook"),
    ("Spotify/", "Spotify"),
    ("BSSky/", "Bluesky"),
    ("GSA/", "Google app"),
];

/// As [`APPS`], of browsers that are no other app's.
const BROWSER_MARKS: &[(&str, &str)] = &[
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("OculusBrowser/", "Oculus Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("MiuiBrowser/", "Mi Browser"),
    ("VivoBrowser/", "Vivo Browser"),
    ("HeyTapBrowser/", "HeyTap Browser"),
    ("PicoBrowser/", "Pico Browser"),
    ("Wolvic/", "Wolvic"),
    ("YaBrowser/", "Yandex Browser"),
    ("Whale/", "Whale"),
    ("Vivaldi/", "Vivaldi"),
    ("Brave/", "Brave"),
    ("Ecosia ", "Ecosia"),
    ("Focus/", "Firefox Focus"),
    ("Klar/", "Firefox Klar"),
    ("Iceweasel/", "Iceweasel"),
    ("Waterfox/", "Waterfox"),
    ("PaleMoon/", "Pale Moon"),
    ("Ladybird/", "Ladybird"),
    ("Servo/", "Servo"),
    ("Epiphany/", "GNOME Web"),
    ("Falkon/", "Falkon"),
    ("QQBrowser/", "QQ Browser"),
    ("UCBrowser/", "UC Browser"),
    ("UBrowser/", "UC Browser"),
    ("QuarkPC/", "Quark"),
    ("Quark/", "Quark"),
    ("baiduboxapp/", "Baidu"),
    ("Puffin/", "Puffin"),
    ("Silk/", "Silk"),
    ("OPT/", "Opera Touch"),
    ("OPX/", "Opera GX"),
    ("OPRGX/", "Opera GX"),
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("Edge/", "Edge"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("OPiOS/", "Opera Mini"),
    ("Opera Mini/", "Opera Mini"),
    ("OPR/", "Opera"),
    ("Trident/", "Internet Explorer"),
    ("PlayStation", "PlayStation"),
    ("NintendoBrowser/", "Nintendo Browser"),
    ("SeaMonkey/", "SeaMonkey"),
    ("Electron/", "Electron"),
    ("QtWebEngine/", "QtWebEngine"),
];

/// Systems that uap-core lacks or that are in the user agent beside another; the first in this list wins.
const SYSTEM_MARKS: &[(&str, &str)] = &[
    ("Windows Phone", "Windows Phone"),
    ("PlayStation", "PlayStation"),
    ("Nintendo", "Nintendo"),
    ("Tizen", "Tizen"),
    ("Web0S", "webOS"),
    ("webOS.TV", "webOS"),
    ("webOS/", "webOS"),
    ("KAIOS/", "KaiOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("AppleTV", "tvOS"),
    ("Apple TV", "tvOS"),
    ("CrOS ", "ChromeOS"),
    ("Roku/", "Roku OS"),
    ("Fuchsia", "Fuchsia"),
];

/// The first mark of a list that is in a text.
struct Marks {
    automaton: AhoCorasick,
    list: &'static [(&'static str, &'static str)],
}

impl Marks {
    fn new(list: &'static [(&'static str, &'static str)]) -> Self {
        let words = list.iter().map(|(mark, _)| mark);
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(words);
        Self { automaton: built.expect("a few short marks make a small automaton"), list }
    }

    fn name(&self, text: &str) -> Option<&'static str> {
        let first = self.automaton.find_overlapping_iter(text).map(|hit| hit.pattern().as_usize()).min()?;
        Some(self.list[first].1)
    }
}

static APP_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(APPS));
static OWN_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(BROWSER_MARKS));
static OS_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(SYSTEM_MARKS));

/// The app whose own browser this is.
pub fn in_app_browser(user_agent: &str) -> Option<&'static str> {
    APP_MARKS.name(user_agent)
}

/// The browser of a person.
pub(crate) fn browser(user_agent: &str) -> Option<String> {
    if let Some(name) = in_app_browser(user_agent).or_else(|| OWN_MARKS.name(user_agent)) {
        return Some(name.to_owned());
    }
    let family = BROWSERS.name(user_agent).filter(|name| !name.is_empty() && name != "Other")?;
    Some(match family.as_str() {
        "Mobile Safari" => "Safari".to_owned(),
        "Mobile Safari UI/WKWebView" => "iOS WebView".to_owned(),
        "Chrome Mobile WebView" => "Android WebView".to_owned(),
        "Android" => "Android Browser".to_owned(),
        "IE" | "IE Mobile" => "Internet Explorer".to_owned(),
        "Edge Mobile" => "Edge".to_owned(),
        "Opera Mobile" => "Opera".to_owned(),
        "Chrome Mobile" | "Chrome Mobile iOS" => "Chrome".to_owned(),
        "Firefox Mobile" | "Firefox iOS" => "Firefox".to_owned(),
        _ => family,
    })
}

/// The operating system.
pub(crate) fn system(user_agent: &str) -> Option<String> {
    if let Some(name) = OS_MARKS.name(user_agent) {
        return Some(name.to_owned());
    }
    let family = SYSTEMS.name(user_agent).filter(|name| !name.is_empty() && name != "Other")?;
    Some(match family.as_str() {
        "Mac OS X" | "Mac OS" => "macOS".to_owned(),
        "Chrome OS" => "ChromeOS".to_owned(),
        "ATV OS X" => "tvOS".to_owned(),
        "Ubuntu" | "Debian" | "Fedora" | "Red Hat" | "CentOS" | "SUSE" | "Linux Mint" | "Arch Linux" | "Gentoo"
        | "Mandriva" | "Slackware" | "Kubuntu" | "Mageia" | "PCLinuxOS" | "Puppy" => "Linux".to_owned(),
        "BlackBerry OS" | "BlackBerry Tablet OS" => "BlackBerry".to_owned(),
        windows if windows.starts_with("Windows") && windows != "Windows Phone" => "Windows".to_owned(),
        _ => family,
    })
}

/// Products that say nothing about a program.
const USUAL: &[&str] = &[
    "Mozilla",
    "AppleWebKit",
    "KHTML",
    "Gecko",
    "Chrome",
    "Safari",
    "Version",
    "Mobile",
    "Firefox",
    "Edg",
    "Edge",
    "OPR",
    "Opera",
    "Presto",
    "CFNetwork",
    "Darwin",
];

/// What a program calls itself: after `compatible;`, else the product that looks like a program, else the first product.
pub(crate) fn program(user_agent: &str) -> Option<String> {
    let after = user_agent.split("ompatible;").skip(1).map(product).find(|name| is_own(name));
    if let Some(name) = after {
        return Some(name.to_owned());
    }
    let products: Vec<&str> = user_agent
        .split([' ', '(', ')', ';', ','])
        .map(product)
        .filter(|name| is_own(name) && !is_address(name))
        .collect();
    let marked = products.iter().find(|name| is_marked(name));
    let first = || (!user_agent.starts_with("Mozilla/")).then(|| product(user_agent)).filter(|name| is_own(name));
    let last = || user_agent.rsplit(')').next().and_then(|rest| rest.split(' ').map(product).find(|name| is_own(name)));
    marked.copied().or_else(first).or_else(last).map(str::to_owned)
}

/// The name in front of a version.
fn product(text: &str) -> &str {
    text.trim_start().split(['/', ';', ')', '(', '+', ',']).next().unwrap_or_default().trim()
}

fn is_own(name: &str) -> bool {
    name.len() > 1 && name.len() <= 64 && !USUAL.contains(&name) && name.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn is_address(name: &str) -> bool {
    name.contains('@') || name.starts_with("http") || name.starts_with("www.") || name.ends_with(':')
}

fn is_marked(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name == "bot" {
        return false;
    }
    crate::is_preview(name.as_bytes())
        || ["bot", "crawl", "spider", "headless", "preview", "scan", "monitor", "lighthouse", "prerender", "google-"]
            .iter()
            .any(|mark| name.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_expressions_compile_and_most_need_a_literal() {
        for rules in [&*BROWSERS, &*SYSTEMS] {
            assert_eq!(rules.broken(), Vec::<&str>::new());
            let (unfiltered, all) = rules.unfiltered();
            assert!(unfiltered * 10 < all, "{unfiltered} of {all}");
        }
    }

    #[test]
    fn programs_have_the_name_that_they_give() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "GPTBot",
            ),
            ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "ClaudeBot"),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.31.0", "python-requests"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
                "HeadlessChrome",
            ),
            ("Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)", "Bluesky Cardyb"),
            ("Dart/3.4 (dart:io)", "Dart"),
            ("node", "node"),
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot-LinkExpanding"),
        ] {
            assert_eq!(program(user_agent).as_deref(), Some(name), "{user_agent}");
        }
        assert_eq!(program("-"), None);
        assert_eq!(program(""), None);
    }
}
