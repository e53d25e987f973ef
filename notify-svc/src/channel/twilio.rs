//! Text messages through an HTTP API like Twilio's (<https://www.twilio.com/docs/messaging/api/message-resource#create-a-message>).
//!
//! The API has no key that would make a second request for the same message harmless. What is asked for again, because the answer
//! was lost, may arrive twice.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use curtail_clock::Clock;
use curtail_outbound::{Answer, Client, Limits, Resolver, Rules};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use time::OffsetDateTime;
use url::{Url, form_urlencoded};

use super::Failure;
use crate::retry_after::retry_after;
use crate::text::{Number, Text};

/// How much of an answer is read: errors are short, and of a message that was taken nothing is needed.
const ANSWER_BYTES: usize = 4_096;

/// The pauses that are believed: not none at all, and none that is longer than the longest of our own.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(43_200));

/// Whom text messages come from.
enum Origin {
    Number(Number),
    /// A messaging service, which chooses a number.
    Service(String),
}

/// An API.
pub struct Twilio {
    url: Url,
    headers: HeaderMap,
    from: Origin,
    client: Client,
    clock: Clock,
}

impl Twilio {
    /// The API of `notify.sms_url`. `timeout` bounds a whole send.
    ///
    /// # Errors
    /// When the settings do not work out.
    pub fn new(settings: &curtail_config::Notify, timeout: Duration, clock: Clock) -> anyhow::Result<Self> {
        let account = &settings.sms_account;
        let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json", settings.sms_url);
        let url = Url::parse(&url).context("notify.sms_url")?;
        ensure!(!settings.sms_token.is_empty(), "notify.sms_token is needed with notify.sms_url");
        let from = origin(&settings.sms_from).context("notify.sms_from")?;
        let credentials = BASE64_STANDARD.encode(format!("{account}:{}", settings.sms_token.expose()));
        let mut credentials = HeaderValue::try_from(format!("Basic {credentials}"))?;
        credentials.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credentials);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let limits = Limits { time: timeout, answer_bytes: ANSWER_BYTES };
        let client = Client::new(Arc::new(Rules::of_operator()), Resolver::System, Vec::new(), limits)?;
        Ok(Self { url, headers, from, client, clock })
    }

    /// Hands a text message over.
    pub(super) async fn send(&self, text: &Text) -> Result<(), Failure> {
        let (name, from) = match &self.from {
            Origin::Number(number) => ("From", number.as_str()),
            Origin::Service(service) => ("MessagingServiceSid", service.as_str()),
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", text.to.as_str())
            .append_pair(name, from)
            .append_pair("Body", &text.body)
            .finish();
        match self.client.post(&self.url, self.headers.clone(), Bytes::from(form)).await {
            Ok(answer) => judge(&answer, self.clock.now()),
            Err(failure) => Err(lost(failure)),
        }
    }
}

/// `MG` and 32 hexadecimal digits name a messaging service; everything else has to be a number.
fn origin(text: &str) -> anyhow::Result<Origin> {
    let is_service =
        text.strip_prefix("MG").is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(if is_service { Origin::Service(text.to_owned()) } else { Origin::Number(Number::parse(text)?) })
}

/// What an answer means. The API takes a message with 201; others of its kind also with 200 or 202.
fn judge(answer: &Answer, now: OffsetDateTime) -> Result<(), Failure> {
    let status = answer.status;
    match status.as_u16() {
        200..=299 => Ok(()),
        // Not about this message: the account or the address is wrong, and every other message would fail like it.
        300..=399 | 401 => Err(Failure::Away(said(answer))),
        408 | 429 | 500..=599 => Err(Failure::Later { error: said(answer), after: pause(&answer.headers, now) }),
        _ => Err(Failure::Refused(said(answer))),
    }
}

/// Status and, if there is one, number of the error. Its text is left out: it repeats the telephone number.
fn said(answer: &Answer) -> String {
    let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let code = body.as_ref().and_then(|body| body["code"].as_i64());
    match code {
        Some(code) => format!("status {}, error {code}", answer.status.as_u16()),
        None => format!("status {}", answer.status.as_u16()),
    }
}

/// How long the server wants to be left alone, within reason.
fn pause(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    retry_after(headers, now).map(|pause| pause.clamp(PAUSES.0, PAUSES.1))
}

/// Without a connection the message is not out. After that it may be: then it counts as a try, of which there are few.
fn lost(failure: curtail_outbound::Failure) -> Failure {
    use curtail_outbound::Failure as Lost;
    match failure {
        Lost::NotFound | Lost::Forbidden | Lost::Connect | Lost::Tls => Failure::Away(failure.to_string()),
        Lost::Timeout | Lost::Unsigned | Lost::Broken => Failure::later(failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::RETRY_AFTER;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    fn answer(status: u16, retry_after: &str, body: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        }
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from_static(body.as_bytes()) }
    }

    fn judged(status: u16) -> Result<(), Failure> {
        judge(&answer(status, "", ""), NOW)
    }

    #[test]
    fn f18_what_statuses_mean() {
        for status in [200, 201, 202] {
            assert_eq!(judged(status), Ok(()), "{status}");
        }
        for status in [400, 403, 404, 410, 422] {
            assert!(matches!(judged(status), Err(Failure::Refused(_))), "{status}");
        }
        for status in [408, 429, 500, 502, 503, 599] {
            assert!(matches!(judged(status), Err(Failure::Later { after: None, .. })), "{status}");
        }
        for status in [301, 307, 401] {
            assert!(matches!(judged(status), Err(Failure::Away(_))), "{status}");
        }
    }

    #[test]
    fn f18_the_wish_of_the_server_is_honoured_within_reason() {
        for (wish, expected) in [
            ("", None),
            ("7", Some(7)),
            ("0", Some(1)),
            ("999999999", Some(43_200)),
            ("Sat, 21 Nov 2026 12:05:00 GMT", Some(300)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let after = match judge(&answer(429, wish, ""), NOW) {
                Err(Failure::Later { after, .. }) => after,
                other => panic!("{other:?}"),
            };
            assert_eq!(after, expected.map(Duration::from_secs), "{wish}");
        }
    }

    #[test]
    fn an_error_is_kept_without_the_number_in_its_text() {
        let body = r#"{"code": 21211, "message": "The 'To' number +15005550001 is not valid", "status": 400}"#;
        assert_eq!(judge(&answer(400, "", body), NOW), Err(Failure::Refused("status 400, error 21211".into())));
        assert_eq!(judge(&answer(400, "", "<html>"), NOW), Err(Failure::Refused("status 400".into())));
    }

    #[test]
    fn senders_are_numbers_or_services() {
        assert!(matches!(origin("+15005550006").unwrap(), Origin::Number(_)));
        assert!(matches!(origin(&format!("MG{}", "0f".repeat(16))).unwrap(), Origin::Service(_)));
        for bad in ["", "Curtail", "MG0f", &format!("MG{}", "0g".repeat(16)), &format!("XX{}", "0f".repeat(16))] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
