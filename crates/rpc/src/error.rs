//! The one error that leaves a service.

use std::{borrow::Cow, collections::BTreeMap, fmt, time::Duration};

use crate::Code;

/// What a caller gets instead of an answer.
///
/// `message` is public and written for people; `source` is for our log and never leaves the process. Neither can take the
/// place of the other: the message comes from where the error is made, the source is never printed by `Display`.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub code: Code,
    /// The stable reason in SCREAMING_SNAKE_CASE, finer than the code: `ALIAS_TAKEN`.
    pub reason: Cow<'static, str>,
    /// The field of the request that is to blame.
    pub field: Option<Cow<'static, str>>,
    /// For people, in public.
    pub message: Cow<'static, str>,
    /// Further facts for programs, in public.
    pub metadata: BTreeMap<String, String>,
    /// When it makes sense to try again.
    pub retry_after: Option<Duration>,
    /// What really happened; logged once by the server, never shown.
    pub source: Option<anyhow::Error>,
}

/// How long to wait for what is unavailable, if nothing better is known.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(1);

impl Error {
    /// An error with a public message.
    pub fn new(code: Code, reason: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
            field: None,
            message: message.into(),
            metadata: BTreeMap::new(),
            retry_after: None,
            source: None,
        }
    }

    /// An error that says no more than its code.
    pub fn of(code: Code) -> Self {
        Self::new(code, code.as_str(), code.message())
    }

    /// A fault of ours; the cause goes to the log, not to the caller.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self { source: Some(source.into()), ..Self::of(Code::Internal) }
    }

    /// A dependency is unavailable. The cause goes to the log, not to the caller.
    pub fn unavailable(source: impl Into<anyhow::Error>) -> Self {
        Self { source: Some(source.into()), retry_after: Some(UNAVAILABLE_RETRY), ..Self::of(Code::Unavailable) }
    }

    /// Names the field that is to blame.
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a public fact. The names `code` and `field` are taken.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Says when to try again.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Keeps the cause for the log.
    pub fn source(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.reason, self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_a_fault_shows_nothing_of_its_cause() {
        let error = Error::internal(anyhow::anyhow!("relation \"users\" does not exist"));
        assert_eq!(error.to_string(), "INTERNAL (INTERNAL): something went wrong on our side");
        let cause = std::error::Error::source(&error).unwrap();
        assert!(cause.to_string().contains("relation"));
    }

    #[test]
    fn what_is_unavailable_says_when_to_come_back() {
        assert_eq!(Error::unavailable(anyhow::anyhow!("pool timed out")).retry_after, Some(Duration::from_secs(1)));
    }
}
