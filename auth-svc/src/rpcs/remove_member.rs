//! `RemoveMember`.

use curtail_proto::auth::v1::{RemoveMemberRequest, RemoveMemberResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, members},
};

pub(super) async fn handle(app: &App, request: Request<RemoveMemberRequest>) -> Result<RemoveMemberResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let actor = Actor::of(caller, ClientInfo::optional(message.client.clone()).as_ref());
    members::remove(app, &actor, caller, message.workspace_id, message.user_id).await?;
    Ok(RemoveMemberResponse {})
}
