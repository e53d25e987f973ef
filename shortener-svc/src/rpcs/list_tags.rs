//! The tags of a workspace.

use curtail_proto::links::v1::{ListTagsRequest, ListTagsResponse, Tag};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use tonic::Request;

use crate::app::App;
use crate::refusal;
use crate::store::tags;

pub(super) async fn handle(app: &App, request: Request<ListTagsRequest>) -> Result<ListTagsResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    curtail_rpc::user(&request)?.require(workspace, Role::Viewer, Scope::Read)?;
    let tags = tags::list(&app.pool, workspace).await.map_err(refusal::store)?;
    let message = |tag: tags::CountedTag| Tag { name: tag.name, color: tag.color, link_count: tag.links };
    Ok(ListTagsResponse { tags: tags.into_iter().map(message).collect() })
}
