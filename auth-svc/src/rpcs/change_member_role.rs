//! `ChangeMemberRole`.

use curtail_proto::auth::v1::{ChangeMemberRoleRequest, ChangeMemberRoleResponse};
use tonic::Request;

use super::role;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, members},
};

pub(super) async fn handle(
    app: &App,
    request: Request<ChangeMemberRoleRequest>,
) -> Result<ChangeMemberRoleResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let role = role(message.role)?;
    let actor = Actor::of(caller, ClientInfo::optional(message.client.clone()).as_ref());
    members::change_role(app, &actor, caller, message.workspace_id, message.user_id, role).await?;
    Ok(ChangeMemberRoleResponse {})
}
