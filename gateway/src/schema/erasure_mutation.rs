//! Taking an account along, and its end.

use async_graphql::{Context, Error, Json, Object, SimpleObject};
use curtail_proto::auth::v1 as pb;
use curtail_proto::notify::v1::NotificationKind;
use serde_json::{Value, json};

use super::account_mutation::DonePayload;
use super::notification::preferences;
use super::phone::phone_number;
use super::problem::{UserError, fault, outcome};
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Payload of `exportAccount`.
#[derive(SimpleObject, Default)]
pub struct ExportAccountPayload {
    /// The account with its workspaces, sessions, API keys, audit log, telephone number and notification preferences.
    pub account: Option<Json<Value>>,
    /// Why nothing was exported.
    pub user_errors: Vec<UserError>,
}

/// Mutations of the account as a whole.
#[derive(Default)]
pub struct ErasureMutation;

#[Object]
impl ErasureMutation {
    /// Exports all data of the account itself; read links with `links`. A mutation, because it is recorded in the audit log of
    /// the account and must never be part of a cache.
    async fn export_account(&self, ctx: &Context<'_>) -> Result<ExportAccountPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::ExportAccountRequest { client: Some(context.client.clone()) });
        Ok(match outcome(ctx.data::<Upstreams>()?.auth.clone().export_account(request).await)? {
            Ok(answer) => {
                let mut account: Value = serde_json::from_str(&answer.json)?;
                account["notifications"] = notifications(ctx).await?;
                ExportAccountPayload { account: Some(Json(account)), user_errors: Vec::new() }
            }
            Err(error) => ExportAccountPayload { account: None, user_errors: vec![error] },
        })
    }

    /// Erases the account permanently, with every workspace that has no other members. Workspaces with other members need
    /// another owner first.
    async fn erase_account(&self, ctx: &Context<'_>, current_password: String) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::EraseAccountRequest { current_password });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().erase_account(request).await)?;
        if result.is_ok() {
            context.clear_session();
        }
        Ok(DonePayload::new(result))
    }
}

/// What notify-svc keeps of the account.
async fn notifications(ctx: &Context<'_>) -> Result<Value, Error> {
    let phone = phone_number(ctx).await?.map(|phone| json!({ "number": phone.number, "verified": phone.verified }));
    let preferences = preferences(ctx).await?.into_iter().map(|one| {
        let kind = NotificationKind::from(one.kind).as_str_name();
        json!({ "kind": kind.trim_start_matches("NOTIFICATION_KIND_"), "email": one.email, "sms": one.sms })
    });
    Ok(json!({ "phoneNumber": phone, "preferences": preferences.collect::<Vec<_>>() }))
}
