//! Errors on the wire: a gRPC status with `google.rpc.ErrorInfo` and, where waiting helps, `google.rpc.RetryInfo`.
//!
//! `ErrorInfo.domain` is `curtail`, its `reason` is [`Error::reason`], its metadata are [`Error::metadata`] and, under
//! reserved names, `code` ([`Code::as_str`]) and `field`. A status without such details came from elsewhere (the transport,
//! a proxy): its message is not for the public.

use std::{sync::Arc, time::Duration};

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::{Code, Error};

const DOMAIN: &str = "curtail";
const CODE: &str = "code";
const FIELD: &str = "field";

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let mut metadata: std::collections::HashMap<_, _> = error.metadata.into_iter().collect();
        metadata.insert(CODE.to_owned(), error.code.as_str().to_owned());
        if let Some(field) = error.field {
            metadata.insert(FIELD.to_owned(), field.into_owned());
        }
        let mut details = ErrorDetails::with_error_info(error.reason, DOMAIN, metadata);
        if let Some(wait) = error.retry_after {
            details.set_retry_info(Some(wait));
        }
        let mut status = Status::with_error_details(error.code.grpc(), error.message, details);
        if let Some(source) = error.source {
            // Stays in the process: a status is encoded without its source.
            status.set_source(Arc::from(source.into_boxed_dyn_error()));
        }
        status
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::from_status(&status)
    }
}

impl Error {
    /// Reads what a service answered. What did not come from a service of ours keeps its code and loses its message.
    pub fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) else {
            return foreign(status, retry_after);
        };
        let mut metadata: std::collections::BTreeMap<_, _> = info.metadata.clone().into_iter().collect();
        let code = metadata.remove(CODE).and_then(|name| Code::from_name(&name));
        let field = metadata.remove(FIELD).map(Into::into);
        Self {
            code: code.unwrap_or(Code::from_grpc(status.code())),
            reason: info.reason.clone().into(),
            field,
            message: status.message().to_owned().into(),
            metadata,
            retry_after,
            source: None,
        }
    }
}

fn foreign(status: &Status, retry_after: Option<Duration>) -> Error {
    let error = Error::of(Code::from_grpc(status.code())).source(status.clone());
    match (retry_after, error.code) {
        (Some(wait), _) => error.retry_after(wait),
        (None, Code::Unavailable) => error.retry_after(Duration::from_secs(1)),
        (None, _) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire() {
        for code in Code::ALL {
            let sent = Error::new(code, "ALIAS_TAKEN", "this alias is taken")
                .field("alias")
                .meta("suggestions", "a-2,a-3")
                .retry_after(Duration::from_millis(1500))
                .source(anyhow::anyhow!("unique violation"));
            let status = Status::from(sent);
            assert_eq!(status.code(), code.grpc());
            let received = Error::from_status(&over_the_wire(status));
            assert_eq!((received.code, received.reason.as_ref()), (code, "ALIAS_TAKEN"));
            assert_eq!(received.field.as_deref(), Some("alias"));
            assert_eq!(received.message, "this alias is taken");
            assert_eq!(received.metadata.into_iter().collect::<Vec<_>>(), [("suggestions".into(), "a-2,a-3".into())]);
            assert_eq!(received.retry_after, Some(Duration::from_millis(1500)));
            assert!(received.source.is_none());
        }
    }

    #[test]
    fn s17_the_cause_stays_in_the_process() {
        let status = Status::from(Error::internal(anyhow::anyhow!("password=hunter2")));
        assert!(std::error::Error::source(&status).is_some(), "for the log of the server");
        let headers = status.into_http::<()>().headers().clone();
        assert!(!format!("{headers:?}").contains("hunter2"));
    }

    #[test]
    fn s17_a_foreign_status_loses_its_message() {
        let error = Error::from_status(&Status::unavailable("tcp connect error: 10.0.0.7:7001"));
        assert_eq!(error.code, Code::Unavailable);
        assert_eq!(error.message, Code::Unavailable.message());
        assert!(error.retry_after.is_some());
        assert!(format!("{:?}", error.source).contains("10.0.0.7"), "kept for the log");
        assert_eq!(Error::from_status(&Status::unknown("boom")).code, Code::Internal);
    }

    fn over_the_wire(status: Status) -> Status {
        Status::from_header_map(status.into_http::<()>().headers()).unwrap()
    }
}
