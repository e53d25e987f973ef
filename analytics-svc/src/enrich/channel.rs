//! The kind of way by which a visitor came.

use std::collections::HashSet;
use std::sync::LazyLock;

/// How the visitor came. The first that fits, in the order of [`Channel::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// `utm_medium` names advertising.
    Paid,
    /// `utm_medium` or the referrer is mail.
    Email,
    /// `utm_medium` or the referrer is a social network.
    Social,
    /// `utm_medium` or the referrer is a search engine.
    Search,
    /// Some other page.
    Referral,
    /// No referrer.
    Direct,
}

impl Channel {
    /// From the medium of the campaign, which the author of the link chose, or else from the referring host.
    pub fn of(medium: Option<&str>, referrer: Option<&str>) -> Self {
        medium.and_then(by_medium).unwrap_or_else(|| referrer.map_or(Self::Direct, by_host))
    }

    /// The value of the dimension.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Email => "email",
            Self::Social => "social",
            Self::Search => "search",
            Self::Referral => "referral",
            Self::Direct => "direct",
        }
    }
}

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
        "referral" => Some(Channel::Referral),
        paid if paid.starts_with("paid") => Some(Channel::Paid),
        _ => None,
    }
}

fn by_host(host: &str) -> Channel {
    let host = host.strip_prefix("www.").unwrap_or(host);
    if is_mail(host) {
        Channel::Email
    } else if is_in(&SOCIAL, host) {
        Channel::Social
    } else if is_search(host) {
        Channel::Search
    } else {
        Channel::Referral
    }
}

/// Mail that is read in a browser or in an app.
fn is_mail(host: &str) -> bool {
    host.starts_with("mail.")
        || host.starts_with("webmail.")
        || host.starts_with("outlook.")
        || host == "com.google.android.gm"
}

/// Engines with a domain in many countries are known by the label before it, the others by their domain.
fn is_search(host: &str) -> bool {
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    matches!(first, "google" | "bing" | "yandex" | "baidu" | "duckduckgo" | "ecosia" | "qwant" | "startpage")
        || is_in(&SEARCH, host)
}

/// Whether the host is one of the domains or below one.
fn is_in(domains: &HashSet<&'static str>, host: &str) -> bool {
    let mut rest = host;
    loop {
        if domains.contains(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, parent)) => rest = parent,
            None => return false,
        }
    }
}

static SOCIAL: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    HashSet::from([
        "facebook.com",
        "fb.com",
        "fb.me",
        "messenger.com",
        "instagram.com",
        "threads.net",
        "threads.com",
        "twitter.com",
        "x.com",
        "t.co",
        "linkedin.com",
        "lnkd.in",
        "com.linkedin.android",
        "youtube.com",
        "youtu.be",
        "reddit.com",
        "redd.it",
        "com.reddit.frontpage",
        "pinterest.com",
        "pin.it",
        "tiktok.com",
        "snapchat.com",
        "tumblr.com",
        "vk.com",
        "ok.ru",
        "weibo.com",
        "weixin.qq.com",
        "mastodon.social",
        "bsky.app",
        "go.bsky.app",
        "discord.com",
        "telegram.org",
        "t.me",
        "web.telegram.org",
        "org.telegram.messenger",
        "whatsapp.com",
        "wa.me",
        "line.me",
        "quora.com",
        "xing.com",
        "news.ycombinator.com",
        "lemmy.world",
        "twitch.tv",
        "medium.com",
        "slack.com",
        "com.slack",
    ])
});

static SEARCH: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    HashSet::from([
        "search.yahoo.com",
        "search.brave.com",
        "search.naver.com",
        "seznam.cz",
        "sogou.com",
        "so.com",
        "kagi.com",
        "ask.com",
        "mojeek.com",
        "metager.de",
        "swisscows.com",
        "presearch.com",
        "you.com",
        "perplexity.ai",
        "chatgpt.com",
        "com.google.android.googlequicksearchbox",
        "cn.bing.com",
    ])
});

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
            assert_eq!(Channel::of(medium, referrer), expected, "{medium:?} {referrer:?}");
        }
    }
}
