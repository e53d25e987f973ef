//! `UpdateWorkspace`.

use curtail_proto::auth::v1::{UpdateWorkspaceRequest, UpdateWorkspaceResponse};
use tonic::Request;

use crate::{
    App, Error, convert,
    domain::{ClientInfo, WorkspaceName},
    services::{audit::Actor, workspaces},
};

pub(super) async fn handle(
    app: &App,
    request: Request<UpdateWorkspaceRequest>,
) -> Result<UpdateWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let name = WorkspaceName::parse(&request.name)?;
    let actor = Actor::of(&caller, ClientInfo::optional(request.client).as_ref());
    let workspace = workspaces::rename(app, &actor, &caller, request.workspace_id, &name).await?;
    Ok(UpdateWorkspaceResponse { workspace: Some(convert::workspace(&workspace)) })
}
