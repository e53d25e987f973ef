//! `ListInvitations`.

use curtail_proto::auth::v1::{ListInvitationsRequest, ListInvitationsResponse};
use tonic::Request;

use crate::{App, Error, convert, services::invitations};

pub(super) async fn handle(
    app: &App,
    request: Request<ListInvitationsRequest>,
) -> Result<ListInvitationsResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let invitations = invitations::list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListInvitationsResponse { invitations: invitations.into_iter().map(convert::invitation).collect() })
}
