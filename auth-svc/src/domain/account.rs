//! An account.

use time::OffsetDateTime;

use crate::Error;

/// Whether an account may be used. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active = 1,
    /// Refused until an operator lifts it.
    Suspended = 2,
    /// Gone; to others it is as if it had never been.
    Deleted = 3,
}

impl AccountStatus {
    /// Reads the number of the database.
    pub fn from_number(number: i16) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Deleted].into_iter().find(|status| *status as i16 == number)
    }

    /// Refuses accounts that may not be used. A deleted one answers like one that does not exist, with `unknown`.
    pub fn require_active(self, unknown: Error) -> Result<(), Error> {
        match self {
            Self::Active => Ok(()),
            Self::Suspended => Err(Error::AccountSuspended),
            Self::Deleted => Err(unknown),
        }
    }
}

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Snowflake.
    pub id: i64,
    /// As it is shown.
    pub email: String,
    /// When the address was proven; `None` until then.
    pub email_verified_at: Option<OffsetDateTime>,
    /// As it is shown.
    pub full_name: String,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Whether it runs the platform.
    pub platform_admin: bool,
    /// When it signed up.
    pub created_at: OffsetDateTime,
}
