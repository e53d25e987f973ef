//! `CreateWorkspace`.

use curtail_proto::auth::v1::{CreateWorkspaceRequest, CreateWorkspaceResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error, convert,
    domain::{ClientInfo, WorkspaceName},
    services::{audit::Actor, workspaces},
};

pub(super) async fn handle(
    app: &App,
    request: Request<CreateWorkspaceRequest>,
) -> Result<CreateWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    session_of(&caller)?;
    let request = request.into_inner();
    let name = WorkspaceName::parse(&request.name)?;
    let actor = Actor::of(&caller, ClientInfo::optional(request.client).as_ref());
    let workspace = workspaces::create(app, &actor, &caller, &name).await?;
    Ok(CreateWorkspaceResponse { workspace: Some(convert::workspace(&workspace)) })
}
