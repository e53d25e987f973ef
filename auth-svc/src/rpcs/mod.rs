//! One file an RPC: it reads the request into our types, calls the service and writes the answer.

mod accept_invitation;
mod batch_get_users;
mod change_member_role;
mod change_password;
mod create_api_key;
mod create_workspace;
mod erase_account;
mod estimate_password;
mod exchange;
mod export_account;
mod generate_password;
mod get_key_ring;
mod get_viewer;
mod invite_member;
mod leave_workspace;
mod list_api_keys;
mod list_audit_log;
mod list_invitations;
mod list_members;
mod list_recipients;
mod list_revocations;
mod list_sessions;
mod login;
mod logout;
mod logout_all;
mod refresh_session;
mod register;
mod remove_member;
mod request_password_reset;
mod resend_verification;
mod reset_password;
mod revoke_api_key;
mod revoke_invitation;
mod revoke_session;
mod update_workspace;
mod verify_email;

use std::sync::Arc;

use curtail_proto::auth::v1::{auth_service_server::AuthService, *};
use curtail_rpc::UserCaller;
use tonic::{Request, Response, Status};

use crate::{App, Error};

/// The gRPC face of the app.
#[derive(Clone, Debug)]
pub struct Handlers(Arc<App>);

impl Handlers {
    /// Handlers over the app.
    pub fn new(app: Arc<App>) -> Self {
        Self(app)
    }
}

/// Each RPC goes to the `handle` of the module of its name.
macro_rules! forward {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl AuthService for Handlers {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                let answer = $name::handle(&self.0, request).await;
                answer.map(Response::new).map_err(|error| curtail_rpc::Error::from(error).into())
            })*
        }
    };
}

forward! {
    register(RegisterRequest) -> RegisterResponse;
    verify_email(VerifyEmailRequest) -> VerifyEmailResponse;
    resend_verification(ResendVerificationRequest) -> ResendVerificationResponse;
    request_password_reset(RequestPasswordResetRequest) -> RequestPasswordResetResponse;
    reset_password(ResetPasswordRequest) -> ResetPasswordResponse;
    login(LoginRequest) -> LoginResponse;
    refresh_session(RefreshSessionRequest) -> RefreshSessionResponse;
    logout(LogoutRequest) -> LogoutResponse;
    logout_all(LogoutAllRequest) -> LogoutAllResponse;
    list_sessions(ListSessionsRequest) -> ListSessionsResponse;
    revoke_session(RevokeSessionRequest) -> RevokeSessionResponse;
    exchange(ExchangeRequest) -> ExchangeResponse;
    get_key_ring(GetKeyRingRequest) -> GetKeyRingResponse;
    list_revocations(ListRevocationsRequest) -> ListRevocationsResponse;
    get_viewer(GetViewerRequest) -> GetViewerResponse;
    batch_get_users(BatchGetUsersRequest) -> BatchGetUsersResponse;
    list_recipients(ListRecipientsRequest) -> ListRecipientsResponse;
    change_password(ChangePasswordRequest) -> ChangePasswordResponse;
    generate_password(GeneratePasswordRequest) -> GeneratePasswordResponse;
    estimate_password(EstimatePasswordRequest) -> EstimatePasswordResponse;
    create_workspace(CreateWorkspaceRequest) -> CreateWorkspaceResponse;
    update_workspace(UpdateWorkspaceRequest) -> UpdateWorkspaceResponse;
    list_members(ListMembersRequest) -> ListMembersResponse;
    list_invitations(ListInvitationsRequest) -> ListInvitationsResponse;
    invite_member(InviteMemberRequest) -> InviteMemberResponse;
    revoke_invitation(RevokeInvitationRequest) -> RevokeInvitationResponse;
    accept_invitation(AcceptInvitationRequest) -> AcceptInvitationResponse;
    change_member_role(ChangeMemberRoleRequest) -> ChangeMemberRoleResponse;
    remove_member(RemoveMemberRequest) -> RemoveMemberResponse;
    leave_workspace(LeaveWorkspaceRequest) -> LeaveWorkspaceResponse;
    list_audit_log(ListAuditLogRequest) -> ListAuditLogResponse;
    export_account(ExportAccountRequest) -> ExportAccountResponse;
    erase_account(EraseAccountRequest) -> EraseAccountResponse;
    create_api_key(CreateApiKeyRequest) -> CreateApiKeyResponse;
    list_api_keys(ListApiKeysRequest) -> ListApiKeysResponse;
    revoke_api_key(RevokeApiKeyRequest) -> RevokeApiKeyResponse;
}

/// A role of a request.
fn role(number: i32) -> Result<curtail_tokens::Role, Error> {
    curtail_tokens::Role::from_number(number).ok_or(Error::invalid("role", "ROLE_INVALID", "There is no such role."))
}

/// The session of a caller who signed in with one. An API key may not manage sessions or passwords.
fn session_of(caller: &UserCaller) -> Result<i64, Error> {
    caller.session_id.ok_or(Error::SessionRequired)
}
