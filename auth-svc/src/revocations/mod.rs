//! What must no longer be accepted. Gateways follow the events; one that was disconnected asks for what it missed.

pub(crate) mod store;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{ListRevocationsRequest, ListRevocationsResponse};
use curtail_proto::events::v1::CredentialRevoked;
use curtail_proto::events::v1::envelope::Payload;
use rand::CryptoRng;
use time::{Duration, OffsetDateTime};
use tonic::Request;

use crate::events::EventWriter;
use crate::{App, Error};

/// How long revocations are listed: longer than any token lives.
pub(crate) const REVOCATION_LIFE: Duration = Duration::hours(24);

/// A revocation becomes visible a moment after its instant, when its transaction commits. Asking a little further back makes
/// sure that none falls between two questions.
const OVERLAP: Duration = Duration::seconds(10);

pub(crate) async fn list_revocations(
    app: &App,
    request: Request<ListRevocationsRequest>,
) -> Result<ListRevocationsResponse, Error> {
    curtail_rpc::service(&request)?;
    let oldest = app.now() - REVOCATION_LIFE;
    let since = curtail_proto::instant(request.get_ref().since).unwrap_or(oldest).max(oldest);
    let revocations = store::since(&app.pool, since - OVERLAP).await?;
    Ok(ListRevocationsResponse { revocations: revocations.into_iter().map(Revocation::to_proto).collect() })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevocationSubject {
    Session(i64),
    /// An API key was revoked.
    ApiKey(i64),
    /// All credentials of this user that were issued before.
    User(i64),
    /// The memberships in tokens that were issued before; sessions continue.
    Memberships(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) subject: RevocationSubject,
    pub(crate) at: OffsetDateTime,
}

impl Revocation {
    pub(crate) fn to_proto(self) -> wire::Revocation {
        use wire::revocation::Subject;
        let subject = match self.subject {
            RevocationSubject::Session(id) => Subject::SessionId(id),
            RevocationSubject::ApiKey(id) => Subject::ApiKeyId(id),
            RevocationSubject::User(id) => Subject::UserId(id),
            RevocationSubject::Memberships(id) => Subject::MembershipsOf(id),
        };
        wire::Revocation { subject: Some(subject), at: Some(curtail_proto::timestamp(self.at)) }
    }
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn revoked(&mut self, subject: RevocationSubject) -> Result<(), sqlx::Error> {
        let revocation = Revocation { subject, at: self.now };
        store::insert(self.conn, &revocation).await?;
        let event = CredentialRevoked { revocation: Some(revocation.to_proto()) };
        self.append(0, Payload::CredentialRevoked(event)).await
    }
}
