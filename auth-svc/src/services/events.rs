//! Facts for the stream `accounts`, written in the transaction that makes them true.

use curtail_proto::{
    auth::v1 as wire,
    events::v1::{
        AccountErased, AccountLocked, ApiKeyCreated, CredentialRevoked, EmailVerificationRequested, Envelope,
        InvitationCreated, NewDeviceSignedIn, PasswordChanged, PasswordResetRequested, SignupAttempted, UserRegistered,
        envelope::Payload,
    },
};
use rand::{CryptoRng, RngExt as _};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    convert,
    domain::{MailToken, User},
    store::{
        api_keys::ApiKey,
        invitations::Invitation,
        revocations::{self, Revocation, Revoked},
        sessions::Session,
    },
};

/// The stream of accounts, credentials and keys.
pub const STREAM: &str = curtail_streams::topology::ACCOUNTS;

/// Writes facts of one instant.
#[derive(Debug)]
pub struct Facts<'a, R> {
    /// The transaction.
    pub conn: &'a mut PgConnection,
    /// When they happened.
    pub now: OffsetDateTime,
    /// Makes event ids.
    pub rng: &'a mut R,
}

impl<R: CryptoRng> Facts<'_, R> {
    /// Somebody signed up.
    pub async fn user_registered(&mut self, user: &User, workspace_id: i64) -> Result<(), sqlx::Error> {
        let fact = UserRegistered { user: Some(convert::user(user)), personal_workspace_id: workspace_id };
        self.append(workspace_id, Payload::UserRegistered(fact)).await
    }

    /// A mail with a verification token is due.
    pub async fn email_verification_requested(
        &mut self,
        user: &User,
        token: &MailToken,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let fact = EmailVerificationRequested {
            user_id: user.id,
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(expires_at)),
        };
        self.append(0, Payload::EmailVerificationRequested(fact)).await
    }

    /// A mail with a token for a new password is due.
    pub async fn password_reset_requested(
        &mut self,
        user: &User,
        token: &MailToken,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let fact = PasswordResetRequested {
            user_id: user.id,
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(expires_at)),
        };
        self.append(0, Payload::PasswordResetRequested(fact)).await
    }

    /// Somebody tried to sign up with the address of an account.
    pub async fn signup_attempted(&mut self, user: &User) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        self.append(0, Payload::SignupAttempted(SignupAttempted { user_id: user.id, email, full_name })).await
    }

    /// A session began on a device that the account does not know.
    pub async fn new_device_signed_in(&mut self, user: &User, session: &Session) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        let session = Some(convert::session(session, None));
        self.append(0, Payload::NewDeviceSignedIn(NewDeviceSignedIn { user_id: user.id, email, full_name, session }))
            .await
    }

    /// A mail to somebody who may join a workspace is due.
    pub async fn invitation_created(
        &mut self,
        invitation: &Invitation,
        workspace_name: &str,
        inviter_name: &str,
        token: &MailToken,
    ) -> Result<(), sqlx::Error> {
        let fact = InvitationCreated {
            invitation_id: invitation.id,
            workspace_name: workspace_name.to_owned(),
            inviter_name: inviter_name.to_owned(),
            email: invitation.email.clone(),
            role: invitation.role.number(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(invitation.expires_at)),
            inviter_id: invitation.inviter_id,
        };
        self.append(invitation.workspace_id, Payload::InvitationCreated(fact)).await
    }

    /// Everything that is kept of an account and of the workspaces that end with it is to be deleted.
    pub async fn account_erased(&mut self, user_id: i64, workspace_ids: &[i64]) -> Result<(), sqlx::Error> {
        let workspace_ids = workspace_ids.to_vec();
        self.append(0, Payload::AccountErased(AccountErased { user_id, workspace_ids })).await
    }

    /// Tries from unknown devices wait.
    pub async fn account_locked(&mut self, user: &User, until: OffsetDateTime) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        let until = Some(curtail_proto::timestamp(until));
        self.append(0, Payload::AccountLocked(AccountLocked { user_id: user.id, email, full_name, until })).await
    }

    /// A credential must not be accepted any more: gateways hear of it by the stream, or ask when they were cut off.
    pub async fn revoked(&mut self, subject: Revoked) -> Result<(), sqlx::Error> {
        let revocation = Revocation { subject, at: self.now };
        revocations::insert(self.conn, &revocation).await?;
        let fact = CredentialRevoked { revocation: Some(convert::revocation(&revocation)) };
        self.append(0, Payload::CredentialRevoked(fact)).await
    }

    /// Sessions ended.
    pub async fn sessions_ended(&mut self, ids: &[i64]) -> Result<(), sqlx::Error> {
        for id in ids {
            self.revoked(Revoked::Session(*id)).await?;
        }
        Ok(())
    }

    /// A key was made.
    pub async fn api_key_created(&mut self, key: &ApiKey) -> Result<(), sqlx::Error> {
        let shown: wire::ApiKey = convert::api_key(key);
        let fact = ApiKeyCreated { api_key: Some(shown), creator_id: key.creator_id };
        self.append(key.workspace_id, Payload::ApiKeyCreated(fact)).await
    }

    /// A password was changed.
    pub async fn password_changed(&mut self, user_id: i64) -> Result<(), sqlx::Error> {
        self.append(0, Payload::PasswordChanged(PasswordChanged { user_id })).await
    }

    async fn append(&mut self, workspace_id: i64, payload: Payload) -> Result<(), sqlx::Error> {
        let envelope = Envelope {
            event_id: self.rng.random::<[u8; 16]>().to_vec(),
            occurred_at: Some(curtail_proto::timestamp(self.now)),
            workspace_id,
            traceparent: curtail_telemetry::current_traceparent().unwrap_or_default(),
            payload: Some(payload),
        };
        curtail_db::outbox::append(self.conn, STREAM, &envelope).await
    }
}
