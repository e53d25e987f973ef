//! The RPCs, one file each.

mod archive_links;
mod batch_create_links;
mod batch_get_links;
mod change;
mod consume_click;
mod create_link;
mod delete_link;
mod expire_links;
mod get_link;
mod list_links;
mod list_tags;
mod resolve_link;
mod restore_link;
mod scan_links;
mod set_tag;
mod update_link;
mod warn_expiring;
mod watch_links;

use std::sync::Arc;

use curtail_proto::links::v1::link_service_server::LinkService;
use curtail_proto::links::v1::*;
use tonic::{Request, Response, Status};

pub use self::watch_links::LinkLive;

use crate::app::App;

/// The service on the wire.
pub struct Links {
    app: Arc<App>,
}

impl Links {
    /// Serves `app`.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

/// Hands each RPC to its file.
macro_rules! rpcs {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl LinkService for Links {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                $name::handle(&self.app, request).await.map(Response::new).map_err(Status::from)
            })*
        }
    };
}

rpcs! {
    create_link(CreateLinkRequest) -> CreateLinkResponse;
    batch_create_links(BatchCreateLinksRequest) -> BatchCreateLinksResponse;
    get_link(GetLinkRequest) -> GetLinkResponse;
    batch_get_links(BatchGetLinksRequest) -> BatchGetLinksResponse;
    list_links(ListLinksRequest) -> ListLinksResponse;
    update_link(UpdateLinkRequest) -> UpdateLinkResponse;
    delete_link(DeleteLinkRequest) -> DeleteLinkResponse;
    restore_link(RestoreLinkRequest) -> RestoreLinkResponse;
    list_tags(ListTagsRequest) -> ListTagsResponse;
    set_tag(SetTagRequest) -> SetTagResponse;
    resolve_link(ResolveLinkRequest) -> ResolveLinkResponse;
    consume_click(ConsumeClickRequest) -> ConsumeClickResponse;
    expire_links(ExpireLinksRequest) -> ExpireLinksResponse;
    warn_expiring(WarnExpiringRequest) -> WarnExpiringResponse;
    archive_links(ArchiveLinksRequest) -> ArchiveLinksResponse;
    scan_links(ScanLinksRequest) -> ScanLinksResponse;
}
