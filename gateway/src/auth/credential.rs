//! Finds the credential of a request.

use curtail_edge::RequestOrigin;
use http::{HeaderMap, HeaderName, header};
use sha2::{Digest as _, Sha256};

/// What every API key begins with.
const API_KEY_PREFIX: &str = "ck_";
const API_KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");
/// Longer texts are no credential of ours.
const LONGEST: usize = 8192;

/// A credential as the client sent it.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// An access token in `Authorization`.
    AccessToken(String),
    /// An access token in a cookie.
    Cookie(String),
    /// An API key in `X-Api-Key` or `Authorization`.
    ApiKey(String),
}

/// Headers that name a credential in a form we do not take, or more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl Credential {
    /// Names it without holding it.
    pub fn digest(&self) -> [u8; 32] {
        let (Self::AccessToken(text) | Self::Cookie(text) | Self::ApiKey(text)) = self;
        Sha256::digest(text).into()
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccessToken(_) => "AccessToken",
            Self::Cookie(_) => "Cookie",
            Self::ApiKey(_) => "ApiKey",
        })
    }
}

/// The credential that counts. One in a header is deliberate and goes before the cookies, which only count on our pages.
///
/// # Errors
/// When a header holds something else than a bearer token, or both headers are there.
pub fn find(
    headers: &HeaderMap,
    access_cookie: Option<&str>,
    origin: RequestOrigin,
) -> Result<Option<Credential>, Malformed> {
    match (single(headers, header::AUTHORIZATION)?, single(headers, API_KEY_HEADER)?) {
        (Some(_), Some(_)) => Err(Malformed),
        (None, Some(key)) => Ok(Some(Credential::ApiKey(key.to_owned()))),
        (Some(value), None) => bearer(value).map(Some),
        (None, None) if origin == RequestOrigin::Ours => {
            Ok(access_cookie.map(|token| Credential::Cookie(token.to_owned())))
        }
        (None, None) => Ok(None),
    }
}

fn bearer(value: &str) -> Result<Credential, Malformed> {
    let (scheme, token) = value.split_once(' ').ok_or(Malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Malformed);
    }
    let token = token.to_owned();
    Ok(if token.starts_with(API_KEY_PREFIX) { Credential::ApiKey(token) } else { Credential::AccessToken(token) })
}

fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Malformed> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.len() <= LONGEST => value.to_str().map(Some).map_err(|_| Malformed),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)], origin: RequestOrigin) -> Result<Option<Credential>, Malformed> {
        let headers =
            pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
        find(&headers, Some("cookie"), origin)
    }

    #[test]
    fn headers_go_before_cookies_and_cookies_need_one_of_our_pages() {
        use RequestOrigin::{Foreign, Ours, Unknown};
        assert_eq!(found(&[], Ours), Ok(Some(Credential::Cookie("cookie".into()))));
        assert_eq!(found(&[], Unknown), Ok(None));
        assert_eq!(found(&[], Foreign), Ok(None));
        let token = Credential::AccessToken("v4.public.x".into());
        assert_eq!(found(&[("authorization", "bearer v4.public.x")], Ours), Ok(Some(token)));
        let key = Credential::ApiKey("ck_live_x".into());
        assert_eq!(found(&[("authorization", "Bearer ck_live_x")], Unknown), Ok(Some(key.clone())));
        assert_eq!(found(&[("x-api-key", "ck_live_x")], Unknown), Ok(Some(key)));
    }

    #[test]
    fn what_is_not_a_bearer_token_is_refused_instead_of_ignored() {
        for pairs in [
            vec![("authorization", "Basic dXNlcjpwYXNz")],
            vec![("authorization", "Bearer")],
            vec![("authorization", "Bearer ")],
            vec![("authorization", "")],
            vec![("authorization", "Bearer a"), ("authorization", "Bearer b")],
            vec![("authorization", "Bearer a"), ("x-api-key", "ck_x")],
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &pairs {
                headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            assert_eq!(find(&headers, None, RequestOrigin::Ours), Err(Malformed), "{pairs:?}");
        }
        let long = "a".repeat(LONGEST);
        assert_eq!(found(&[("x-api-key", &long)], RequestOrigin::Ours).map(|c| c.is_some()), Ok(true));
        assert_eq!(found(&[("x-api-key", &format!("{long}a"))], RequestOrigin::Ours), Err(Malformed));
    }
}
