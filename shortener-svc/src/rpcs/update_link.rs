//! Changes fields of a link. Tests: `tests/change.rs`.

use curtail_proto::links::v1::{UpdateLinkRequest, UpdateLinkResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::change::{change, check_version};
use crate::app::App;
use crate::link::event::Fact;
use crate::link::patch;
use crate::refusal;

pub(super) async fn handle(app: &App, request: Request<UpdateLinkRequest>) -> Result<UpdateLinkResponse, Error> {
    let user = curtail_rpc::user(&request)?.clone();
    let UpdateLinkRequest { id, version, patch } = request.into_inner();
    let link = change(app, &user, id, |link, now| {
        check_version(link, version)?;
        if link.deleted_at.is_some() {
            return Err(refusal::link_deleted());
        }
        let changed = patch::apply(link, patch.unwrap_or_default(), &app.rules, now)?;
        // A change to what is there already is none: no version, no event.
        if changed == *link {
            return Ok(None);
        }
        let fact = Fact::between(link, &changed);
        Ok(Some((changed, fact)))
    })
    .await?;
    Ok(UpdateLinkResponse { link: Some(link) })
}
