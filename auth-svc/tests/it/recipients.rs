use curtail_proto::auth::v1::{ListRecipientsRequest, Recipient, Role};
use curtail_rpc::Error;

use crate::test_app::{TestApp, answer, as_service, reason};

async fn list(app: &TestApp, workspace_id: i64, user_ids: Vec<i64>) -> Result<Vec<Recipient>, Error> {
    let request = as_service(ListRecipientsRequest { workspace_id, user_ids });
    answer(app.client().list_recipients(request).await).map(|answer| answer.recipients)
}

#[tokio::test(flavor = "multi_thread")]
async fn services_learn_whom_to_write_to() {
    let app = TestApp::new().await;
    let ada = app.register("ada@example.com").await;
    let bob = app.register("bob@example.com").await.user.unwrap();
    let (user, workspace) = (ada.user.unwrap(), ada.workspace.unwrap().id);
    let known = |user: &curtail_proto::auth::v1::User, role: Role| Recipient {
        user_id: user.id,
        email: user.email.clone(),
        full_name: user.full_name.clone(),
        email_verified: false,
        role: role.into(),
    };
    let both = [known(&user, Role::Owner), known(&bob, Role::Unspecified)];
    assert_eq!(list(&app, workspace, vec![]).await.unwrap(), both[..1]);
    assert_eq!(list(&app, workspace, vec![bob.id, user.id]).await.unwrap(), both);
    assert_eq!(list(&app, 0, vec![bob.id]).await.unwrap(), both[1..]);
    app.execute("UPDATE auth.users SET status = 2 WHERE id = $1", bob.id).await;
    assert_eq!(list(&app, 0, vec![bob.id, 1]).await.unwrap(), []);
    assert!(list(&app, 0, vec![1; 100]).await.is_ok());
    assert_eq!(reason(list(&app, 0, vec![1; 101]).await), "TOO_MANY_IDS");
}
