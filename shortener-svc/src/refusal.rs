//! The outcomes that callers have to reckon with, as errors of the wire. Their reasons are listed in `docs/use/links.md`.

use curtail_rpc::{Code, Error};

use crate::code::alias;
use crate::destination;
use crate::limits;

/// A value that cannot be taken.
pub fn invalid(reason: &'static str, field: &'static str, message: impl Into<String>) -> Error {
    Error::new(Code::Invalid, reason, message.into()).field(field)
}

/// A refused destination.
pub fn destination(refusal: destination::Refusal, field: &'static str) -> Error {
    invalid(refusal.reason(), field, refusal.to_string())
}

/// A refused alias.
pub fn alias(refusal: alias::Refusal) -> Error {
    invalid(refusal.reason(), "alias", refusal.to_string())
}

/// Someone has, or once had, this alias. `suggestions` travel as a JSON array.
pub fn alias_taken(suggestions: &[String]) -> Error {
    let suggestions = serde_json::Value::from(suggestions).to_string();
    Error::new(Code::Conflict, "ALIAS_TAKEN", "the alias is taken").field("alias").meta("suggestions", suggestions)
}

/// A domain that is not one of ours.
pub fn unknown_domain() -> Error {
    invalid("UNKNOWN_DOMAIN", "domain", "this is not one of the short domains")
}

/// No such link, or none that the caller may know of: the two look the same.
pub fn link_not_found() -> Error {
    Error::new(Code::NotFound, "LINK_NOT_FOUND", "there is no such link")
}

/// The link was changed since the caller read it.
pub fn version_mismatch(current: i64) -> Error {
    Error::new(Code::VersionMismatch, "VERSION_MISMATCH", "the link was changed in the meantime")
        .field("version")
        .meta("currentVersion", current.to_string())
}

/// The link is deleted: it has to be restored before it can be changed.
pub fn link_deleted() -> Error {
    Error::new(Code::Conflict, "LINK_DELETED", "the link is deleted; restore it first")
}

/// The link is taken down: its members cannot change it.
pub fn link_blocked() -> Error {
    Error::new(Code::Conflict, "LINK_BLOCKED", "the link was taken down by the operator of this service")
}

/// The plan's links of this month are used up.
pub fn quota_exceeded(limit: u64) -> Error {
    Error::new(Code::QuotaExceeded, "LINKS_PER_MONTH", format!("the plan allows {limit} new links a month"))
        .meta("limit", limit.to_string())
}

/// The workspace has as many tags as it may have.
pub fn too_many_tags(field: &'static str) -> Error {
    let message = format!("a workspace has at most {} different tags", limits::TAGS_PER_WORKSPACE);
    Error::new(Code::QuotaExceeded, "TAGS_PER_WORKSPACE", message).field(field)
}

/// The key was used for another request.
pub fn idempotency_key_reused() -> Error {
    Error::new(Code::Conflict, "IDEMPOTENCY_KEY_REUSED", "the idempotency key was used for a different request")
        .field("idempotencyKey")
}

/// The cursor was made for another list.
pub fn invalid_cursor() -> Error {
    invalid("INVALID_CURSOR", "cursor", "the cursor does not belong to this list")
}

/// A page size out of bounds.
pub fn page_size(field: &'static str) -> Error {
    invalid("LIMIT_RANGE", field, format!("between 1 and {} links at a time", limits::PAGE))
}

/// How many links one call that tends the tables deals with.
pub fn upkeep_batch(limit: u32) -> Result<i64, Error> {
    if (1..=limits::UPKEEP_BATCH).contains(&limit) {
        return Ok(limit.into());
    }
    Err(invalid("LIMIT_RANGE", "limit", format!("between 1 and {} links at a time", limits::UPKEEP_BATCH)))
}

/// What a failed statement means to the caller.
pub fn store(error: sqlx::Error) -> Error {
    if curtail_db::is_unavailable(&error) { Error::unavailable(error) } else { Error::internal(error) }
}
