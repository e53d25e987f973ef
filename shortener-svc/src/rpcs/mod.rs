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
pub(crate) mod list_links;
mod resolve_link;
mod restore_link;
mod scan_links;
mod update_link;
mod warn_expiring;
mod watch_links;

use std::sync::Arc;

use curtail_proto::links::v1::link_service_server::LinkService;
use curtail_proto::links::v1::*;
use tonic::{Request, Response, Status};

pub use self::watch_links::LinkLive;

use crate::app::App;
use crate::{change_many, tags, takedown};

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

/// Hands each RPC to its handler.
macro_rules! rpcs {
    ($($name:ident($request:ty) -> $response:ty = $handler:path;)*) => {
        #[tonic::async_trait]
        impl LinkService for Links {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                $handler(&self.app, request).await.map(Response::new).map_err(Status::from)
            })*
        }
    };
}

rpcs! {
    create_link(CreateLinkRequest) -> CreateLinkResponse = create_link::handle;
    batch_create_links(BatchCreateLinksRequest) -> BatchCreateLinksResponse = batch_create_links::handle;
    get_link(GetLinkRequest) -> GetLinkResponse = get_link::handle;
    batch_get_links(BatchGetLinksRequest) -> BatchGetLinksResponse = batch_get_links::handle;
    list_links(ListLinksRequest) -> ListLinksResponse = list_links::handle;
    update_link(UpdateLinkRequest) -> UpdateLinkResponse = update_link::handle;
    delete_link(DeleteLinkRequest) -> DeleteLinkResponse = delete_link::handle;
    restore_link(RestoreLinkRequest) -> RestoreLinkResponse = restore_link::handle;
    batch_update_links(BatchUpdateLinksRequest) -> BatchUpdateLinksResponse = change_many::update;
    batch_delete_links(BatchDeleteLinksRequest) -> BatchDeleteLinksResponse = change_many::delete;
    list_tags(ListTagsRequest) -> ListTagsResponse = tags::list;
    set_tag(SetTagRequest) -> SetTagResponse = tags::set;
    rename_tag(RenameTagRequest) -> RenameTagResponse = tags::change::rename;
    merge_tags(MergeTagsRequest) -> MergeTagsResponse = tags::change::merge;
    delete_tag(DeleteTagRequest) -> DeleteTagResponse = tags::change::delete;
    block_link(BlockLinkRequest) -> BlockLinkResponse = takedown::block;
    release_link(ReleaseLinkRequest) -> ReleaseLinkResponse = takedown::release;
    list_takedowns(ListTakedownsRequest) -> ListTakedownsResponse = takedown::list;
    resolve_link(ResolveLinkRequest) -> ResolveLinkResponse = resolve_link::handle;
    consume_click(ConsumeClickRequest) -> ConsumeClickResponse = consume_click::handle;
    expire_links(ExpireLinksRequest) -> ExpireLinksResponse = expire_links::handle;
    warn_expiring(WarnExpiringRequest) -> WarnExpiringResponse = warn_expiring::handle;
    archive_links(ArchiveLinksRequest) -> ArchiveLinksResponse = archive_links::handle;
    scan_links(ScanLinksRequest) -> ScanLinksResponse = scan_links::handle;
}
