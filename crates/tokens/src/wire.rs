//! The payload of a token: JSON with short names, memberships as `[id, role, plan]`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Claims, Membership, Plan, Purpose, Role, Scope, Subject, TokenError};

/// The `iss` claim of every token.
const ISSUER: &str = "curtail";

/// What the signature covers. Times are RFC 3339 strings, as PASETO wants the registered claims.
#[derive(Serialize, Deserialize)]
pub(crate) struct Payload {
    iss: String,
    aud: String,
    /// `u:<id>` or `s:<name>`.
    sub: String,
    #[serde(with = "time::serde::rfc3339")]
    iat: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    nbf: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    exp: OffsetDateTime,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ws: Vec<(i64, i32, i32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scp: Vec<i32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adm: bool,
}

impl Payload {
    /// The payload of `claims`, valid from the time of issue on.
    pub(crate) fn of(purpose: Purpose, claims: &Claims) -> Self {
        let issued_at = to_millisecond(claims.issued_at);
        Self {
            iss: ISSUER.to_owned(),
            aud: purpose.audience().to_owned(),
            sub: match &claims.subject {
                Subject::User(id) => format!("u:{id}"),
                Subject::Service(name) => format!("s:{name}"),
            },
            iat: issued_at,
            nbf: issued_at,
            exp: to_millisecond(claims.expires_at),
            jti: claims.token_id.clone(),
            sid: claims.session_id,
            key: claims.api_key_id,
            ws: claims.workspaces.iter().map(|m| (m.id, m.role.number(), m.plan.number())).collect(),
            scp: claims.scopes.iter().map(|scope| scope.number()).collect(),
            adm: claims.platform_admin,
        }
    }

    /// The claims, if the payload is for `purpose` and valid at `now`. A token is accepted up to `leeway` before its
    /// time, for clocks of issuers that run ahead, but not a moment after it.
    pub(crate) fn check(
        self,
        purpose: Purpose,
        now: OffsetDateTime,
        leeway: time::Duration,
    ) -> Result<Claims, TokenError> {
        if self.iss != ISSUER {
            return Err(TokenError::Issuer);
        }
        if self.aud != purpose.audience() {
            return Err(TokenError::Audience);
        }
        let life = self.exp - self.iat;
        if !life.is_positive() || life > purpose.max_life() {
            return Err(TokenError::Life);
        }
        if self.exp <= now {
            return Err(TokenError::Expired);
        }
        if self.iat - leeway > now || self.nbf - leeway > now {
            return Err(TokenError::NotYetValid);
        }
        let claims = self.into_claims().ok_or(TokenError::Claims)?;
        check_subject(purpose, &claims)?;
        Ok(claims)
    }

    fn into_claims(self) -> Option<Claims> {
        let subject = match self.sub.split_once(':')? {
            ("u", id) => Subject::User(id.parse().ok()?),
            ("s", name) if !name.is_empty() => Subject::Service(name.to_owned()),
            _ => return None,
        };
        let workspaces = self.ws.into_iter().map(|(id, role, plan)| {
            Some(Membership { id, role: Role::from_number(role)?, plan: Plan::from_number(plan)? })
        });
        Some(Claims {
            subject,
            session_id: self.sid,
            api_key_id: self.key,
            issued_at: self.iat,
            expires_at: self.exp,
            workspaces: workspaces.collect::<Option<_>>()?,
            scopes: self.scp.into_iter().map(Scope::from_number).collect::<Option<_>>()?,
            platform_admin: self.adm,
            token_id: self.jti,
        })
    }
}

/// Services speak for themselves, users through access and internal tokens.
pub(crate) fn check_subject(purpose: Purpose, claims: &Claims) -> Result<(), TokenError> {
    match (purpose, &claims.subject) {
        (Purpose::Service, Subject::Service(_)) | (Purpose::Access | Purpose::Internal, Subject::User(_)) => Ok(()),
        _ => Err(TokenError::Subject),
    }
}

fn to_millisecond(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_millisecond(time.millisecond()).expect("a millisecond of a time is in range")
}
