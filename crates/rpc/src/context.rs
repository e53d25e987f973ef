//! What a call carries on behalf of the request that causes it.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use curtail_telemetry::{REQUEST_ID_HEADER, RequestId};
use http::{HeaderMap, HeaderName};

use crate::{deadline, identity};

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What every call made for one request has in common. Cheap to clone; clones share [`CallContext::calls`].
#[derive(Clone)]
pub struct CallContext {
    /// The internal token of the user; without it the call is made in the name of this service.
    pub authorization: Option<Arc<str>>,
    /// When the answer is due.
    pub deadline: Instant,
    /// Names the request in all logs.
    pub request_id: Option<RequestId>,
    /// W3C trace context, for processes without a tracer of their own.
    pub traceparent: Option<String>,
    /// Whether the call may be repeated without harm; only such calls are retried.
    pub idempotent: bool,
    /// How many calls were made, retries included.
    pub calls: Arc<AtomicU32>,
}

/// How the channel has to treat a request; travels in its extensions.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) idempotent: bool,
    pub(crate) calls: Option<Arc<AtomicU32>>,
}

impl CallContext {
    /// The context of calls that are due at `deadline`, in the name of this service.
    pub fn new(deadline: Instant) -> Self {
        Self {
            authorization: None,
            deadline,
            request_id: None,
            traceparent: None,
            idempotent: false,
            calls: Arc::default(),
        }
    }

    /// The context of calls that a handler makes to answer `request`: same request id, trace and deadline, in the name of
    /// this service. [`CallContext::on_behalf_of`] goes on in the name of the user.
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        let headers = request.metadata().as_ref();
        let deadline = deadline::deadline(request).unwrap_or_else(|| Instant::now() + WITHOUT_DEADLINE);
        Self { request_id: request_id(headers), traceparent: traceparent(headers), ..Self::new(deadline) }
    }

    /// The same with this request id.
    pub fn for_request(&self, request_id: RequestId) -> Self {
        Self { request_id: Some(request_id), ..self.clone() }
    }

    /// The same in the name of the user of this internal token.
    pub fn on_behalf_of(&self, internal_token: impl Into<Arc<str>>) -> Self {
        Self { authorization: Some(internal_token.into()), ..self.clone() }
    }

    /// The same, due no later than `timeout` from now.
    pub fn within(&self, timeout: Duration) -> Self {
        Self { deadline: self.deadline.min(Instant::now() + timeout), ..self.clone() }
    }

    /// For calls that change nothing, or the same thing however often they are made.
    pub fn read(&self) -> Self {
        Self { idempotent: true, ..self.clone() }
    }

    /// For calls that must not be repeated.
    pub fn write(&self) -> Self {
        Self { idempotent: false, ..self.clone() }
    }

    /// A request with all of this in its headers.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let headers = request.metadata_mut().as_mut();
        let left = self.deadline.saturating_duration_since(Instant::now());
        headers.insert(deadline::GRPC_TIMEOUT, deadline::header(left));
        if let Some(token) = &self.authorization {
            headers.insert(http::header::AUTHORIZATION, identity::bearer(token));
        }
        if let Some(id) = &self.request_id {
            headers.insert(REQUEST_ID_HEADER, id.to_header());
        }
        if let Some(parent) = self.traceparent.as_deref().and_then(|text| text.parse().ok()) {
            headers.insert(TRACEPARENT, parent);
        }
        let options = CallOptions { idempotent: self.idempotent, calls: Some(Arc::clone(&self.calls)) };
        request.extensions_mut().insert(options);
        request
    }
}

/// What a handler that was called without a deadline, as only tests do, may take.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(5);

/// The request id of a request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<RequestId> {
    RequestId::from_header(headers.get(REQUEST_ID_HEADER)?)
}

/// The trace context of a request as it came.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(TRACEPARENT)?.to_str().ok()?.to_owned())
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("request_id", &self.request_id)
            .field("as_user", &self.authorization.is_some())
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_travels_in_headers_and_extensions() {
        let id = RequestId::from_header(&"abc-1".parse().unwrap()).unwrap();
        let context =
            CallContext::new(Instant::now() + Duration::from_secs(3)).for_request(id).on_behalf_of("v4.public.x");
        let request = CallContext { traceparent: Some("00-aa-bb-01".into()), ..context }.read().request(());
        let headers = request.metadata().as_ref();
        assert_eq!(headers["authorization"], "Bearer v4.public.x");
        assert_eq!(headers["x-request-id"], "abc-1");
        assert_eq!(headers["traceparent"], "00-aa-bb-01");
        let left = deadline::parse(headers).unwrap();
        assert!(left > Duration::from_secs(2) && left <= Duration::from_secs(3), "{left:?}");
        assert!(request.extensions().get::<CallOptions>().unwrap().idempotent);
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_nothing() {
        let request = CallContext::new(Instant::now() - Duration::from_secs(1)).request(());
        assert_eq!(deadline::parse(request.metadata().as_ref()), Some(Duration::ZERO));
    }

    #[test]
    fn a_handler_passes_on_what_it_was_given() {
        let id = RequestId::from_header(&"abc-1".parse().unwrap()).unwrap();
        let mut request = CallContext::new(Instant::now()).for_request(id.clone()).on_behalf_of("secret").request(());
        let due = Instant::now() + Duration::from_secs(2);
        request.extensions_mut().insert(deadline::Deadline(due));
        let next = CallContext::of(&request);
        assert_eq!((next.request_id.clone(), next.deadline), (Some(id), due));
        assert_eq!(next.authorization, None, "a user's token is only passed on knowingly");
        assert!(!format!("{:?}", next.on_behalf_of("secret")).contains("secret"));
    }
}
