//! What a redirector needs to answer for a code, tombstones included. For services only.

use curtail_proto::links::v1::{ResolveLinkRequest, ResolveLinkResponse};
use curtail_rpc::Error;
use tonic::Request;

use crate::app::App;
use crate::code::alias;
use crate::refusal;
use crate::store::find;

pub(super) async fn handle(app: &App, request: Request<ResolveLinkRequest>) -> Result<ResolveLinkResponse, Error> {
    curtail_rpc::service(&request)?;
    let ResolveLinkRequest { domain, code } = request.get_ref();
    let Some((domain, code)) = app.domains.find(domain).zip(alias::lookup(code)) else {
        return Ok(ResolveLinkResponse { target: None });
    };
    let found = find::by_address(&app.pool, domain, &code).await.map_err(refusal::store)?;
    Ok(ResolveLinkResponse { target: found.map(|link| app.target(&link)) })
}
