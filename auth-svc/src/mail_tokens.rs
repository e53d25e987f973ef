//! Tokens in mails: what they are, and the table `mail_tokens`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::{CryptoRng, RngExt as _};
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use crate::Error;
use crate::secrets::MacKey;

const RAW_BYTES: usize = 32;

/// The purpose of a token in a mail. The numbers are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailPurpose {
    /// Verification of an address.
    Verification = 1,
    Reset = 2,
    Invitation = 3,
}

/// 256 random bits that only the reader of a mail knows. Stored as a keyed hash, valid for one purpose and one use.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MailToken([u8; RAW_BYTES]);

impl MailToken {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(rng.random())
    }

    /// Reads a token as it came back from a mail.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let raw = Some(text).filter(|text| text.len() == (RAW_BYTES * 4).div_ceil(3));
        let raw = raw.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        raw.and_then(|raw| raw.try_into().ok()).map(Self).ok_or(Error::MailTokenInvalid)
    }

    /// The form that goes into the mail: 43 characters of base64url.
    pub(crate) fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The hash that is stored.
    pub(crate) fn hash(&self, key: &MacKey, purpose: MailPurpose) -> [u8; 32] {
        key.tag(&[&[purpose as u8], &self.0])
    }
}

impl std::fmt::Debug for MailToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailToken(..)")
    }
}

/// What a token refers to.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TokenPayload {
    pub(crate) user_id: i64,
    /// The address that the mail went to.
    pub(crate) email_key: String,
}

/// A token to be stored.
#[derive(Debug)]
pub(crate) struct NewToken<'a> {
    /// Keyed hash of the token.
    pub(crate) hash: [u8; 32],
    /// Its purpose.
    pub(crate) purpose: MailPurpose,
    pub(crate) user_id: i64,
    /// The address that the mail goes to.
    pub(crate) email_key: &'a str,
    /// When it expires.
    pub(crate) expires_at: OffsetDateTime,
}

pub(crate) async fn insert(
    conn: &mut PgConnection,
    token: &NewToken<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mail_tokens (hash, purpose, user_id, email_key, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&token.hash[..])
    .bind(token.purpose as i16)
    .bind(token.user_id)
    .bind(token.email_key)
    .bind(now)
    .bind(token.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a live token refers to, without using it.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<Option<TokenPayload>, sqlx::Error> {
    sqlx::query_as("SELECT user_id, email_key FROM mail_tokens WHERE hash = $1 AND expires_at > $2")
        .bind(&hash[..])
        .bind(now)
        .fetch_optional(db)
        .await
}

/// Redeems a live token. Of two concurrent calls, one succeeds.
pub(crate) async fn take(
    conn: &mut PgConnection,
    hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<Option<TokenPayload>, sqlx::Error> {
    sqlx::query_as("DELETE FROM mail_tokens WHERE hash = $1 AND expires_at > $2 RETURNING user_id, email_key")
        .bind(&hash[..])
        .bind(now)
        .fetch_optional(conn)
        .await
}

/// Deletes the user's tokens of a purpose.
pub(crate) async fn delete_of_user(
    conn: &mut PgConnection,
    user_id: i64,
    purpose: MailPurpose,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mail_tokens WHERE user_id = $1 AND purpose = $2")
        .bind(user_id)
        .bind(purpose as i16)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete_expired(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mail_tokens WHERE expires_at <= $1").bind(now).execute(pool).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn reads_back_and_is_good_for_one_purpose() {
        let token = MailToken::generate(&mut StdRng::seed_from_u64(1));
        let text = token.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(MailToken::parse(&text).unwrap(), token);
        let key = MacKey::derive(&[1; 32], "mail-token");
        assert_ne!(token.hash(&key, MailPurpose::Verification), token.hash(&key, MailPurpose::Reset));
        for wrong in ["", &text[1..], &format!("{text}A"), &format!("{}!", &text[1..])] {
            assert!(MailToken::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "MailToken(..)");
    }
}
