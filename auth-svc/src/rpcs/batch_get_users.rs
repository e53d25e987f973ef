//! `BatchGetUsers`.

use curtail_proto::auth::v1::{BatchGetUsersRequest, BatchGetUsersResponse};
use curtail_tokens::Scope;
use tonic::Request;

use crate::{App, Error, convert, services::accounts};

pub(super) async fn handle(app: &App, request: Request<BatchGetUsersRequest>) -> Result<BatchGetUsersResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    if !caller.allows(Scope::Read) {
        return Err(Error::ScopeMissing);
    }
    let users = accounts::batch(app, caller, &request.get_ref().ids).await?;
    Ok(BatchGetUsersResponse { users: users.into_iter().map(convert::summary).collect() })
}
