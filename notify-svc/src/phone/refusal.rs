//! The outcomes that callers have to reckon with. Their reasons are listed in `docs/use/notifications.md`.

use curtail_rpc::{Code, Error};
use time::Duration;

use super::{CODE_LIFE, MAX_ATTEMPTS, MAX_CODES};
use crate::text::BadNumber;

/// Not a telephone number.
pub fn malformed_number(error: BadNumber) -> Error {
    Error::new(Code::Invalid, "PHONE_NUMBER_MALFORMED", error.to_string()).field("number")
}

/// Three codes an hour have been sent, for this user or to this number; which of the two it was is not told.
pub fn too_many_codes(wait: Duration) -> Error {
    let message = format!("{MAX_CODES} codes were sent within the last hour; wait before you ask for another one");
    let wait = wait.try_into().unwrap_or_default();
    Error::new(Code::RateLimited, "TOO_MANY_PHONE_CODES", message).field("number").retry_after(wait)
}

/// There is no number to confirm.
pub fn no_number() -> Error {
    Error::new(Code::NotFound, "PHONE_NUMBER_NOT_SET", "there is no telephone number to confirm; set one first")
}

/// Not six digits.
pub fn malformed_code() -> Error {
    Error::new(Code::Invalid, "PHONE_CODE_MALFORMED", "a code has 6 digits").field("code")
}

/// Another code was sent.
pub fn wrong_code(left: i16) -> Error {
    let message = format!("this is not the code that was sent; {left} tries are left");
    Error::new(Code::Invalid, "PHONE_CODE_WRONG", message).field("code").meta("left", left.to_string())
}

/// The code was guessed wrong too often.
pub fn code_used_up() -> Error {
    let message = format!("the code was entered wrong {MAX_ATTEMPTS} times; ask for another one");
    Error::new(Code::Invalid, "PHONE_CODE_USED_UP", message).field("code")
}

/// The code is too old.
pub fn code_expired() -> Error {
    let message = format!("the code was good for {} minutes; ask for another one", CODE_LIFE.whole_minutes());
    Error::new(Code::Invalid, "PHONE_CODE_EXPIRED", message).field("code")
}
