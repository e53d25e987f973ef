//! Soft-deletes a link. Deleting a deleted one changes nothing.

use curtail_proto::links::v1::{DeleteLinkRequest, DeleteLinkResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::change::{change, check_version};
use crate::app::App;
use crate::link::Link;
use crate::link::event::Fact;

pub(super) async fn handle(app: &App, request: Request<DeleteLinkRequest>) -> Result<DeleteLinkResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let DeleteLinkRequest { id, version } = *request.get_ref();
    let link = change(app, user, id, |link, now| {
        if link.deleted_at.is_some() {
            return Ok(None);
        }
        check_version(link, version)?;
        Ok(Some((Link { deleted_at: Some(now), ..link.clone() }, Fact::Deleted)))
    })
    .await?;
    Ok(DeleteLinkResponse { link: Some(link) })
}
