//! `ListMembers`.

use curtail_proto::auth::v1::{ListMembersRequest, ListMembersResponse};
use tonic::Request;

use crate::{App, Error, convert, services::members};

pub(super) async fn handle(app: &App, request: Request<ListMembersRequest>) -> Result<ListMembersResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let members = members::list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListMembersResponse { members: members.into_iter().map(convert::member).collect() })
}
