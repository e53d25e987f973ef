//! `Unsubscribe`.

use curtail_proto::notify::v1::{UnsubscribeRequest, UnsubscribeResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{Handlers, subject};
use crate::preferences::{self, Change};

pub(super) async fn handle(app: &Handlers, request: Request<UnsubscribeRequest>) -> Result<UnsubscribeResponse, Error> {
    curtail_rpc::service(&request)?;
    let (owner, kind) = subject(app, &request.get_ref().token)?;
    let change = Change { kind, email: false, sms: None };
    preferences::choose(&app.pool, &owner, &[change], app.clock.now()).await?;
    Ok(UnsubscribeResponse { kind: kind.to_proto().into() })
}
