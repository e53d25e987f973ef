//! Everything that auth-svc answers with instead of a result.
//!
//! The reasons are part of the contract: clients tell outcomes apart by them (docs/use/accounts.md lists them).

use std::time::Duration;

use curtail_rpc::Code;

/// An outcome other than success. The texts are public; internal causes travel in `Store` and `Internal` and are logged once
/// by the server layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field is out of its bounds.
    #[error("{message}")]
    Invalid {
        /// The request's field.
        field: &'static str,
        /// Stable name of what is wrong.
        reason: &'static str,
        /// For people.
        message: &'static str,
    },
    /// A new password is too easy to guess.
    #[error("This password is too easy to guess. {warning}")]
    WeakPassword {
        /// The request's field.
        field: &'static str,
        /// zxcvbn's score, 0 to 4.
        score: u8,
        /// What makes it weak; may be empty.
        warning: String,
    },
    /// The address has an account already.
    #[error("An account with this e-mail address exists.")]
    EmailTaken,
    /// Not a token from a mail of ours, or used, or expired.
    #[error("This link is not valid any more. Ask for another.")]
    MailTokenInvalid,
    /// Unknown account or wrong password; which of the two is not told.
    #[error("E-mail address or password is wrong.")]
    BadCredentials,
    /// The current password, asked for again, is wrong.
    #[error("The current password is wrong.")]
    WrongCurrentPassword,
    /// Not a refresh token, or of a session that has ended or expired.
    #[error("The session has ended. Sign in again.")]
    RefreshTokenInvalid,
    /// A spent refresh token came again: its session was ended.
    #[error("The session was ended because a spent refresh token was used again.")]
    RefreshTokenReused,
    /// Not an access token of ours, or expired.
    #[error("The access token is not valid.")]
    AccessTokenInvalid,
    /// The access token's session has ended.
    #[error("The session has ended. Sign in again.")]
    SessionEnded,
    /// Not an API key of ours, revoked or expired.
    #[error("The API key is not valid.")]
    ApiKeyInvalid,
    /// The right credentials of an account that an operator has suspended.
    #[error("The account is suspended.")]
    AccountSuspended,
    /// The call is for a signed-in user, not for an API key.
    #[error("This needs a signed-in user; an API key is not enough.")]
    SessionRequired,
    /// The scopes of the caller's API key do not reach this far.
    #[error("The scopes of this API key do not allow this.")]
    ScopeMissing,
    /// Not there, or not the caller's.
    #[error("There is no such {what}.")]
    NotFound {
        /// `SESSION_NOT_FOUND` and the like.
        reason: &'static str,
        /// What was looked for.
        what: &'static str,
    },
    /// Something stands against it that the caller can change.
    #[error("{message}")]
    Conflict {
        /// Stable name of what it is.
        reason: &'static str,
        /// For people.
        message: &'static str,
    },
    /// There are as many as there may be.
    #[error("There can be at most {limit} {what}.")]
    Quota {
        /// Stable name of the bound.
        reason: &'static str,
        /// How many there may be.
        limit: i64,
        /// Of what.
        what: &'static str,
    },
    /// A member whose role does not reach this far.
    #[error("Your role in this workspace does not allow this.")]
    RoleTooLow,
    /// The workspace has all the API keys of its plan.
    #[error("The plan allows {limit} API keys.")]
    ApiKeyQuota {
        /// API keys of the plan.
        limit: u32,
    },
    /// Too many tries from this address or on this account.
    #[error("Too many tries. Wait a little.")]
    TooManyAttempts {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Too many new accounts from this network.
    #[error("Too many new accounts from this network. Wait a little.")]
    TooManyRegistrations {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// Too many mails to this address, or because of this client.
    #[error("Too many mails. Wait a little.")]
    TooManyMails {
        /// When the next one is sent.
        retry_after: Duration,
    },
    /// All places for password hashing are taken.
    #[error("The service is busy. Try again.")]
    HashingBusy,
    /// PostgreSQL.
    #[error("The service has trouble.")]
    Store(#[from] sqlx::Error),
    /// An error that already has its code.
    #[error("{}", .0.message)]
    Rpc(#[from] curtail_rpc::Error),
    /// Should not happen.
    #[error("The service has trouble.")]
    Internal(anyhow::Error),
}

impl Error {
    /// A field out of its bounds.
    pub const fn invalid(field: &'static str, reason: &'static str, message: &'static str) -> Self {
        Self::Invalid { field, reason, message }
    }

    /// No such session of the caller's.
    pub const SESSION_NOT_FOUND: Self = Self::NotFound { reason: "SESSION_NOT_FOUND", what: "session" };
    /// No such workspace that the caller may administer.
    pub const WORKSPACE_NOT_FOUND: Self = Self::NotFound { reason: "WORKSPACE_NOT_FOUND", what: "workspace" };
    /// No such API key in a workspace that the caller may administer.
    pub const API_KEY_NOT_FOUND: Self = Self::NotFound { reason: "API_KEY_NOT_FOUND", what: "API key" };
    /// No such member of a workspace that the caller may administer.
    pub const MEMBER_NOT_FOUND: Self = Self::NotFound { reason: "MEMBER_NOT_FOUND", what: "member" };
    /// No such invitation to a workspace that the caller may administer.
    pub const INVITATION_NOT_FOUND: Self = Self::NotFound { reason: "INVITATION_NOT_FOUND", what: "invitation" };
    /// A personal workspace has one member.
    pub const PERSONAL_WORKSPACE: Self = Self::Conflict {
        reason: "PERSONAL_WORKSPACE",
        message: "A personal workspace belongs to one person. Make another workspace for a team.",
    };
    /// Nobody else owns the workspace.
    pub const LAST_OWNER: Self =
        Self::Conflict { reason: "LAST_OWNER", message: "A workspace needs an owner. Make somebody else one first." };
    /// Members are not invited.
    pub const ALREADY_MEMBER: Self =
        Self::Conflict { reason: "ALREADY_MEMBER", message: "This address belongs to a member of the workspace." };
    /// The mail was for somebody else.
    pub const INVITATION_FOR_OTHER_ADDRESS: Self = Self::Conflict {
        reason: "INVITATION_FOR_OTHER_ADDRESS",
        message: "This invitation is for another address. Sign in with the account of that address.",
    };
    /// No such account.
    pub const USER_NOT_FOUND: Self = Self::NotFound { reason: "USER_NOT_FOUND", what: "user" };
}

impl From<Error> for curtail_rpc::Error {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let of = |code: Code, reason: &'static str| curtail_rpc::Error::new(code, reason, message.clone());
        match error {
            Error::Invalid { field, reason, .. } => of(Code::Invalid, reason).field(field),
            Error::WeakPassword { field, score, warning } => of(Code::Invalid, "WEAK_PASSWORD")
                .field(field)
                .meta("score", score.to_string())
                .meta("warning", warning),
            Error::EmailTaken => of(Code::Conflict, "EMAIL_TAKEN").field("email"),
            Error::MailTokenInvalid => of(Code::Invalid, "MAIL_TOKEN_INVALID").field("token"),
            Error::BadCredentials => of(Code::Unauthenticated, "BAD_CREDENTIALS"),
            Error::WrongCurrentPassword => of(Code::Invalid, "BAD_CREDENTIALS").field("current_password"),
            Error::RefreshTokenInvalid => of(Code::Unauthenticated, "REFRESH_TOKEN_INVALID"),
            Error::RefreshTokenReused => of(Code::Unauthenticated, "REFRESH_TOKEN_REUSED"),
            Error::AccessTokenInvalid => of(Code::Unauthenticated, "ACCESS_TOKEN_INVALID"),
            Error::SessionEnded => of(Code::Unauthenticated, "SESSION_ENDED"),
            Error::ApiKeyInvalid => of(Code::Unauthenticated, "API_KEY_INVALID"),
            Error::AccountSuspended => of(Code::Forbidden, "ACCOUNT_SUSPENDED"),
            Error::SessionRequired => of(Code::Forbidden, "SESSION_REQUIRED"),
            Error::ScopeMissing => of(Code::Forbidden, "SCOPE_MISSING"),
            Error::NotFound { reason, .. } => of(Code::NotFound, reason),
            Error::Conflict { reason, .. } => of(Code::Conflict, reason),
            Error::Quota { reason, limit, .. } => of(Code::QuotaExceeded, reason).meta("limit", limit.to_string()),
            Error::RoleTooLow => of(Code::Forbidden, "ROLE_TOO_LOW"),
            Error::ApiKeyQuota { limit } => of(Code::QuotaExceeded, "API_KEY_QUOTA").meta("limit", limit.to_string()),
            Error::TooManyAttempts { retry_after } => {
                of(Code::RateLimited, "TOO_MANY_ATTEMPTS").retry_after(retry_after)
            }
            Error::TooManyRegistrations { retry_after } => {
                of(Code::RateLimited, "TOO_MANY_REGISTRATIONS").retry_after(retry_after)
            }
            Error::TooManyMails { retry_after } => of(Code::RateLimited, "TOO_MANY_MAILS").retry_after(retry_after),
            Error::HashingBusy => of(Code::Unavailable, "HASHING_BUSY").retry_after(Duration::from_secs(1)),
            Error::Store(cause) if curtail_db::is_unavailable(&cause) => curtail_rpc::Error::unavailable(cause),
            Error::Store(cause) => curtail_rpc::Error::internal(cause),
            Error::Rpc(error) => error,
            Error::Internal(cause) => curtail_rpc::Error::internal(cause),
        }
    }
}
