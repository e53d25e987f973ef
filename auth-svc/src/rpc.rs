//! The list of RPCs; each is handled in the module of its resource.

use std::sync::Arc;

use curtail_proto::auth::v1::auth_service_server::AuthService;
use curtail_proto::auth::v1::*;
use tonic::{Request, Response, Status};

use crate::{
    App, account, api_keys, audit, erasure, exchange, passwords, registration, revocations, sessions, users,
    verification, workspaces,
};

/// The gRPC service over the application.
#[derive(Clone, Debug)]
pub(crate) struct AuthApi(Arc<App>);

impl AuthApi {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self(app)
    }
}

macro_rules! rpcs {
    ($($name:ident($request:ty) -> $response:ty = $($handler:ident)::+;)*) => {
        #[tonic::async_trait]
        impl AuthService for AuthApi {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                let response = $($handler)::+(&self.0, request).await;
                response.map(Response::new).map_err(|error| curtail_rpc::Error::from(error).into())
            })*
        }
    };
}

rpcs! {
    register(RegisterRequest) -> RegisterResponse = registration::register;
    verify_email(VerifyEmailRequest) -> VerifyEmailResponse = verification::verify_email;
    resend_verification(ResendVerificationRequest) -> ResendVerificationResponse = verification::resend_verification;
    request_password_reset(RequestPasswordResetRequest) -> RequestPasswordResetResponse = passwords::reset::request_password_reset;
    reset_password(ResetPasswordRequest) -> ResetPasswordResponse = passwords::reset::reset_password;
    login(LoginRequest) -> LoginResponse = sessions::login::login;
    refresh_session(RefreshSessionRequest) -> RefreshSessionResponse = sessions::refresh::refresh_session;
    logout(LogoutRequest) -> LogoutResponse = sessions::logout;
    logout_all(LogoutAllRequest) -> LogoutAllResponse = sessions::logout_all;
    list_sessions(ListSessionsRequest) -> ListSessionsResponse = sessions::list_sessions;
    revoke_session(RevokeSessionRequest) -> RevokeSessionResponse = sessions::revoke_session;
    exchange(ExchangeRequest) -> ExchangeResponse = exchange::exchange;
    get_key_ring(GetKeyRingRequest) -> GetKeyRingResponse = exchange::get_key_ring;
    list_revocations(ListRevocationsRequest) -> ListRevocationsResponse = revocations::list_revocations;
    get_viewer(GetViewerRequest) -> GetViewerResponse = account::get_viewer;
    batch_get_users(BatchGetUsersRequest) -> BatchGetUsersResponse = users::batch_get_users;
    list_recipients(ListRecipientsRequest) -> ListRecipientsResponse = users::list_recipients;
    change_password(ChangePasswordRequest) -> ChangePasswordResponse = passwords::change_password;
    generate_password(GeneratePasswordRequest) -> GeneratePasswordResponse = passwords::strength::generate_password;
    estimate_password(EstimatePasswordRequest) -> EstimatePasswordResponse = passwords::strength::estimate_password;
    create_workspace(CreateWorkspaceRequest) -> CreateWorkspaceResponse = workspaces::create_workspace;
    update_workspace(UpdateWorkspaceRequest) -> UpdateWorkspaceResponse = workspaces::update_workspace;
    list_members(ListMembersRequest) -> ListMembersResponse = workspaces::members::list_members;
    list_invitations(ListInvitationsRequest) -> ListInvitationsResponse = workspaces::invitations::list_invitations;
    invite_member(InviteMemberRequest) -> InviteMemberResponse = workspaces::invitations::invite_member;
    revoke_invitation(RevokeInvitationRequest) -> RevokeInvitationResponse = workspaces::invitations::revoke_invitation;
    accept_invitation(AcceptInvitationRequest) -> AcceptInvitationResponse = workspaces::invitations::accept_invitation;
    change_member_role(ChangeMemberRoleRequest) -> ChangeMemberRoleResponse = workspaces::members::change_member_role;
    remove_member(RemoveMemberRequest) -> RemoveMemberResponse = workspaces::members::remove_member;
    leave_workspace(LeaveWorkspaceRequest) -> LeaveWorkspaceResponse = workspaces::members::leave_workspace;
    list_audit_log(ListAuditLogRequest) -> ListAuditLogResponse = audit::list_audit_log;
    export_account(ExportAccountRequest) -> ExportAccountResponse = account::export_account;
    erase_account(EraseAccountRequest) -> EraseAccountResponse = erasure::erase_account;
    create_api_key(CreateApiKeyRequest) -> CreateApiKeyResponse = api_keys::create_api_key;
    list_api_keys(ListApiKeysRequest) -> ListApiKeysResponse = api_keys::list_api_keys;
    revoke_api_key(RevokeApiKeyRequest) -> RevokeApiKeyResponse = api_keys::revoke_api_key;
}
