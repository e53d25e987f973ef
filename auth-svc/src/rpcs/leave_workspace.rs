//! `LeaveWorkspace`.

use curtail_proto::auth::v1::{LeaveWorkspaceRequest, LeaveWorkspaceResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, members},
};

pub(super) async fn handle(
    app: &App,
    request: Request<LeaveWorkspaceRequest>,
) -> Result<LeaveWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    session_of(caller)?;
    let message = request.get_ref();
    let actor = Actor::of(caller, ClientInfo::optional(message.client.clone()).as_ref());
    members::leave(app, &actor, caller, message.workspace_id).await?;
    Ok(LeaveWorkspaceResponse {})
}
