//! The RPCs of `curtail.notify.v1.NotifyService`. Handlers check who asks and convert.

mod confirm_phone_number;
mod get_phone_number;
mod get_preferences;
mod read_unsubscribe_token;
mod remove_phone_number;
mod set_phone_number;
mod unsubscribe;
mod update_preferences;

use curtail_clock::Clock;
use curtail_proto::notify::v1::notify_service_server::{NotifyService, NotifyServiceServer};
use curtail_proto::notify::v1::*;
use curtail_rpc::{Code, Error};
use curtail_tokens::Scope;
use sqlx::PgPool;
use tonic::{Request, Response, Status};

use crate::kind::Kind;
use crate::mail::unsubscribe::Signer;
use crate::phone::{Phone, Phones};
use crate::preferences::{Owner, Preference};

/// What the handlers need.
pub struct Handlers {
    /// The schema `notify`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// Reads what mails were unsubscribed with.
    pub signer: Signer,
    /// The telephone numbers.
    pub phones: Phones,
}

impl Handlers {
    /// As a service of a gRPC server.
    pub fn into_server(self) -> NotifyServiceServer<Self> {
        NotifyServiceServer::new(self)
    }
}

/// Each RPC goes to the `handle` of the module of its name.
macro_rules! forward {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl NotifyService for Handlers {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                Ok(Response::new($name::handle(self, request).await?))
            })*
        }
    };
}

forward! {
    get_preferences(GetPreferencesRequest) -> GetPreferencesResponse;
    update_preferences(UpdatePreferencesRequest) -> UpdatePreferencesResponse;
    read_unsubscribe_token(ReadUnsubscribeTokenRequest) -> ReadUnsubscribeTokenResponse;
    unsubscribe(UnsubscribeRequest) -> UnsubscribeResponse;
    get_phone_number(GetPhoneNumberRequest) -> GetPhoneNumberResponse;
    set_phone_number(SetPhoneNumberRequest) -> SetPhoneNumberResponse;
    confirm_phone_number(ConfirmPhoneNumberRequest) -> ConfirmPhoneNumberResponse;
    remove_phone_number(RemovePhoneNumberRequest) -> RemovePhoneNumberResponse;
}

/// A preference as callers see it.
fn message(preference: Preference) -> curtail_proto::notify::v1::Preference {
    let kind = preference.kind;
    curtail_proto::notify::v1::Preference {
        kind: kind.to_proto().into(),
        email: preference.email,
        required: kind.is_required(),
        sms: Some(preference.sms),
        sms_available: kind.has_text(),
    }
}

/// A telephone number as callers see it.
fn phone_number(phone: Phone) -> PhoneNumber {
    PhoneNumber { number: phone.number, verified: phone.verified }
}

/// The id of a user who is signed in. A telephone number is a person's, and no business of programs that have a key.
fn signed_in<T>(request: &Request<T>) -> Result<i64, Error> {
    let user = curtail_rpc::user(request)?;
    if user.api_key_id.is_some() {
        return Err(Error::new(Code::Forbidden, "SESSION_REQUIRED", "an API key can not do this; sign in"));
    }
    Ok(user.user_id)
}

/// The caller as owner of choices.
fn owner<T>(request: &Request<T>, scope: Scope) -> Result<Owner, Error> {
    let user = curtail_rpc::user(request)?;
    if !user.allows(scope) {
        return Err(Error::new(Code::Forbidden, "SCOPE_MISSING", "this API key does not have the scope for this"));
    }
    Ok(Owner::User(user.user_id))
}

/// Whom and what the token of a mail is about.
fn subject(app: &Handlers, token: &str) -> Result<(Owner, Kind), Error> {
    app.signer.read(token).ok_or_else(|| {
        Error::new(Code::NotFound, "UNSUBSCRIBE_TOKEN_UNKNOWN", "this is not the address of a mail of ours")
            .field("token")
    })
}
