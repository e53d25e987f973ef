//! `ListRecipients`.

use curtail_proto::auth::v1::{ListRecipientsRequest, ListRecipientsResponse};
use tonic::Request;

use crate::{App, Error, convert, services::accounts};

pub(super) async fn handle(
    app: &App,
    request: Request<ListRecipientsRequest>,
) -> Result<ListRecipientsResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let recipients = accounts::recipients(app, request.workspace_id, &request.user_ids).await?;
    Ok(ListRecipientsResponse { recipients: recipients.into_iter().map(convert::recipient).collect() })
}
