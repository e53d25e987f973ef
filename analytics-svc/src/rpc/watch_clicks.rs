//! Clicks as they happen.

use std::pin::Pin;
use std::sync::Arc;

use curtail_proto::analytics::v1::live_service_server::{LiveService, LiveServiceServer};
use curtail_proto::analytics::v1::{WatchClicksRequest, WatchClicksResponse};
use curtail_rpc::Error;
use futures_util::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::access;
use crate::live::Rooms;

/// `curtail.analytics.v1.LiveService`.
pub struct Live {
    /// Where the clicks come from.
    pub rooms: Arc<Rooms>,
}

impl Live {
    /// As a service of a gRPC server.
    pub fn into_server(self) -> LiveServiceServer<Self> {
        LiveServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl LiveService for Live {
    type WatchClicksStream = Pin<Box<dyn Stream<Item = Result<WatchClicksResponse, Status>> + Send>>;

    async fn watch_clicks(
        &self,
        request: Request<WatchClicksRequest>,
    ) -> Result<Response<Self::WatchClicksStream>, Status> {
        Ok(Response::new(Box::pin(handle(self, request).await?.map(Ok))))
    }
}

/// The membership is checked when the stream opens. It ends with the token, so a membership that ended is noticed within the
/// token's life.
async fn handle(
    live: &Live,
    request: Request<WatchClicksRequest>,
) -> Result<impl Stream<Item = WatchClicksResponse> + Send + use<>, Error> {
    let WatchClicksRequest { workspace_id, link_id } = *request.get_ref();
    access::require(curtail_rpc::user(&request)?, workspace_id)?;
    Ok(live.rooms.watch(workspace_id, link_id).await.into_stream())
}
