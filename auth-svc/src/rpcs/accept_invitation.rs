//! `AcceptInvitation`.

use curtail_proto::auth::v1::{AcceptInvitationRequest, AcceptInvitationResponse};
use tonic::Request;

use super::session_of;
use crate::{
    App, Error, convert,
    domain::{ClientInfo, MailToken},
    services::{audit::Actor, invitations},
};

pub(super) async fn handle(
    app: &App,
    request: Request<AcceptInvitationRequest>,
) -> Result<AcceptInvitationResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    session_of(caller)?;
    let message = request.get_ref();
    let token = MailToken::parse(&message.token)?;
    let actor = Actor::of(caller, ClientInfo::optional(message.client.clone()).as_ref());
    let workspace = invitations::accept(app, &actor, caller, &token).await?;
    Ok(AcceptInvitationResponse { workspace: Some(convert::workspace(&workspace)) })
}
