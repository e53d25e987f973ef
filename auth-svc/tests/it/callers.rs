//! S37: no caller reaches the port without a token, or with the wrong one.

use curtail_clock::Clock;
use curtail_config::Secret;
use curtail_proto::auth::v1::{auth_service_client::AuthServiceClient, *};
use curtail_rpc::{Code, Error, ServiceIdentity};
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};

use crate::test_app::{TestApp, answer, as_service, as_user};

/// Calls every RPC with an empty message and gathers name and outcome.
macro_rules! call_each {
    ($client:expr, $request:expr, [$($rpc:ident($message:ident),)*]) => {{
        let mut outcomes: Vec<(&'static str, Result<(), Error>)> = Vec::new();
        $(outcomes.push((stringify!($rpc), answer($client.clone().$rpc($request($message::default())).await).map(drop)));)*
        outcomes
    }};
}

macro_rules! call_all {
    ($client:expr, $request:expr) => {
        call_each!(
            $client,
            $request,
            [
                register(RegisterRequest),
                verify_email(VerifyEmailRequest),
                resend_verification(ResendVerificationRequest),
                request_password_reset(RequestPasswordResetRequest),
                reset_password(ResetPasswordRequest),
                login(LoginRequest),
                refresh_session(RefreshSessionRequest),
                exchange(ExchangeRequest),
                get_key_ring(GetKeyRingRequest),
                list_revocations(ListRevocationsRequest),
                list_recipients(ListRecipientsRequest),
                logout(LogoutRequest),
                logout_all(LogoutAllRequest),
                list_sessions(ListSessionsRequest),
                revoke_session(RevokeSessionRequest),
                get_viewer(GetViewerRequest),
                batch_get_users(BatchGetUsersRequest),
                change_password(ChangePasswordRequest),
                generate_password(GeneratePasswordRequest),
                estimate_password(EstimatePasswordRequest),
                create_workspace(CreateWorkspaceRequest),
                update_workspace(UpdateWorkspaceRequest),
                list_members(ListMembersRequest),
                list_invitations(ListInvitationsRequest),
                invite_member(InviteMemberRequest),
                revoke_invitation(RevokeInvitationRequest),
                accept_invitation(AcceptInvitationRequest),
                change_member_role(ChangeMemberRoleRequest),
                remove_member(RemoveMemberRequest),
                leave_workspace(LeaveWorkspaceRequest),
                list_audit_log(ListAuditLogRequest),
                export_account(ExportAccountRequest),
                erase_account(EraseAccountRequest),
                create_api_key(CreateApiKeyRequest),
                list_api_keys(ListApiKeysRequest),
                revoke_api_key(RevokeApiKeyRequest),
            ]
        )
    };
}

/// Those with a credential or an address in the request take a service, the two password helpers anybody who may call, the rest a user.
const FOR_SERVICES: [&str; 11] = [
    "register",
    "verify_email",
    "resend_verification",
    "request_password_reset",
    "reset_password",
    "login",
    "refresh_session",
    "exchange",
    "get_key_ring",
    "list_revocations",
    "list_recipients",
];
const FOR_BOTH: [&str; 2] = ["generate_password", "estimate_password"];

#[expect(clippy::disallowed_methods, reason = "an attacker does not use our factory")]
fn bare(app: &TestApp) -> AuthServiceClient<Channel> {
    AuthServiceClient::new(Endpoint::from_shared(format!("http://{}", app.service.addr)).unwrap().connect_lazy())
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_unsigned_calls_are_refused_whatever_they_claim() {
    let app = TestApp::new().await;
    fn unsigned<T>(message: T) -> Request<T> {
        Request::new(message)
    }
    /// Everything that could be mistaken for proof.
    fn spoofed<T>(message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in [
            ("x-user-id", "1"),
            ("x-principal", "user:1"),
            ("x-curtail-caller", "gateway"),
            ("authorization", "Basic YWRtaW46YWRtaW4="),
            ("x-forwarded-for", "127.0.0.1"),
        ] {
            request.metadata_mut().insert(name, value.parse().unwrap());
        }
        request
    }
    let client = bare(&app);
    let outcomes = call_all!(client, unsigned).into_iter().chain(call_all!(client, spoofed));
    for (rpc, outcome) in outcomes {
        assert_eq!(outcome.unwrap_err().code, Code::Unauthenticated, "{rpc}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_a_token_under_another_service_key_is_refused() {
    let app = TestApp::new().await;
    let identity = ServiceIdentity::new("gateway", &Secret::new("ab".repeat(32)), Clock::system());
    let url = format!("http://{}", app.service.addr);
    let client = AuthServiceClient::new(curtail_rpc::connect("auth", &url, &app.config.rpc, identity).unwrap());
    for (rpc, outcome) in call_all!(client, as_service) {
        assert_eq!(outcome.unwrap_err().code, Code::Unauthenticated, "{rpc}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_each_rpc_takes_the_kind_of_caller_it_is_for() {
    let app = TestApp::new().await;
    let internal = app.internal(&app.register("ada@example.com").await.tokens.unwrap()).await;
    let client = app.client();
    for (rpc, outcome) in call_all!(client, as_service) {
        let refused = outcome.is_err_and(|error| error.reason == "USER_REQUIRED");
        assert_eq!(refused, !FOR_SERVICES.contains(&rpc) && !FOR_BOTH.contains(&rpc), "{rpc} as a service");
    }
    // Logging out and everything comes last here, so the session lives on for the rest; the token is verified as it is.
    for (rpc, outcome) in call_all!(client, |message| as_user(&internal, message)) {
        let refused = outcome.is_err_and(|error| error.reason == "SERVICE_REQUIRED");
        assert_eq!(refused, FOR_SERVICES.contains(&rpc), "{rpc} as a user");
    }
}
