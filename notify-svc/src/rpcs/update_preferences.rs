//! `UpdatePreferences`.

use proto::notify::v1::{UpdatePreferencesRequest, UpdatePreferencesResponse};
use rpc::{Code, Error};
use tokens::Scope;
use tonic::Request;

use super::{Handlers, message, owner};
use crate::kind::Kind;
use crate::preferences::{self, Preference};

pub(super) async fn handle(
    app: &Handlers,
    request: Request<UpdatePreferencesRequest>,
) -> Result<UpdatePreferencesResponse, Error> {
    let owner = owner(&request, Scope::Write)?;
    let changes: Option<Vec<Preference>> = request
        .get_ref()
        .preferences
        .iter()
        .map(|preference| Some((Kind::from_proto(preference.kind)?, preference.email)))
        .collect();
    let changes = changes.ok_or_else(|| {
        Error::new(Code::Invalid, "UNKNOWN_NOTIFICATION", "there is no such kind of mail").field("preferences")
    })?;
    preferences::choose(&app.pool, &owner, &changes, app.clock.now()).await?;
    let preferences = preferences::of(&app.pool, &owner).await?;
    Ok(UpdatePreferencesResponse { preferences: preferences.into_iter().map(message).collect() })
}
