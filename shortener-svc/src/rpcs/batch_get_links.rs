//! Several links by id, for data loaders.

use std::collections::HashMap;

use curtail_proto::links::v1::{BatchGetLinksRequest, BatchGetLinksResponse};
use curtail_rpc::{Caller, Error};
use tonic::Request;

use crate::access;
use crate::app::App;
use crate::limits;
use crate::refusal;
use crate::store::find;

pub(super) async fn handle(app: &App, request: Request<BatchGetLinksRequest>) -> Result<BatchGetLinksResponse, Error> {
    let caller = curtail_rpc::caller(&request)?;
    let ids = &request.get_ref().ids;
    if ids.len() > limits::PAGE {
        return Err(refusal::page_size("ids"));
    }
    let found = find::by_ids(&app.pool, ids).await.map_err(refusal::store)?;
    let now = app.now();
    let mut readable: HashMap<i64, _> = found
        .into_iter()
        .filter(|link| match caller {
            Caller::User(user) => access::readable(user, Some(link.clone())).is_ok(),
            // On its own behalf a service names links in messages to those who may see them.
            Caller::Service(_) => true,
        })
        .map(|link| (link.id, app.message(&link, now)))
        .collect();
    // In the order of the request; an id that was named twice comes once.
    Ok(BatchGetLinksResponse { links: ids.iter().filter_map(|id| readable.remove(id)).collect() })
}
