//! `InviteMember`.

use curtail_proto::auth::v1::{InviteMemberRequest, InviteMemberResponse};
use tonic::Request;

use super::role;
use crate::{
    App, Error, convert,
    domain::{ClientInfo, Email},
    services::invitations::{self, Wanted},
};

pub(super) async fn handle(app: &App, request: Request<InviteMemberRequest>) -> Result<InviteMemberResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let (email, role) = (Email::parse(&request.email)?, role(request.role)?);
    let client = ClientInfo::required(request.client)?;
    let wanted = Wanted { workspace_id: request.workspace_id, email, role };
    let invitation = invitations::invite(app, &caller, &client, wanted).await?;
    Ok(InviteMemberResponse { invitation: Some(convert::invitation(invitation)) })
}
