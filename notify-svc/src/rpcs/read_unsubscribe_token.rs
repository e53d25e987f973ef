//! `ReadUnsubscribeToken`.

use curtail_proto::notify::v1::{ReadUnsubscribeTokenRequest, ReadUnsubscribeTokenResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, subject};
use crate::preferences;

pub(super) async fn handle(
    app: &Handlers,
    request: Request<ReadUnsubscribeTokenRequest>,
) -> Result<ReadUnsubscribeTokenResponse, Error> {
    curtail_rpc::service(&request)?;
    let (owner, kind) = subject(app, &request.get_ref().token)?;
    let preferences = preferences::of(&app.pool, &owner).await?;
    let email = preferences.into_iter().any(|preference| preference.kind == kind && preference.email);
    Ok(ReadUnsubscribeTokenResponse { kind: kind.to_proto().into(), email })
}
