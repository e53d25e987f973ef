//! Every failure of auth-svc.
//!
//! Code, reason, field and public message of a failure stand here and nowhere else. The reasons are part of the contract:
//! clients tell failures apart by them. The table in docs/use/accounts.md is generated from this enum.

use std::time::Duration;

use curtail_rpc::Code;

/// A failure. The messages are public; internal causes travel in `Store` and `Internal`, and the server layer logs them once.
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
    /// The address already has an account.
    #[error("An account with this e-mail address exists.")]
    EmailTaken,
    /// The token of a mail is unknown, used or expired.
    #[error("This link is not valid any more. Ask for another.")]
    MailTokenInvalid,
    /// Unknown account or wrong password; the response does not say which.
    #[error("E-mail address or password is wrong.")]
    BadCredentials,
    /// The confirmation with the current password failed.
    #[error("The current password is wrong.")]
    WrongCurrentPassword,
    /// The refresh token is unknown, or its session has ended or expired.
    #[error("The session has ended. Sign in again.")]
    RefreshTokenInvalid,
    /// A spent refresh token was used again, so its session was ended.
    #[error("The session was ended because a spent refresh token was used again.")]
    RefreshTokenReused,
    /// The access token is unknown or expired.
    #[error("The access token is not valid.")]
    AccessTokenInvalid,
    /// The access token's session has ended.
    #[error("The session has ended. Sign in again.")]
    SessionEnded,
    /// The API key is unknown, revoked or expired.
    #[error("The API key is not valid.")]
    ApiKeyInvalid,
    /// The right credentials of an account that an operator has suspended.
    #[error("The account is suspended.")]
    AccountSuspended,
    /// The call needs a signed-in user; an API key is not enough.
    #[error("This needs a signed-in user; an API key is not enough.")]
    SessionRequired,
    /// The scopes of the caller's API key do not reach this far.
    #[error("The scopes of this API key do not allow this.")]
    ScopeMissing,
    /// The object does not exist, or the caller may not see it.
    #[error("There is no such {what}.")]
    NotFound {
        /// `SESSION_NOT_FOUND` and the like.
        reason: &'static str,
        /// The kind of object.
        what: &'static str,
    },
    /// The state of an object does not allow it; the caller can change that.
    #[error("{message}")]
    Conflict {
        /// Stable name of the conflict.
        reason: &'static str,
        /// For people.
        message: &'static str,
    },
    /// A fixed number of objects is reached.
    #[error("There can be at most {limit} {what}.")]
    Quota {
        /// Stable name of the bound.
        reason: &'static str,
        /// How many there may be.
        limit: i64,
        /// The kind of object.
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
    /// Too many attempts from this address or on this account.
    #[error("Too many attempts. Wait a little.")]
    TooManyAttempts {
        /// When the next attempt is possible.
        retry_after: Duration,
    },
    /// Too many new accounts from this network.
    #[error("Too many new accounts from this network. Wait a little.")]
    TooManyRegistrations {
        /// When the next attempt is possible.
        retry_after: Duration,
    },
    /// Too many mails to this address, or because of this client.
    #[error("Too many mails. Wait a little.")]
    TooManyMails {
        /// When the next mail is possible.
        retry_after: Duration,
    },
    /// All slots for password hashing are in use.
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

/// Defines constants of [`Error`], and their list for the table in the docs.
macro_rules! constants {
    ($($name:ident = $variant:ident { $($field:ident: $value:expr),* };)*) => {
        impl Error {
            $(pub(crate) const $name: Self = Self::$variant { $($field: $value),* };)*

            #[cfg(test)]
            fn constants() -> Vec<Self> {
                vec![$(Self::$name),*]
            }
        }
    };
}

constants! {
    EMAIL_INVALID = Invalid {
        field: "email",
        reason: "EMAIL_INVALID",
        message: "Enter an e-mail address such as name@example.com, at most 254 characters."
    };
    FULL_NAME_INVALID = Invalid {
        field: "full_name",
        reason: "FULL_NAME_INVALID",
        message: "Enter a name of 1 to 200 characters without control characters."
    };
    WORKSPACE_NAME_INVALID = Invalid {
        field: "name",
        reason: "NAME_INVALID",
        message: "Enter a name of 1 to 200 characters."
    };
    API_KEY_NAME_INVALID = Invalid {
        field: "name",
        reason: "NAME_INVALID",
        message: "Enter a name of 1 to 100 characters."
    };
    SCOPE_UNKNOWN = Invalid { field: "scopes", reason: "SCOPES_INVALID", message: "There is no such scope." };
    SCOPES_EMPTY = Invalid { field: "scopes", reason: "SCOPES_INVALID", message: "Choose at least one scope." };
    EXPIRY_UNREADABLE = Invalid { field: "expires_at", reason: "EXPIRY_INVALID", message: "There is no such instant." };
    EXPIRY_PAST = Invalid { field: "expires_at", reason: "EXPIRY_INVALID", message: "The end has to be in the future." };
    RATE_LIMIT_INVALID = Invalid {
        field: "rate_limit_per_minute",
        reason: "RATE_LIMIT_INVALID",
        message: "A key's own limit is at most 1000000 requests per minute."
    };
    ROLE_UNKNOWN = Invalid { field: "role", reason: "ROLE_INVALID", message: "There is no such role." };
    ROLE_NOT_INVITABLE = Invalid {
        field: "role",
        reason: "ROLE_INVALID",
        message: "Invite as viewer, editor or admin."
    };
    IDS_TOO_MANY = Invalid {
        field: "ids",
        reason: "TOO_MANY_IDS",
        message: "At most 100 users can be requested at once."
    };
    USER_IDS_TOO_MANY = Invalid {
        field: "user_ids",
        reason: "TOO_MANY_IDS",
        message: "At most 100 users can be requested at once."
    };
    USER_INPUTS_INVALID = Invalid {
        field: "user_inputs",
        reason: "USER_INPUTS_INVALID",
        message: "At most 10 words of at most 256 bytes are taken."
    };
    LIMIT_INVALID = Invalid { field: "limit", reason: "LIMIT_INVALID", message: "A page has 1 to 100 entries." };
    CURSOR_INVALID = Invalid {
        field: "cursor",
        reason: "CURSOR_INVALID",
        message: "This cursor is not one of this list."
    };
    CLIENT_INVALID = Invalid {
        field: "client.ip",
        reason: "CLIENT_INVALID",
        message: "The address of the client is missing."
    };
    SESSION_NOT_FOUND = NotFound { reason: "SESSION_NOT_FOUND", what: "session" };
    WORKSPACE_NOT_FOUND = NotFound { reason: "WORKSPACE_NOT_FOUND", what: "workspace" };
    API_KEY_NOT_FOUND = NotFound { reason: "API_KEY_NOT_FOUND", what: "API key" };
    MEMBER_NOT_FOUND = NotFound { reason: "MEMBER_NOT_FOUND", what: "member" };
    INVITATION_NOT_FOUND = NotFound { reason: "INVITATION_NOT_FOUND", what: "invitation" };
    USER_NOT_FOUND = NotFound { reason: "USER_NOT_FOUND", what: "user" };
    PERSONAL_WORKSPACE = Conflict {
        reason: "PERSONAL_WORKSPACE",
        message: "A personal workspace belongs to one person. Create another workspace for a team."
    };
    LAST_OWNER = Conflict {
        reason: "LAST_OWNER",
        message: "A workspace needs an owner. Make another member an owner first."
    };
    ALREADY_MEMBER = Conflict {
        reason: "ALREADY_MEMBER",
        message: "This address belongs to a member of the workspace."
    };
    INVITATION_FOR_OTHER_ADDRESS = Conflict {
        reason: "INVITATION_FOR_OTHER_ADDRESS",
        message: "This invitation is for another address. Sign in with the account of that address."
    };
    WORKSPACE_QUOTA = Quota { reason: "WORKSPACE_QUOTA", limit: MAX_OWNED_WORKSPACES, what: "workspaces" };
    MEMBER_QUOTA = Quota { reason: "MEMBER_QUOTA", limit: MAX_MEMBERS, what: "members and invitations" };
}

/// Workspaces that one user may own beside the personal one.
pub(crate) const MAX_OWNED_WORKSPACES: i64 = 20;
/// Members and pending invitations of one workspace.
pub(crate) const MAX_MEMBERS: i64 = 200;

impl Error {
    /// A password longer than its bound, in the request's `field`.
    pub(crate) const fn password_too_long(field: &'static str) -> Self {
        Self::Invalid { field, reason: "PASSWORD_TOO_LONG", message: "A password has at most 256 bytes." }
    }

    /// Code, reason and field, if this failure has its own.
    fn contract(&self) -> Option<(Code, &'static str, Option<&'static str>)> {
        Some(match self {
            Self::Invalid { field, reason, .. } => (Code::Invalid, reason, Some(field)),
            Self::WeakPassword { field, .. } => (Code::Invalid, "WEAK_PASSWORD", Some(field)),
            Self::EmailTaken => (Code::Conflict, "EMAIL_TAKEN", Some("email")),
            Self::MailTokenInvalid => (Code::Invalid, "MAIL_TOKEN_INVALID", Some("token")),
            Self::BadCredentials => (Code::Unauthenticated, "BAD_CREDENTIALS", None),
            Self::WrongCurrentPassword => (Code::Invalid, "BAD_CREDENTIALS", Some("current_password")),
            Self::RefreshTokenInvalid => (Code::Unauthenticated, "REFRESH_TOKEN_INVALID", None),
            Self::RefreshTokenReused => (Code::Unauthenticated, "REFRESH_TOKEN_REUSED", None),
            Self::AccessTokenInvalid => (Code::Unauthenticated, "ACCESS_TOKEN_INVALID", None),
            Self::SessionEnded => (Code::Unauthenticated, "SESSION_ENDED", None),
            Self::ApiKeyInvalid => (Code::Unauthenticated, "API_KEY_INVALID", None),
            Self::AccountSuspended => (Code::Forbidden, "ACCOUNT_SUSPENDED", None),
            Self::SessionRequired => (Code::Forbidden, "SESSION_REQUIRED", None),
            Self::ScopeMissing => (Code::Forbidden, "SCOPE_MISSING", None),
            Self::NotFound { reason, .. } => (Code::NotFound, reason, None),
            Self::Conflict { reason, .. } => (Code::Conflict, reason, None),
            Self::Quota { reason, .. } => (Code::QuotaExceeded, reason, None),
            Self::RoleTooLow => (Code::Forbidden, "ROLE_TOO_LOW", None),
            Self::ApiKeyQuota { .. } => (Code::QuotaExceeded, "API_KEY_QUOTA", None),
            Self::TooManyAttempts { .. } => (Code::RateLimited, "TOO_MANY_ATTEMPTS", None),
            Self::TooManyRegistrations { .. } => (Code::RateLimited, "TOO_MANY_REGISTRATIONS", None),
            Self::TooManyMails { .. } => (Code::RateLimited, "TOO_MANY_MAILS", None),
            Self::HashingBusy => (Code::Unavailable, "HASHING_BUSY", None),
            Self::Store(_) | Self::Rpc(_) | Self::Internal(_) => return None,
        })
    }
}

impl From<Error> for curtail_rpc::Error {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let Some((code, reason, field)) = error.contract() else { return internal(error) };
        let mut public = Self::new(code, reason, message);
        if let Some(field) = field {
            public = public.field(field);
        }
        match error {
            Error::WeakPassword { score, warning, .. } => {
                public.meta("score", score.to_string()).meta("warning", warning)
            }
            Error::Quota { limit, .. } => public.meta("limit", limit.to_string()),
            Error::ApiKeyQuota { limit } => public.meta("limit", limit.to_string()),
            Error::TooManyAttempts { retry_after }
            | Error::TooManyRegistrations { retry_after }
            | Error::TooManyMails { retry_after } => public.retry_after(retry_after),
            Error::HashingBusy => public.retry_after(Duration::from_secs(1)),
            _ => public,
        }
    }
}

fn internal(error: Error) -> curtail_rpc::Error {
    match error {
        Error::Store(cause) if curtail_db::is_unavailable(&cause) => curtail_rpc::Error::unavailable(cause),
        Error::Rpc(error) => error,
        Error::Internal(cause) => curtail_rpc::Error::internal(cause),
        other => curtail_rpc::Error::internal(other),
    }
}

/// Reads a small number that has a meaning; one without is a corrupt row.
pub(crate) fn known<T>(value: Option<T>, what: &'static str) -> Result<T, sqlx::Error> {
    value.ok_or_else(|| sqlx::Error::Decode(format!("unknown {what}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/use/accounts.md");
    const BEGIN: &str = "<!-- reasons: generated from auth-svc/src/error.rs -->\n";
    const END: &str = "<!-- end of reasons -->\n";

    /// One of each; `contract` has no wildcard, so a new variant is noticed there.
    fn examples() -> Vec<Error> {
        let retry_after = Duration::from_secs(1);
        let mut all = vec![
            Error::EmailTaken,
            Error::password_too_long("password"),
            Error::WeakPassword { field: "password", score: 0, warning: String::new() },
            Error::MailTokenInvalid,
            Error::BadCredentials,
            Error::WrongCurrentPassword,
            Error::RefreshTokenInvalid,
            Error::RefreshTokenReused,
            Error::AccessTokenInvalid,
            Error::SessionEnded,
            Error::ApiKeyInvalid,
            Error::AccountSuspended,
            Error::SessionRequired,
            Error::ScopeMissing,
            Error::RoleTooLow,
            Error::ApiKeyQuota { limit: 5 },
            Error::TooManyAttempts { retry_after },
            Error::TooManyRegistrations { retry_after },
            Error::TooManyMails { retry_after },
            Error::HashingBusy,
        ];
        all.extend(Error::constants());
        all
    }

    fn table() -> String {
        let mut rows: Vec<String> = examples()
            .iter()
            .filter_map(|error| {
                let (code, reason, field) = error.contract()?;
                let field = field.map(|field| format!("`{field}`")).unwrap_or_default();
                Some(format!("| `{}` | `{reason}` | {field} | {} |\n", code.as_str(), error.to_string().trim()))
            })
            .collect();
        rows.sort_unstable();
        rows.dedup();
        format!("| code | reason | field | message |\n|---|---|---|---|\n{}", rows.concat())
    }

    #[test]
    fn the_table_of_reasons_is_the_one_in_the_docs() {
        let page = std::fs::read_to_string(PAGE).unwrap();
        let (before, rest) = page.split_once(BEGIN).expect("the page has the beginning of the table");
        let (_, after) = rest.split_once(END).expect("the page has the end of the table");
        let expected = format!("{before}{BEGIN}{}{END}{after}", table());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(PAGE, &expected).unwrap();
        }
        assert!(page == expected || std::env::var_os("UPDATE").is_some(), "run with UPDATE=1");
    }

    #[test]
    fn an_internal_cause_is_not_public() {
        let public = curtail_rpc::Error::from(Error::Internal(anyhow::anyhow!("secret")));
        assert!(!public.message.contains("secret"));
        let public = curtail_rpc::Error::from(Error::Store(sqlx::Error::RowNotFound));
        assert_eq!((public.code, public.reason.as_ref()), (Code::Internal, "INTERNAL"));
    }
}
