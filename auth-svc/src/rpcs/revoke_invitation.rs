//! `RevokeInvitation`.

use curtail_proto::auth::v1::{RevokeInvitationRequest, RevokeInvitationResponse};
use tonic::Request;

use crate::{
    App, Error,
    domain::ClientInfo,
    services::{audit::Actor, invitations},
};

pub(super) async fn handle(
    app: &App,
    request: Request<RevokeInvitationRequest>,
) -> Result<RevokeInvitationResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let actor = Actor::of(caller, ClientInfo::optional(message.client.clone()).as_ref());
    invitations::revoke(app, &actor, caller, message.invitation_id).await?;
    Ok(RevokeInvitationResponse {})
}
