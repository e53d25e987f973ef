//! Mutations of the caller's account: signing up, in and out, passwords.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::auth::v1 as pb;
use curtail_proto::instant;
use time::OffsetDateTime;

use super::account::Viewer;
use super::problem::{UserError, fault, outcome, value};
use super::scalars::parse_id;
use super::workspace::Workspace;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Input of `register`.
#[derive(InputObject)]
pub struct RegisterInput {
    /// E-mail address, at most 254 bytes.
    pub email: String,
    /// At most 256 bytes. Its strength is estimated; there are no rules about characters.
    pub password: String,
    /// Full name, at most 200 characters.
    pub full_name: String,
}

/// Credentials to sign in with.
#[derive(InputObject)]
pub struct LoginInput {
    /// The e-mail address of the account.
    pub email: String,
    /// Its password.
    pub password: String,
}

/// The tokens of a session, for clients that do not use cookies.
#[derive(SimpleObject)]
pub struct Tokens {
    /// Access token, sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// When the access token expires.
    pub access_expires_at: Option<OffsetDateTime>,
    /// Refresh token. Can be exchanged once for a new pair.
    pub refresh_token: String,
    /// When the refresh token expires.
    pub refresh_expires_at: Option<OffsetDateTime>,
}

impl From<pb::TokenPair> for Tokens {
    fn from(pair: pb::TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            access_expires_at: instant(pair.access_expires_at),
            refresh_token: pair.refresh_token,
            refresh_expires_at: instant(pair.refresh_expires_at),
        }
    }
}

/// Payload of `register`.
#[derive(SimpleObject, Default)]
pub struct RegisterPayload {
    /// The new account; null on failure, and while the e-mail address has to be verified first.
    pub viewer: Option<Viewer>,
    /// The personal workspace of the account.
    pub workspace: Option<Workspace>,
    /// The new session.
    pub tokens: Option<Tokens>,
    /// Whether the user has to open the link in a verification mail next. The response is then the same for an address that has
    /// an account already; its owner is notified by mail.
    pub verification_required: bool,
    /// Why nothing was created.
    pub user_errors: Vec<UserError>,
}

/// Payload of `login` and `refreshSession`.
#[derive(SimpleObject, Default)]
pub struct SessionPayload {
    /// The tokens of the session; null on failure.
    pub tokens: Option<Tokens>,
    /// Why no session was created.
    pub user_errors: Vec<UserError>,
}

/// Payload of mutations that return no object.
#[derive(SimpleObject, Default)]
pub struct DonePayload {
    /// Whether the mutation succeeded.
    pub done: bool,
    /// Why the mutation failed.
    pub user_errors: Vec<UserError>,
}

impl DonePayload {
    pub(super) fn new<T>(result: Result<T, UserError>) -> Self {
        match result {
            Ok(_) => Self { done: true, user_errors: Vec::new() },
            Err(error) => Self { done: false, user_errors: vec![error] },
        }
    }
}

/// Strength of a password.
#[derive(SimpleObject)]
pub struct PasswordStrength {
    /// 0 (guessed at once) to 4 (very strong).
    pub score: u32,
    /// Whether the password is strong enough for an account.
    pub acceptable: bool,
    /// The weakness of the password, if there is one.
    pub warning: Option<String>,
    /// How to make it better.
    pub suggestions: Vec<String>,
}

/// Mutations of the caller's account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Creates an account with a personal workspace, and signs in unless the e-mail address has to be verified first.
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<RegisterPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let message = pb::RegisterRequest {
            email: input.email,
            password: input.password,
            full_name: input.full_name,
            client: Some(context.client.clone()),
        };
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(match outcome(auth.register(context.write_for_anybody(message)).await)? {
            Ok(answer) => {
                open_session(context, answer.tokens.as_ref());
                let workspaces = answer.workspace.clone().into_iter().collect();
                RegisterPayload {
                    verification_required: answer.tokens.is_none(),
                    viewer: Viewer::new(answer.user, workspaces),
                    workspace: answer.workspace.map(Workspace::from),
                    tokens: answer.tokens.map(Tokens::from),
                    user_errors: Vec::new(),
                }
            }
            Err(error) => RegisterPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Signs in. Browsers also get the session as cookies.
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> Result<SessionPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let client = Some(context.client.clone());
        let request =
            context.write_for_anybody(pb::LoginRequest { email: input.email, password: input.password, client });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        let result = outcome(auth.login(request).await)?;
        Ok(session(context, result.map(|answer| answer.tokens)))
    }

    /// Exchanges a refresh token for a new pair. Without an argument, the token of the cookie is used.
    async fn refresh_session(&self, ctx: &Context<'_>, refresh_token: Option<String>) -> Result<SessionPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let refresh_token = refresh_token.or_else(|| context.refresh_cookie.clone()).unwrap_or_default();
        let client = Some(context.client.clone());
        let request = context.write_for_anybody(pb::RefreshSessionRequest { refresh_token, client });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        let result = outcome(auth.refresh_session(request).await)?;
        Ok(session(context, result.map(|answer| answer.tokens)))
    }

    /// Ends the session of the refresh token, of the cookie, or of the access token of the request.
    async fn logout(&self, ctx: &Context<'_>, refresh_token: Option<String>) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let refresh_token = refresh_token.or_else(|| context.refresh_cookie.clone()).unwrap_or_default();
        if refresh_token.is_empty() {
            context.require_principal().map_err(fault)?;
        }
        context.clear_session();
        let request = context.write(pb::LogoutRequest { refresh_token, client: Some(context.client.clone()) });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(DonePayload::new(outcome(auth.logout(request).await)?))
    }

    /// Ends every session of the account, including this one.
    async fn logout_everywhere(&self, ctx: &Context<'_>) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        context.clear_session();
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        let request = context.write(pb::LogoutAllRequest { client: Some(context.client.clone()) });
        Ok(DonePayload::new(outcome(auth.logout_all(request).await)?))
    }

    /// Ends one session of the account.
    async fn revoke_session(&self, ctx: &Context<'_>, id: ID) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request =
            context.write(pb::RevokeSessionRequest { session_id: parse_id(&id), client: Some(context.client.clone()) });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(DonePayload::new(outcome(auth.revoke_session(request).await)?))
    }

    /// Changes the password and ends all other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        current_password: String,
        new_password: String,
    ) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let client = Some(context.client.clone());
        let request = context.write(pb::ChangePasswordRequest { current_password, new_password, client });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(DonePayload::new(outcome(auth.change_password(request).await)?))
    }

    /// Generates a random, strong password. A mutation, so that it is never part of a URL or a cache.
    async fn generate_password(&self, ctx: &Context<'_>) -> Result<String, Error> {
        let request = ctx.data::<RequestContext>()?.read(pb::GeneratePasswordRequest {});
        Ok(value(ctx.data::<Upstreams>()?.auth.clone().generate_password(request).await)?.password)
    }

    /// Estimates the strength of a password. Nothing is stored. A mutation for the same reason as `generatePassword`.
    async fn estimate_password(
        &self,
        ctx: &Context<'_>,
        password: String,
        #[graphql(default)] user_inputs: Vec<String>,
    ) -> Result<PasswordStrength, Error> {
        let request = ctx.data::<RequestContext>()?.read(pb::EstimatePasswordRequest { password, user_inputs });
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().estimate_password(request).await)?;
        Ok(PasswordStrength {
            score: answer.score,
            acceptable: answer.acceptable,
            warning: (!answer.warning.is_empty()).then_some(answer.warning),
            suggestions: answer.suggestions,
        })
    }
}

fn open_session(context: &RequestContext, tokens: Option<&pb::TokenPair>) {
    if let Some(tokens) = tokens {
        context.set_session(tokens);
    }
}

pub(super) fn session(context: &RequestContext, result: Result<Option<pb::TokenPair>, UserError>) -> SessionPayload {
    match result {
        Ok(tokens) => {
            open_session(context, tokens.as_ref());
            SessionPayload { tokens: tokens.map(Tokens::from), user_errors: Vec::new() }
        }
        Err(error) => SessionPayload { user_errors: vec![error], ..Default::default() },
    }
}
