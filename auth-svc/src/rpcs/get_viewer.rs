//! `GetViewer`.

use curtail_proto::auth::v1::{GetViewerRequest, GetViewerResponse};
use curtail_tokens::Scope;
use tonic::Request;

use crate::{App, Error, convert, services::accounts};

pub(super) async fn handle(app: &App, request: Request<GetViewerRequest>) -> Result<GetViewerResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    if !caller.allows(Scope::Read) {
        return Err(Error::ScopeMissing);
    }
    let (user, workspaces) = accounts::viewer(app, caller).await?;
    Ok(GetViewerResponse {
        user: Some(convert::user(&user)),
        workspaces: workspaces.iter().map(convert::workspace).collect(),
    })
}
