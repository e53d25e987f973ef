//! `GetPreferences`.

use curtail_proto::notify::v1::{GetPreferencesRequest, GetPreferencesResponse};
use curtail_rpc::Error;
use curtail_tokens::Scope;
use tonic::Request;

use super::{Handlers, message, owner};
use crate::preferences;

pub(super) async fn handle(
    app: &Handlers,
    request: Request<GetPreferencesRequest>,
) -> Result<GetPreferencesResponse, Error> {
    let owner = owner(&request, Scope::Read)?;
    let preferences = preferences::of(&app.pool, &owner).await?;
    Ok(GetPreferencesResponse { preferences: preferences.into_iter().map(message).collect() })
}
