//! The cookies of a browser session.
//!
//! With the `__Host-` prefix a browser binds them to exactly this host, to https and to the path `/`. They are out of reach
//! of scripts, and `SameSite=Lax` keeps them from requests that other sites make, apart from following a link.

use curtail_clock::Clock;
use curtail_proto::auth::v1::TokenPair;
use http::{HeaderMap, HeaderValue, header};

use crate::request::SessionChange;

/// Browsers cap the life of a cookie at 400 days.
const DEVICE_SECONDS: i64 = 400 * 24 * 3600;

/// Names and attributes of the cookies.
#[derive(Debug, Clone)]
pub struct Cookies {
    /// Without `Secure` and the prefix, for plain http on localhost.
    insecure: bool,
    clock: Clock,
}

/// What a request cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestCookies {
    /// The access token.
    pub access: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
    /// Proof of a device that signed in before.
    pub device: Option<String>,
}

impl RequestCookies {
    /// Whether there is a credential.
    pub fn any(&self) -> bool {
        self.access.is_some() || self.refresh.is_some()
    }
}

impl Cookies {
    /// The cookies that `gateway.insecure_cookies` asks for.
    pub fn new(insecure: bool, clock: Clock) -> Self {
        Self { insecure, clock }
    }

    /// Picks ours out of `Cookie`. The first of equal names wins.
    pub fn read(&self, headers: &HeaderMap) -> RequestCookies {
        let (access, refresh, device) = (self.name("access"), self.name("refresh"), self.name("device"));
        let mut cookies = RequestCookies::default();
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        for (name, value) in lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')) {
            let slot = match name {
                name if name == access => &mut cookies.access,
                name if name == refresh => &mut cookies.refresh,
                name if name == device => &mut cookies.device,
                _ => continue,
            };
            if !value.is_empty() {
                slot.get_or_insert_with(|| value.to_owned());
            }
        }
        cookies
    }

    /// The `Set-Cookie` headers for a change.
    pub fn write(&self, change: &SessionChange) -> Vec<HeaderValue> {
        match change {
            SessionChange::Set(tokens) => self.set(tokens),
            SessionChange::Clear => ["access", "refresh"].iter().filter_map(|name| self.cookie(name, "", 0)).collect(),
        }
    }

    /// Takes the access token away, which turned out not to be good any more.
    pub fn drop_access(&self) -> Option<HeaderValue> {
        self.cookie("access", "", 0)
    }

    fn set(&self, tokens: &TokenPair) -> Vec<HeaderValue> {
        let now = self.clock.now().unix_timestamp();
        let left = |at: &Option<prost_types::Timestamp>| at.as_ref().map_or(0, |at| (at.seconds - now).max(0));
        let device = (!tokens.device.is_empty()).then(|| self.cookie("device", &tokens.device, DEVICE_SECONDS));
        [
            self.cookie("access", &tokens.access_token, left(&tokens.access_expires_at)),
            self.cookie("refresh", &tokens.refresh_token, left(&tokens.refresh_expires_at)),
            device.flatten(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// `None` for a value that is no cookie value, which auth-svc does not make.
    fn cookie(&self, name: &str, value: &str, max_age: i64) -> Option<HeaderValue> {
        let secure = if self.insecure { "" } else { "; Secure" };
        let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\');
        let text = format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}", self.name(name));
        value.bytes().all(allowed).then(|| HeaderValue::try_from(text).ok()).flatten()
    }

    fn name(&self, name: &str) -> String {
        let prefix = if self.insecure { "" } else { "__Host-" };
        format!("{prefix}curtail_{name}")
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use time::macros::datetime;

    use super::*;

    fn settings(insecure: bool) -> Cookies {
        Cookies::new(insecure, Clock::manual(datetime!(2026-01-01 00:00 UTC)))
    }

    fn pair() -> TokenPair {
        let at = |minutes: i64| {
            Some(Timestamp { seconds: datetime!(2026-01-01 00:00 UTC).unix_timestamp() + minutes * 60, nanos: 0 })
        };
        TokenPair {
            access_token: "v4.public.a_-".into(),
            access_expires_at: at(15),
            refresh_token: "r".into(),
            refresh_expires_at: at(60),
            session_id: 1,
            device: "d".into(),
        }
    }

    #[test]
    fn s20_cookies_are_bound_to_host_https_and_site() {
        let written = settings(false).write(&SessionChange::Set(Box::new(pair())));
        assert_eq!(
            written,
            [
                "__Host-curtail_access=v4.public.a_-; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure",
                "__Host-curtail_refresh=r; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure",
                "__Host-curtail_device=d; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure",
            ]
        );
        let written = settings(true).write(&SessionChange::Clear);
        assert_eq!(
            written,
            [
                "curtail_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                "curtail_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
            ]
        );
    }

    #[test]
    fn only_our_cookies_are_read_and_a_hostile_value_is_not_written() {
        let headers = HeaderMap::from_iter([(
            header::COOKIE,
            "a=b; curtail_access=plain; __Host-curtail_access=x; __Host-curtail_access=y; __Host-curtail_refresh="
                .parse()
                .unwrap(),
        )]);
        let cookies = settings(false).read(&headers);
        assert_eq!(cookies, RequestCookies { access: Some("x".into()), refresh: None, device: None });
        let hostile = TokenPair { access_token: "x; Domain=evil".into(), ..pair() };
        assert_eq!(settings(false).write(&SessionChange::Set(Box::new(hostile))).len(), 2);
    }
}
