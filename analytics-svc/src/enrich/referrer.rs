//! The site or app that sent a visitor: one name for each, whatever host it used.

use std::borrow::Cow;
use std::sync::Arc;

use quick_cache::unsync::Cache;

use super::channel::Channel;
use super::text::clean;

/// Hosts whose result is remembered.
const REMEMBERED: usize = 5_000;

/// Other hosts and the apps of large sites, with the name of the site.
const ALIASES: &[(&str, &str)] = &[
    ("fb.com", "facebook.com"),
    ("fb.me", "facebook.com"),
    ("facebook.net", "facebook.com"),
    ("com.facebook.katana", "facebook.com"),
    ("com.facebook.lite", "facebook.com"),
    ("m.me", "messenger.com"),
    ("com.facebook.orca", "messenger.com"),
    ("instagr.am", "instagram.com"),
    ("com.instagram.android", "instagram.com"),
    ("threads.net", "threads.com"),
    ("com.instagram.barcelona", "threads.com"),
    ("twitter.com", "x.com"),
    ("t.co", "x.com"),
    ("com.twitter.android", "x.com"),
    ("lnkd.in", "linkedin.com"),
    ("com.linkedin.android", "linkedin.com"),
    ("youtu.be", "youtube.com"),
    ("com.google.android.youtube", "youtube.com"),
    ("redd.it", "reddit.com"),
    ("com.reddit.frontpage", "reddit.com"),
    ("pin.it", "pinterest.com"),
    ("com.pinterest", "pinterest.com"),
    ("com.zhiliaoapp.musically", "tiktok.com"),
    ("com.ss.android.ugc.trill", "tiktok.com"),
    ("com.snapchat.android", "snapchat.com"),
    ("com.tumblr", "tumblr.com"),
    ("t.umblr.com", "tumblr.com"),
    ("com.vkontakte.android", "vk.com"),
    ("bsky.social", "bsky.app"),
    ("xyz.blueskyweb.app", "bsky.app"),
    ("org.joinmastodon.android", "mastodon.social"),
    ("discord.gg", "discord.com"),
    ("discordapp.com", "discord.com"),
    ("com.discord", "discord.com"),
    ("t.me", "telegram.org"),
    ("org.telegram.messenger", "telegram.org"),
    ("org.telegram.messenger.web", "telegram.org"),
    ("wa.me", "whatsapp.com"),
    ("com.whatsapp", "whatsapp.com"),
    ("com.whatsapp.w4b", "whatsapp.com"),
    ("jp.naver.line.android", "line.me"),
    ("com.slack", "slack.com"),
    ("com.Slack", "slack.com"),
    ("com.microsoft.teams", "teams.microsoft.com"),
    ("com.google.android.gm", "mail.google.com"),
    ("com.microsoft.office.outlook", "outlook.com"),
    ("outlook.live.com", "outlook.com"),
    ("outlook.office.com", "outlook.com"),
    ("outlook.office365.com", "outlook.com"),
    ("com.yahoo.mobile.client.android.mail", "mail.yahoo.com"),
    ("ch.protonmail.android", "mail.proton.me"),
    ("com.google.android.googlequicksearchbox", "google.com"),
    ("com.microsoft.bing", "bing.com"),
    ("com.duckduckgo.mobile.android", "duckduckgo.com"),
    ("com.openai.chatgpt", "chatgpt.com"),
    ("chat.openai.com", "chatgpt.com"),
    ("com.anthropic.claude", "claude.ai"),
    ("ai.perplexity.app.android", "perplexity.ai"),
    ("com.google.android.apps.bard", "gemini.google.com"),
    ("com.microsoft.copilot", "copilot.microsoft.com"),
    ("com.deepseek.chat", "deepseek.com"),
];

/// A referrer of which there is a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The registrable name (`example.co.uk`), the name of the network, or what was sent when it has neither.
    pub name: Box<str>,
    /// The channel by the referrer alone.
    pub channel: Channel,
}

impl Referrer {
    /// Reads the host of a `Referer`, or the package of an app.
    pub fn parse(host: &str) -> Option<Self> {
        let host = clean(host)?;
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() {
            return None;
        }
        let site = alias(&host).unwrap_or(&host);
        let channel = Channel::from_host(site);
        Some(Self { name: name(site).into(), channel })
    }
}

/// The name of the site if the host is one of its others.
fn alias(host: &str) -> Option<&'static str> {
    let bare = host.strip_prefix("www.").unwrap_or(host);
    ALIASES.iter().find(|(other, _)| *other == bare).map(|(_, site)| *site)
}

/// The registrable name; a host under no public suffix, an address and an unknown app keep theirs.
fn name(site: &str) -> Cow<'_, str> {
    let bare = site.strip_prefix("www.").unwrap_or(site);
    if is_package(site) {
        return Cow::Borrowed(site);
    }
    let known = psl::suffix(bare.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let registrable = if known { psl::domain_str(bare).unwrap_or(bare) } else { bare };
    Cow::Borrowed(alias(registrable).unwrap_or(registrable))
}

/// Returns `true` for names of apps: a domain backwards.
pub(super) fn is_package(host: &str) -> bool {
    let labels = host.split('.').count();
    labels >= 3 && ["com.", "org.", "net."].iter().any(|start| host.starts_with(start))
}

/// Remembers referrers, since few make up most clicks.
pub struct Referrers {
    known: Cache<Box<str>, Option<Arc<Referrer>>>,
}

impl Default for Referrers {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED) }
    }
}

impl Referrers {
    /// The referrer of a host.
    pub fn look_up(&mut self, host: &str) -> Option<Arc<Referrer>> {
        if host.is_empty() {
            return None;
        }
        if let Some(known) = self.known.get(host) {
            return known.clone();
        }
        let referrer = Referrer::parse(host).map(Arc::new);
        if host.len() <= super::text::MAX_VALUE {
            self.known.insert(host.into(), referrer.clone());
        }
        referrer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(host: &str) -> (String, Channel) {
        let referrer = Referrer::parse(host).expect("a referrer");
        (referrer.name.into(), referrer.channel)
    }

    #[test]
    fn a_site_has_one_name() {
        for (host, name) in [
            ("www.example.com", "example.com"),
            ("example.com.", "example.com"),
            ("EXAMPLE.com", "example.com"),
            ("news.example.co.uk", "example.co.uk"),
            ("www.facebook.com", "facebook.com"),
            ("m.facebook.com", "facebook.com"),
            ("l.facebook.com", "facebook.com"),
            ("lm.facebook.com", "facebook.com"),
            ("fb.me", "facebook.com"),
            ("t.co", "x.com"),
            ("mobile.twitter.com", "x.com"),
            ("someone.github.io", "someone.github.io"),
            ("www.intranet", "intranet"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("localhost", "localhost"),
            ("com.example.some.app", "com.example.some.app"),
            ("com", "com"),
        ] {
            assert_eq!(parse(host).0, name, "{host}");
        }
        assert_eq!(Referrer::parse("\0"), None);
        assert_eq!(Referrer::parse("."), None);
    }

    #[test]
    fn apps_are_their_sites() {
        for (package, name, channel) in [
            ("com.instagram.android", "instagram.com", Channel::Social),
            ("com.twitter.android", "x.com", Channel::Social),
            ("com.facebook.katana", "facebook.com", Channel::Social),
            ("com.whatsapp", "whatsapp.com", Channel::Social),
            ("com.zhiliaoapp.musically", "tiktok.com", Channel::Social),
            ("com.discord", "discord.com", Channel::Social),
            ("com.linkedin.android", "linkedin.com", Channel::Social),
            ("com.microsoft.office.outlook", "outlook.com", Channel::Email),
            ("com.yahoo.mobile.client.android.mail", "yahoo.com", Channel::Email),
            ("com.google.android.gm", "google.com", Channel::Email),
            ("com.microsoft.bing", "bing.com", Channel::Search),
            ("com.google.android.googlequicksearchbox", "google.com", Channel::Search),
            ("com.openai.chatgpt", "chatgpt.com", Channel::Ai),
        ] {
            assert_eq!(parse(package), (name.to_owned(), channel), "{package}");
        }
    }

    #[test]
    fn a_result_is_remembered() {
        let mut referrers = Referrers::default();
        let first = referrers.look_up("www.example.com").expect("a referrer");
        let second = referrers.look_up("www.example.com").expect("a referrer");
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(referrers.look_up(""), None);
    }
}
