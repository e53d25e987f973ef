//! Mutations for which a mail is the proof: verifying an address, and a new password for a forgotten one.

use async_graphql::{Context, Error, Object};
use curtail_proto::auth::v1 as pb;

use super::account_mutation::{DonePayload, SessionPayload, session};
use super::problem::outcome;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Mutations with the token of a mail.
#[derive(Default)]
pub struct RecoveryMutation;

#[Object]
impl RecoveryMutation {
    /// Verifies the e-mail address of an account with the token of a verification mail, and signs in.
    async fn verify_email(&self, ctx: &Context<'_>, token: String) -> Result<SessionPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let request = context.write_for_anybody(pb::VerifyEmailRequest { token, client: Some(context.client.clone()) });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().verify_email(request).await)?;
        Ok(session(context, result.map(|answer| answer.tokens)))
    }

    /// Sends the verification mail again, if an account waits for it. The response is the same if not.
    async fn resend_verification(&self, ctx: &Context<'_>, email: String) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let request =
            context.write_for_anybody(pb::ResendVerificationRequest { email, client: Some(context.client.clone()) });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().resend_verification(request).await)?))
    }

    /// Sends a mail to reset the password, if there is an account. The response is the same if not.
    async fn request_password_reset(&self, ctx: &Context<'_>, email: String) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let request =
            context.write_for_anybody(pb::RequestPasswordResetRequest { email, client: Some(context.client.clone()) });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().request_password_reset(request).await)?))
    }

    /// Sets a new password with the token of a mail, and ends every session of the account. Sign in with it afterwards.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        token: String,
        new_password: String,
    ) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let client = Some(context.client.clone());
        let request = context.write_for_anybody(pb::ResetPasswordRequest { token, new_password, client });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().reset_password(request).await)?))
    }
}
