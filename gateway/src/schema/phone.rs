//! The telephone number of the caller, to which text messages go.

use async_graphql::{Context, Error, Object, SimpleObject};
use curtail_proto::notify::v1 as pb;

use super::problem::{UserError, outcome, value};
use super::signed_in;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// A telephone number.
#[derive(SimpleObject, Debug)]
pub struct PhoneNumber {
    /// The number: `+` and 7 to 15 digits.
    pub number: String,
    /// Whether it is confirmed. Unconfirmed numbers only get codes.
    pub verified: bool,
}

impl From<pb::PhoneNumber> for PhoneNumber {
    fn from(phone: pb::PhoneNumber) -> Self {
        Self { number: phone.number, verified: phone.verified }
    }
}

/// Payload of mutations of the telephone number.
#[derive(SimpleObject, Debug, Default)]
pub struct PhoneNumberPayload {
    /// The telephone number after the mutation; null if it was deleted, or on failure.
    pub phone_number: Option<PhoneNumber>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

impl From<Result<Option<pb::PhoneNumber>, UserError>> for PhoneNumberPayload {
    fn from(result: Result<Option<pb::PhoneNumber>, UserError>) -> Self {
        match result {
            Ok(phone) => Self { phone_number: phone.map(PhoneNumber::from), user_errors: Vec::new() },
            Err(error) => Self { phone_number: None, user_errors: vec![error] },
        }
    }
}

/// The telephone number of the caller, if there is one.
pub async fn phone_number(ctx: &Context<'_>) -> Result<Option<PhoneNumber>, Error> {
    let request = ctx.data::<RequestContext>()?.read(pb::GetPhoneNumberRequest {});
    let answer = value(ctx.data::<Upstreams>()?.notify.clone().get_phone_number(request).await)?;
    Ok(answer.phone_number.map(PhoneNumber::from))
}

/// Mutations of the telephone number.
#[derive(Default)]
pub struct PhoneMutation;

#[Object]
impl PhoneMutation {
    /// Sets the telephone number, and sends a code of six digits to it; at most three per hour. A number that is already
    /// confirmed stays as it is.
    async fn set_phone_number(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`+` and 7 to 15 digits, without spaces.")] number: String,
    ) -> Result<PhoneNumberPayload, Error> {
        let request = signed_in(ctx)?.write(pb::SetPhoneNumberRequest { number });
        let answer = ctx.data::<Upstreams>()?.notify.clone().set_phone_number(request).await;
        Ok(outcome(answer)?.map(|answer| answer.phone_number).into())
    }

    /// Confirms the telephone number with the code that was sent to it. A code is valid for 10 minutes and 5 attempts.
    async fn confirm_phone_number(&self, ctx: &Context<'_>, code: String) -> Result<PhoneNumberPayload, Error> {
        let request = signed_in(ctx)?.write(pb::ConfirmPhoneNumberRequest { code });
        let answer = ctx.data::<Upstreams>()?.notify.clone().confirm_phone_number(request).await;
        Ok(outcome(answer)?.map(|answer| answer.phone_number).into())
    }

    /// Deletes the telephone number and all messages that wait to be sent to it.
    async fn remove_phone_number(&self, ctx: &Context<'_>) -> Result<PhoneNumberPayload, Error> {
        let request = signed_in(ctx)?.write(pb::RemovePhoneNumberRequest {});
        let answer = ctx.data::<Upstreams>()?.notify.clone().remove_phone_number(request).await;
        Ok(outcome(answer)?.map(|_| None).into())
    }
}
