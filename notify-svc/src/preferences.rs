//! What someone wants to be told.

use std::collections::HashMap;

use curtail_rpc::{Code, Error};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::kind::Kind;
use crate::store::choices::{self, Choice};
use crate::store_error;

/// The most changes of one call.
pub const MAX_CHANGES: usize = 32;

/// Whom a choice belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Someone with an account.
    User(i64),
    /// An address without an account behind it, as far as we know.
    Address(String),
}

impl Owner {
    /// The owner in the database: `user:<id>`, or `mail:<address>` in lower case.
    pub fn key(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Address(address) => format!("mail:{}", address.to_ascii_lowercase()),
        }
    }
}

/// A kind with what its owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The kind.
    pub kind: Kind,
    /// By mail.
    pub email: bool,
    /// As a text message, once a number is confirmed.
    pub sms: bool,
}

/// What an owner wants from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The kind.
    pub kind: Kind,
    /// By mail.
    pub email: bool,
    /// As a text message; `None`: as before.
    pub sms: Option<bool>,
}

/// What holds for each kind, chosen or not.
///
/// # Errors
/// When the database is unavailable.
pub async fn of(pool: &PgPool, owner: &Owner) -> Result<Vec<Preference>, Error> {
    let chosen = choices::of(pool, &owner.key()).await.map_err(store_error)?;
    let preference = |kind: Kind| {
        let choice = chosen.get(kind.name());
        let sms = kind.has_text() && choice.and_then(|choice| choice.texted).unwrap_or(false);
        Preference { kind, email: holds(kind, choice.map(|choice| choice.wanted)), sms }
    };
    Ok(Kind::ALL.into_iter().map(preference).collect())
}

/// Keeps choices: all of them or, when one is not allowed, none.
///
/// # Errors
/// `TOO_MANY_PREFERENCES`; `REQUIRED_NOTIFICATION` for switching off what cannot be; `SMS_UNAVAILABLE` for switching on what there is
/// no text message of; when the database is unavailable.
pub async fn choose(pool: &PgPool, owner: &Owner, changes: &[Change], now: OffsetDateTime) -> Result<(), Error> {
    if changes.len() > MAX_CHANGES {
        let message = format!("at most {MAX_CHANGES} preferences can be changed at once");
        return Err(Error::new(Code::Invalid, "TOO_MANY_PREFERENCES", message).field("preferences"));
    }
    if changes.iter().any(|change| change.kind.is_required() && !change.email) {
        let message = "mails about the safety of the account can not be switched off";
        return Err(Error::new(Code::Invalid, "REQUIRED_NOTIFICATION", message).field("preferences"));
    }
    if changes.iter().any(|change| change.sms == Some(true) && !change.kind.has_text()) {
        let message = "there is no text message of this kind";
        return Err(Error::new(Code::Invalid, "SMS_UNAVAILABLE", message).field("preferences"));
    }
    // The last word on each kind counts; one statement must not touch a row twice.
    let choice = |change: &Change| Choice { wanted: change.email, texted: change.sms };
    let last: HashMap<&str, Choice> = changes.iter().map(|change| (change.kind.name(), choice(change))).collect();
    choices::put(pool, &owner.key(), &last, now).await.map_err(store_error)
}

/// Whether a kind is sent to someone who chose so, or never chose.
pub fn holds(kind: Kind, chosen: Option<bool>) -> bool {
    kind.is_required() || chosen.unwrap_or(kind.is_wanted_by_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_safety_of_the_account_outweighs_a_choice() {
        assert!(holds(Kind::NewDevice, Some(false)));
        assert!(!holds(Kind::WeeklyReport, Some(false)));
        assert!(holds(Kind::WeeklyReport, None));
        assert!(!holds(Kind::LinkCreated, None));
        assert!(holds(Kind::LinkCreated, Some(true)));
    }

    #[test]
    fn an_address_is_one_owner_in_any_case() {
        assert_eq!(Owner::Address("Ada@Example.com".into()).key(), "mail:ada@example.com");
        assert_eq!(Owner::User(7).key(), "user:7");
    }
}
