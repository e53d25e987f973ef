//! Makes a tag or changes its colour. Links carry names only: no link changes, so that no event is due.

use curtail_proto::links::v1::{SetTagRequest, SetTagResponse, Tag};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use sqlx::PgConnection;
use tonic::Request;

use crate::app::App;
use crate::failure::Failure;
use crate::link::tag;
use crate::refusal;
use crate::store::tags;
use crate::tagging;

pub(super) async fn handle(app: &App, request: Request<SetTagRequest>) -> Result<SetTagResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    curtail_rpc::user(&request)?.require(workspace, Role::Editor, Scope::Write)?;
    let name = tag::check(&request.get_ref().name, "name")?;
    let color = tag::check_color(&request.get_ref().color)?;
    let mut conn = app.pool.acquire().await.map_err(refusal::store)?;
    set(&mut conn, workspace, &name, &color).await?;
    Ok(SetTagResponse { tag: Some(Tag { name, color, link_count: 0 }) })
}

async fn set(conn: &mut PgConnection, workspace: i64, name: &str, color: &str) -> Result<(), Failure> {
    let known = tags::colors(&mut *conn, workspace, &[name.to_owned()]).await?;
    if known.is_empty() && tagging::room(conn, workspace).await? == 0 {
        return Err(refusal::too_many_tags("name").into());
    }
    Ok(tags::set(conn, workspace, name, color).await?)
}
