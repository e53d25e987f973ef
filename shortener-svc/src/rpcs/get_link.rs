//! One link by id or by address. Deleted links are shown to those who may restore them.

use curtail_proto::links::v1::link_ref::By;
use curtail_proto::links::v1::{GetLinkRequest, GetLinkResponse};
use curtail_rpc::Error;
use tonic::Request;

use crate::access;
use crate::app::App;
use crate::code::alias;
use crate::refusal;
use crate::store::find;

pub(super) async fn handle(app: &App, request: Request<GetLinkRequest>) -> Result<GetLinkResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let found = match request.get_ref().link.as_ref().and_then(|link| link.by.as_ref()) {
        Some(By::Id(id)) => find::by_id(&app.pool, *id).await.map_err(refusal::store)?,
        Some(By::Address(address)) => match app.domains.find(&address.domain).zip(alias::lookup(&address.code)) {
            Some((domain, code)) => find::by_address(&app.pool, domain, &code).await.map_err(refusal::store)?,
            None => None,
        },
        None => return Err(refusal::invalid("LINK_REQUIRED", "link", "an id or a code is needed")),
    };
    let link = access::readable(user, found)?;
    Ok(GetLinkResponse { link: Some(app.message(&link, app.now())) })
}
