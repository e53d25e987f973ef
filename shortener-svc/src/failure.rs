//! What can go wrong inside of a transaction.

use curtail_rpc::Error;

use crate::refusal;

/// A failure of which the caller of the transaction still wants to know whether a constraint was behind it.
#[derive(Debug)]
pub enum Failure {
    /// A statement failed.
    Store(sqlx::Error),
    /// The request is refused.
    Refused(Error),
}

impl Failure {
    /// The constraint that was violated, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Store(error) => curtail_db::constraint(error),
            Self::Refused(_) => None,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => refusal::store(error),
            Failure::Refused(error) => error,
        }
    }
}
