//! The client.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::connect::Connector;
use crate::{Failure, Resolver, Rules, tls};

/// How long an idle connection is kept for the next request to the same host. Its address was checked when it was made.
const IDLE: Duration = Duration::from_secs(10);

/// Idle connections to one host.
const IDLE_PER_HOST: usize = 8;

/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 16_384;

/// What one exchange may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the look-up of the name to the end of what is read.
    pub time: Duration,
    /// How many bytes of the answer are read; the rest is left, and the connection with it.
    pub answer_bytes: usize,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status, redirects included.
    pub status: StatusCode,
    /// The headers, of at most 16 KiB.
    pub headers: HeaderMap,
    /// The first bytes of the body, as far as they came in time.
    pub body: Bytes,
}

/// Sends requests to addresses that a user entered. Clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: legacy::Client<Connector, Full<Bytes>>,
    limits: Limits,
}

impl Client {
    /// A client that keeps to `rules`. `authorities` are believed beside those of Mozilla's list.
    ///
    /// # Errors
    /// When one of the authorities is no certificate.
    pub fn new(
        rules: Arc<Rules>,
        resolver: Resolver,
        authorities: Vec<CertificateDer<'static>>,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let connector = Connector { rules, resolver, tls: tls::connector(authorities)? };
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector);
        Ok(Self { inner, limits })
    }

    /// Sends a POST and reads the beginning of the answer. A receiver that answered with a status has taken the request, also
    /// when the body then stops half-way.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.limits.time;
        let uri: Uri = url.as_str().parse().map_err(|_| Failure::NotFound)?;
        let mut request = Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (Method::POST, uri, headers);
        let answer = timeout_at(deadline, self.inner.request(request)).await.map_err(|_| Failure::Timeout)?;
        let (head, body) = answer.map_err(|error| Failure::of(&error))?.into_parts();
        let body = beginning(body, self.limits.answer_bytes, deadline).await;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

async fn beginning(mut body: Incoming, most: usize, deadline: Instant) -> Bytes {
    let mut read = BytesMut::new();
    while read.len() < most {
        let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await else { break };
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(&data[..data.len().min(most - read.len())]);
        }
    }
    read.freeze()
}
