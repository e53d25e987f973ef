//! Changes of links as they happen.

use std::pin::Pin;
use std::sync::Arc;

use curtail_proto::links::v1::link_live_service_server::{LinkLiveService, LinkLiveServiceServer};
use curtail_proto::links::v1::{WatchLinksRequest, WatchLinksResponse};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use futures_util::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use crate::live::Rooms;

/// `curtail.links.v1.LinkLiveService`.
pub struct LinkLive {
    /// Where the changes come from.
    pub rooms: Arc<Rooms>,
}

impl LinkLive {
    /// As a service of a gRPC server.
    pub fn into_server(self) -> LinkLiveServiceServer<Self> {
        LinkLiveServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl LinkLiveService for LinkLive {
    type WatchLinksStream = Pin<Box<dyn Stream<Item = Result<WatchLinksResponse, Status>> + Send>>;

    async fn watch_links(
        &self,
        request: Request<WatchLinksRequest>,
    ) -> Result<Response<Self::WatchLinksStream>, Status> {
        Ok(Response::new(Box::pin(handle(self, request).await?.map(Ok))))
    }
}

/// The membership is checked when the stream opens. It ends with the token, so a membership that ended is noticed within the
/// token's life.
async fn handle(
    live: &LinkLive,
    request: Request<WatchLinksRequest>,
) -> Result<impl Stream<Item = WatchLinksResponse> + Send + use<>, Error> {
    let WatchLinksRequest { workspace_id, link_id } = *request.get_ref();
    curtail_rpc::user(&request)?.require(workspace_id, Role::Viewer, Scope::Read)?;
    Ok(live.rooms.watch(workspace_id, link_id).await.into_stream())
}
