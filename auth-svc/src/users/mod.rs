//! Users, and what members and services may read of them.

pub(crate) mod store;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    BatchGetUsersRequest, BatchGetUsersResponse, ListRecipientsRequest, ListRecipientsResponse,
};
use curtail_rpc::UserCaller;
use time::OffsetDateTime;
use tonic::Request;

use crate::caller::require_read;
use crate::users::store::{Recipient, Summary};
use crate::{App, Error};

/// Users in one request at most.
pub(crate) const MAX_BATCH: usize = 100;

/// Whether an account may be used. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountStatus {
    Active = 1,
    /// Refused until an operator lifts it.
    Suspended = 2,
    /// Deleted; to others it does not exist.
    Deleted = 3,
}

impl AccountStatus {
    /// Reads the number of the database.
    pub(crate) fn from_number(number: i16) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Deleted].into_iter().find(|status| *status as i16 == number)
    }

    /// Refuses accounts that may not be used. A deleted account fails like an unknown one, with `unknown`.
    pub(crate) fn require_active(self, unknown: Error) -> Result<(), Error> {
        match self {
            Self::Active => Ok(()),
            Self::Suspended => Err(Error::AccountSuspended),
            Self::Deleted => Err(unknown),
        }
    }
}

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) email: String,
    /// When the address was verified; `None` until then.
    pub(crate) email_verified_at: Option<OffsetDateTime>,
    pub(crate) full_name: String,
    /// Whether it may be used.
    pub(crate) status: AccountStatus,
    /// Whether it runs the platform.
    pub(crate) platform_admin: bool,
    pub(crate) created_at: OffsetDateTime,
}

pub(crate) async fn batch_get_users(
    app: &App,
    request: Request<BatchGetUsersRequest>,
) -> Result<BatchGetUsersResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    require_read(caller)?;
    let users = batch(app, caller, &request.get_ref().ids).await?;
    Ok(BatchGetUsersResponse { users: users.into_iter().map(Summary::into_proto).collect() })
}

pub(crate) async fn list_recipients(
    app: &App,
    request: Request<ListRecipientsRequest>,
) -> Result<ListRecipientsResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let recipients = recipients(app, request.workspace_id, &request.user_ids).await?;
    Ok(ListRecipientsResponse { recipients: recipients.into_iter().map(Recipient::into_proto).collect() })
}

/// Those of `ids` who share a workspace with the caller.
pub(crate) async fn batch(app: &App, caller: &UserCaller, ids: &[i64]) -> Result<Vec<Summary>, Error> {
    if ids.len() > MAX_BATCH {
        return Err(Error::IDS_TOO_MANY);
    }
    let workspaces: Vec<i64> = caller.workspaces.iter().map(|membership| membership.id).collect();
    Ok(store::summaries(&app.pool, ids, &workspaces).await?)
}

/// Recipients: the members of a workspace (0 for no workspace) and the users of `ids`.
pub(crate) async fn recipients(app: &App, workspace_id: i64, ids: &[i64]) -> Result<Vec<Recipient>, Error> {
    if ids.len() > MAX_BATCH {
        return Err(Error::USER_IDS_TOO_MANY);
    }
    Ok(store::recipients(&app.pool, workspace_id, ids).await?)
}

impl User {
    pub(crate) fn to_proto(&self) -> wire::User {
        wire::User {
            id: self.id,
            email: self.email.clone(),
            email_verified: self.email_verified_at.is_some(),
            full_name: self.full_name.clone(),
            status: self.status as i32,
            platform_admin: self.platform_admin,
            created_at: Some(curtail_proto::timestamp(self.created_at)),
        }
    }
}

impl Summary {
    pub(crate) fn into_proto(self) -> wire::UserSummary {
        wire::UserSummary { id: self.id, full_name: self.full_name, email: self.email }
    }
}

impl Recipient {
    pub(crate) fn into_proto(self) -> wire::Recipient {
        wire::Recipient {
            user_id: self.id,
            email: self.email,
            full_name: self.full_name,
            email_verified: self.email_verified,
            role: self.role.map_or(0, i32::from),
        }
    }
}
