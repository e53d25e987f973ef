//! The kind of way by which a visitor came.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Matomo's list of search engines, networks and AI assistants; `scripts/user-agents.sh` updates it.
const LIST: &str = include_str!("../../data/referrers.tsv");

/// Hosts that the list lacks.
const MORE: &[(&str, Channel)] = &[
    ("messenger.com", Channel::Social),
    ("whatsapp.com", Channel::Social),
    ("telegram.org", Channel::Social),
    ("line.me", Channel::Social),
    ("ok.ru", Channel::Social),
    ("quora.com", Channel::Social),
    ("twitch.tv", Channel::Social),
    ("medium.com", Channel::Social),
    ("slack.com", Channel::Social),
    ("teams.microsoft.com", Channel::Social),
    ("weixin.qq.com", Channel::Social),
    ("lemmy.world", Channel::Social),
    ("news.ycombinator.com", Channel::Social),
    ("ya.ru", Channel::Search),
    ("google.{}", Channel::Search),
    ("yandex.{}", Channel::Search),
    ("bing.com", Channel::Search),
    ("baidu.com", Channel::Search),
    ("duckduckgo.com", Channel::Search),
    ("ecosia.org", Channel::Search),
    ("qwant.com", Channel::Search),
    ("startpage.com", Channel::Search),
    ("search.yahoo.com", Channel::Search),
    ("search.brave.com", Channel::Search),
    ("search.naver.com", Channel::Search),
    ("seznam.cz", Channel::Search),
    ("sogou.com", Channel::Search),
    ("so.com", Channel::Search),
    ("kagi.com", Channel::Search),
    ("ask.com", Channel::Search),
    ("mojeek.com", Channel::Search),
    ("metager.de", Channel::Search),
    ("swisscows.com", Channel::Search),
    ("presearch.com", Channel::Search),
    ("deepseek.com", Channel::Ai),
    ("poe.com", Channel::Ai),
    ("phind.com", Channel::Ai),
    ("outlook.com", Channel::Email),
    ("mail.google.com", Channel::Email),
    ("mail.yahoo.com", Channel::Email),
    ("mail.proton.me", Channel::Email),
    ("app.fastmail.com", Channel::Email),
    ("app.tuta.com", Channel::Email),
];

/// Labels before the name of a search engine; other subdomains (`docs.google.com`) are other sites.
const ENGINE_PREFIXES: &[&str] = &["m.", "cn.", "html.", "lite.", "search."];

/// How the visitor came. The first that fits, in the order of [`Channel::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// `utm_medium` names advertising.
    Paid,
    /// `utm_medium` or the referrer is mail.
    Email,
    /// `utm_medium` or the referrer is a social network or a messenger.
    Social,
    /// `utm_medium` or the referrer is a search engine.
    Search,
    /// `utm_medium` or the referrer is an AI assistant.
    Ai,
    /// Another page or app.
    Referral,
    /// No referrer.
    Direct,
}

impl Channel {
    /// From the medium of the campaign, which the author of the link chose, or else from the channel of the referrer.
    pub fn new(medium: Option<&str>, referrer: Option<Self>) -> Self {
        medium.and_then(by_medium).or(referrer).unwrap_or(Self::Direct)
    }

    /// The value of the dimension.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Email => "email",
            Self::Social => "social",
            Self::Search => "search",
            Self::Ai => "ai",
            Self::Referral => "referral",
            Self::Direct => "direct",
        }
    }

    /// The channel of a referring host in lower case.
    pub fn from_host(host: &str) -> Self {
        let host = host.strip_prefix("www.").unwrap_or(host);
        if let Some(channel) = parents(host).find_map(|(parent, is_host)| listed(parent, is_host)) {
            return channel;
        }
        let engine = ENGINE_PREFIXES.iter().find_map(|prefix| host.strip_prefix(prefix));
        if let Some(channel) = engine.and_then(|host| listed(host, true)) {
            return channel;
        }
        let is_mail = ["mail.", "webmail.", "outlook."].iter().any(|start| host.starts_with(start));
        if is_mail { Self::Email } else { Self::Referral }
    }
}

/// The host and the domains above it; `true` for the host itself.
fn parents(host: &str) -> impl Iterator<Item = (&str, bool)> {
    std::iter::successors(Some(host), |&name| Some(name.split_once('.')?.1))
        .enumerate()
        .map(|(depth, name)| (name, depth == 0))
}

/// The channel of a name of the lists. A search engine is only its own host.
fn listed(name: &str, is_host: bool) -> Option<Channel> {
    let exact = || HOSTS.get(name).copied();
    let in_any_country = || {
        let suffix = psl::suffix(name.as_bytes()).filter(|suffix| suffix.is_known())?;
        let label = name.get(..name.len().checked_sub(suffix.as_bytes().len())?)?;
        HOSTS.get(format!("{label}{{}}").as_str()).copied()
    };
    let of_a_country = || {
        let (country, rest) = name.split_once('.')?;
        (country.len() == 2).then(|| HOSTS.get(format!("{{}}.{rest}").as_str()).copied()).flatten()
    };
    let channel = exact().or_else(in_any_country).or_else(of_a_country)?;
    (is_host || channel != Channel::Search).then_some(channel)
}

static HOSTS: LazyLock<HashMap<&'static str, Channel>> = LazyLock::new(|| {
    let rows = LIST.lines().filter_map(|line| {
        let (channel, host) = line.split_once('\t')?;
        let channel = match channel {
            "search" => Channel::Search,
            "social" => Channel::Social,
            "ai" => Channel::Ai,
            _ => return None,
        };
        Some((host, channel))
    });
    // Of a host in several lists the assistant is first, then the network.
    let mut hosts = HashMap::new();
    for kind in [Channel::Search, Channel::Social, Channel::Ai] {
        hosts.extend(rows.clone().filter(|(_, channel)| *channel == kind));
    }
    hosts.extend(MORE.iter().copied());
    hosts
});

fn by_medium(medium: &str) -> Option<Channel> {
    let medium = medium.to_ascii_lowercase();
    match medium.as_str() {
        "cpc" | "ppc" | "cpm" | "cpv" | "cpa" | "cpi" | "retargeting" | "display" | "banner" | "affiliate" | "ads" => {
            Some(Channel::Paid)
        }
        "email" | "e-mail" | "e_mail" | "e mail" | "mail" | "newsletter" => Some(Channel::Email),
        "social" | "social-network" | "social-media" | "social_media" | "sm" | "social network" | "social media" => {
            Some(Channel::Social)
        }
        "organic" | "search" => Some(Channel::Search),
        "ai" | "ai-assistant" | "ai_assistant" => Some(Channel::Ai),
        "referral" => Some(Channel::Referral),
        paid if paid.starts_with("paid") => Some(Channel::Paid),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel() {
        for (medium, referrer, expected) in [
            (None, None, Channel::Direct),
            (None, Some("www.google.co.uk"), Channel::Search),
            (None, Some("duckduckgo.com"), Channel::Search),
            (None, Some("search.yahoo.com"), Channel::Search),
            (None, Some("mail.google.com"), Channel::Email),
            (None, Some("t.co"), Channel::Social),
            (None, Some("l.facebook.com"), Channel::Social),
            (None, Some("old.reddit.com"), Channel::Social),
            (None, Some("example.org"), Channel::Referral),
            (None, Some("notfacebook.com"), Channel::Referral),
            (Some("CPC"), Some("www.google.com"), Channel::Paid),
            (Some("paid_social"), None, Channel::Paid),
            (Some("newsletter"), None, Channel::Email),
            (Some("social"), None, Channel::Social),
            (Some("organic"), None, Channel::Search),
            (Some("sticker"), Some("t.co"), Channel::Social),
            (Some("sticker"), None, Channel::Direct),
        ] {
            assert_eq!(Channel::new(medium, referrer.map(Channel::from_host)), expected, "{medium:?} {referrer:?}");
        }
    }

    #[test]
    fn search_engines_are_hosts_of_their_own() {
        for engine in [
            "google.com",
            "www.google.de",
            "google.com.br",
            "yandex.ru",
            "ya.ru",
            "yandex.com.tr",
            "www.bing.com",
            "cn.bing.com",
            "www.baidu.com",
            "m.baidu.com",
            "html.duckduckgo.com",
            "www.ecosia.org",
            "de.search.yahoo.com",
            "search.brave.com",
            "search.seznam.cz",
            "www.startpage.com",
            "search.naver.com",
            "kagi.com",
        ] {
            assert_eq!(Channel::from_host(engine), Channel::Search, "{engine}");
        }
        for other in [
            "google.com.evil.example",
            "google.evil.com",
            "google.com.evil.com",
            "docs.google.com",
            "bing.evil.net",
            "com.google.evil",
            "facebook.com.evil.example",
            "yandex.evil.org",
            "notya.ru",
        ] {
            assert_eq!(Channel::from_host(other), Channel::Referral, "{other}");
        }
    }

    #[test]
    fn ai_assistants_are_one_channel() {
        for assistant in [
            "chatgpt.com",
            "chat.openai.com",
            "perplexity.ai",
            "www.perplexity.ai",
            "claude.ai",
            "gemini.google.com",
            "copilot.microsoft.com",
            "chat.deepseek.com",
            "chat.mistral.ai",
            "grok.com",
            "you.com",
            "meta.ai",
        ] {
            assert_eq!(Channel::from_host(assistant), Channel::Ai, "{assistant}");
        }
    }
}
