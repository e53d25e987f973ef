//! `ListRevocations`.

use curtail_proto::auth::v1::{ListRevocationsRequest, ListRevocationsResponse};
use time::Duration;
use tonic::Request;

use crate::{App, Error, convert, settings::REVOCATION_LIFE, store::revocations};

/// A revocation becomes visible a moment after its instant, when its transaction commits. Asking a little further back makes
/// sure that none falls between two questions.
const OVERLAP: Duration = Duration::seconds(10);

pub(super) async fn handle(
    app: &App,
    request: Request<ListRevocationsRequest>,
) -> Result<ListRevocationsResponse, Error> {
    curtail_rpc::service(&request)?;
    let oldest = app.now() - REVOCATION_LIFE;
    let since = curtail_proto::instant(request.get_ref().since).unwrap_or(oldest).max(oldest);
    let revocations = revocations::since(&app.pool, since - OVERLAP).await?;
    Ok(ListRevocationsResponse { revocations: revocations.iter().map(convert::revocation).collect() })
}
