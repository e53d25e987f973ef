//! Header fields cut to what is kept of them.

use http::HeaderValue;

/// The most bytes of a user agent.
const MAX_AGENT: usize = 512;
/// The longest host name there is.
const MAX_HOST: usize = 253;
/// The longest language tag that is kept, by RFC 5646 (4.4.1).
const MAX_LANGUAGE: usize = 35;

/// A user agent as text of at most 512 bytes.
pub(super) fn user_agent(value: Option<&HeaderValue>) -> String {
    let Some(value) = value else { return String::new() };
    let mut text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) if text.len() <= MAX_AGENT => return text.to_owned(),
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    text.truncate(text.floor_char_boundary(MAX_AGENT));
    text
}

/// The host of a `Referer`; its path and query may be private.
pub(super) fn referrer(value: Option<&HeaderValue>) -> String {
    let host = || {
        let url = url::Url::parse(value?.to_str().ok()?).ok()?;
        let host = url.host_str()?.to_ascii_lowercase();
        (host.len() <= MAX_HOST).then_some(host)
    };
    host().unwrap_or_default()
}

/// The language of `Accept-Language` with the greatest weight above 0 (RFC 9110, 12.5.4); of several the first.
pub(super) fn language(value: Option<&HeaderValue>) -> String {
    let list = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = ("", 0);
    for range in list.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(weight).unwrap_or(1000);
        if weight > best.1 && is_tag(tag) {
            best = (tag, weight);
        }
    }
    best.0.to_owned()
}

fn is_tag(tag: &str) -> bool {
    (1..=MAX_LANGUAGE).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The thousandths of `q=0.8`; 0 when the number is not one.
fn weight(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    let weight = || {
        let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
        let thousandths: u32 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        Some((whole.parse::<u32>().ok()?.min(1) * 1000 + thousandths).min(1000))
    };
    name.trim().eq_ignore_ascii_case("q").then(|| weight().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> Option<HeaderValue> {
        Some(HeaderValue::from_bytes(bytes).unwrap())
    }

    #[test]
    fn user_agents_are_cut_at_512_bytes_between_characters() {
        assert_eq!(user_agent(value(&[b'a'; 512]).as_ref()), "a".repeat(512));
        assert_eq!(user_agent(value(&[b'a'; 513]).as_ref()), "a".repeat(512));
        let umlauts = format!("a{}", "ä".repeat(400));
        assert_eq!(user_agent(value(umlauts.as_bytes()).as_ref()).len(), 511);
        assert_eq!(user_agent(value(b"a\xffb").as_ref()), "a\u{fffd}b");
        assert_eq!(user_agent(None), "");
    }

    #[test]
    fn only_the_host_of_a_referrer_is_kept() {
        let host = |text: &str| referrer(value(text.as_bytes()).as_ref());
        assert_eq!(host("https://News.Example:8443/secret?token=1#x"), "news.example");
        assert_eq!(host("android-app://com.google.android.gm/"), "com.google.android.gm");
        assert_eq!(host("https://user:password@a.example/"), "a.example");
        for nothing in ["", "about:blank", "/path", "javascript:alert(1)"] {
            assert_eq!(host(nothing), "", "{nothing}");
        }
        assert_eq!(host(&format!("foo://{}/", "a".repeat(253))).len(), 253);
        assert_eq!(host(&format!("foo://{}/", "a".repeat(254))), "");
    }

    #[test]
    fn the_language_with_the_greatest_weight_is_kept() {
        let tag = |text: &str| language(value(text.as_bytes()).as_ref());
        assert_eq!(tag("de-AT,de;q=0.9,en;q=0.8"), "de-AT");
        assert_eq!(tag("fr;q=0.5"), "fr");
        assert_eq!(tag("de;q=0, fr"), "fr");
        assert_eq!(tag("en-US;q=0.5, de"), "de");
        assert_eq!(tag("en;q=0.75, de;q=0.8, fr;q=0.8"), "de");
        assert_eq!(tag("*, it;q=0.1"), "it");
        assert_eq!(tag("de;q=0"), "");
        assert_eq!(tag("de;q=nonsense, fr;q=0.001"), "fr");
        assert_eq!(tag("*"), "");
        assert_eq!(tag("<script>"), "");
        assert_eq!(tag(&"a".repeat(35)).len(), 35);
        assert_eq!(tag(&"a".repeat(36)), "");
    }
}
