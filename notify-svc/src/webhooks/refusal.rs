//! The outcomes that callers have to reckon with. Their reasons are listed in `docs/use/webhooks.md`.

use curtail_rpc::{Code, Error};

use super::limits;

/// A value that cannot be taken.
pub fn invalid(reason: &'static str, field: &'static str, message: impl Into<String>) -> Error {
    Error::new(Code::Invalid, reason, message.into()).field(field)
}

/// A refused URL.
pub fn url(refusal: curtail_outbound::Refusal) -> Error {
    invalid(refusal.reason(), "url", refusal.to_string())
}

/// No such webhook, or none that the caller may know of: the two look the same.
pub fn webhook_not_found() -> Error {
    Error::new(Code::NotFound, "WEBHOOK_NOT_FOUND", "there is no such webhook")
}

/// As [`webhook_not_found`], for deliveries.
pub fn delivery_not_found() -> Error {
    Error::new(Code::NotFound, "DELIVERY_NOT_FOUND", "there is no such delivery")
}

/// Nothing is sent to a disabled webhook.
pub fn disabled() -> Error {
    Error::new(Code::Conflict, "WEBHOOK_DISABLED", "the webhook is disabled; enable it first")
}

/// The workspace has as many as it may have.
pub fn too_many() -> Error {
    let message = format!("a workspace has at most {} webhooks", limits::PER_WORKSPACE);
    Error::new(Code::QuotaExceeded, "WEBHOOKS_PER_WORKSPACE", message)
}

/// What a failed statement means to the caller.
pub fn store(error: sqlx::Error) -> Error {
    if curtail_db::is_unavailable(&error) { Error::unavailable(error) } else { Error::internal(error) }
}
