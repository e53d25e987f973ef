//! How far the latest build of the index is. For services only.

use curtail_proto::search::v1::{GetReindexRequest, GetReindexResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Search, reindex};

pub(super) fn handle(search: &Search, request: &Request<GetReindexRequest>) -> Result<GetReindexResponse, Error> {
    curtail_rpc::service(request)?;
    Ok(GetReindexResponse { reindex: Some(reindex(search.rebuilds.progress())) })
}
