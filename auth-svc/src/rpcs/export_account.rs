//! `ExportAccount`.

use curtail_proto::auth::v1::{ExportAccountRequest, ExportAccountResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, export},
};

pub(super) async fn handle(app: &App, request: Request<ExportAccountRequest>) -> Result<ExportAccountResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    session_of(caller)?;
    let actor = Actor::of(caller, ClientInfo::optional(request.get_ref().client.clone()).as_ref());
    let account = export::export(app, &actor, caller.user_id).await?;
    Ok(ExportAccountResponse { json: account.to_string() })
}
