//! One try.

use std::time::{Duration, Instant};

use bytes::Bytes;
use curtail_outbound::{Answer, Failure};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use time::OffsetDateTime;

use crate::webhooks::app::App;
use crate::webhooks::message::message_id;
use crate::webhooks::secret::Secret;
use crate::webhooks::signature::sign;
use crate::webhooks::store::due::Due;

const AGENT: &str = concat!("Curtail-Webhooks/", env!("CARGO_PKG_VERSION"));

/// What came of a try, still to be judged.
pub struct Made {
    /// The delivery.
    pub due: Due,
    /// When it began.
    pub at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// The answer, or why there was none.
    pub result: Result<Answer, Failure>,
}

/// Signs and sends a delivery.
pub async fn make(app: &App, due: Due) -> Made {
    let (at, began) = (app.clock.now(), Instant::now());
    let result = match headers(app, &due, at) {
        Ok(headers) => send(app, &due, headers).await,
        Err(error) => {
            tracing::error!(webhook = due.webhook_id, error = format!("{error:#}"), "a webhook can not be signed");
            Err(Failure::Unsigned)
        }
    };
    Made { at, took: began.elapsed(), result, due }
}

/// The URL is judged again each time: the operator may have changed the rules.
async fn send(app: &App, due: &Due, headers: HeaderMap) -> Result<Answer, Failure> {
    let url = app.rules.check(&due.url).map_err(|_| Failure::Forbidden)?;
    app.client.post(&url, headers, Bytes::from(due.body.clone())).await
}

fn headers(app: &App, due: &Due, at: OffsetDateTime) -> anyhow::Result<HeaderMap> {
    let mut secrets = vec![Secret::open(&app.seal_key, due.webhook_id, &due.secret)?];
    if let (Some(previous), Some(until)) = (&due.previous_secret, due.previous_until)
        && at < until
    {
        secrets.push(Secret::open(&app.seal_key, due.webhook_id, previous)?);
    }
    let (id, seconds) = (message_id(&due.event_id), at.unix_timestamp());
    let signature = sign(&secrets, &id, seconds, &due.body);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(HeaderName::from_static("webhook-id"), HeaderValue::try_from(id)?);
    headers.insert(HeaderName::from_static("webhook-timestamp"), HeaderValue::from(seconds));
    headers.insert(HeaderName::from_static("webhook-signature"), HeaderValue::try_from(signature)?);
    Ok(headers)
}
