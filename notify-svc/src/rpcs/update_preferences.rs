//! `UpdatePreferences`.

use curtail_proto::notify::v1::{UpdatePreferencesRequest, UpdatePreferencesResponse};
use curtail_rpc::{Code, Error};
use curtail_tokens::Scope;
use tonic::Request;

use super::{Handlers, message, owner};
use crate::kind::Kind;
use crate::preferences::{self, Change};

pub(super) async fn handle(
    app: &Handlers,
    request: Request<UpdatePreferencesRequest>,
) -> Result<UpdatePreferencesResponse, Error> {
    let owner = owner(&request, Scope::Write)?;
    let changes: Option<Vec<Change>> = request
        .get_ref()
        .preferences
        .iter()
        .map(|wish| Some(Change { kind: Kind::from_proto(wish.kind)?, email: wish.email, sms: wish.sms }))
        .collect();
    let changes = changes.ok_or_else(|| {
        Error::new(Code::Invalid, "UNKNOWN_NOTIFICATION", "there is no such kind of message").field("preferences")
    })?;
    preferences::choose(&app.pool, &owner, &changes, app.clock.now()).await?;
    let preferences = preferences::of(&app.pool, &owner).await?;
    Ok(UpdatePreferencesResponse { preferences: preferences.into_iter().map(message).collect() })
}
