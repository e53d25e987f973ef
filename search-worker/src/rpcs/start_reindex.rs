//! Starts a build of the index. For services only: the operator's command line calls as one.

use curtail_proto::search::v1::{StartReindexRequest, StartReindexResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Search, reindex};

pub(super) fn handle(search: &Search, request: &Request<StartReindexRequest>) -> Result<StartReindexResponse, Error> {
    curtail_rpc::service(request)?;
    Ok(StartReindexResponse { reindex: Some(reindex(search.rebuilds.start(search.clock.now()))) })
}
