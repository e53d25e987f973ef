//! Takes a deleted link back, as it was. Restoring one that is not deleted changes nothing.

use curtail_proto::links::v1::{RestoreLinkRequest, RestoreLinkResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::change::change;
use crate::app::App;
use crate::link::Link;
use crate::link::event::Fact;

pub(super) async fn handle(app: &App, request: Request<RestoreLinkRequest>) -> Result<RestoreLinkResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let link = change(app, user, request.get_ref().id, |link, _| {
        Ok(link.deleted_at.map(|_| (Link { deleted_at: None, ..link.clone() }, Fact::Restored)))
    })
    .await?;
    Ok(RestoreLinkResponse { link: Some(link) })
}
