use curtail_proto::auth::v1::{ListRecipientsRequest, Recipient, Role};
use curtail_rpc::Error;

use crate::world::{World, answer, as_service, reason};

async fn list(world: &World, workspace_id: i64, user_ids: Vec<i64>) -> Result<Vec<Recipient>, Error> {
    let request = as_service(ListRecipientsRequest { workspace_id, user_ids });
    answer(world.client().list_recipients(request).await).map(|answer| answer.recipients)
}

#[tokio::test(flavor = "multi_thread")]
async fn services_learn_whom_to_write_to() {
    let world = World::new().await;
    let ada = world.register("ada@example.com").await;
    let bob = world.register("bob@example.com").await.user.unwrap();
    let (user, workspace) = (ada.user.unwrap(), ada.workspace.unwrap().id);
    let known = |user: &curtail_proto::auth::v1::User, role: Role| Recipient {
        user_id: user.id,
        email: user.email.clone(),
        full_name: user.full_name.clone(),
        email_verified: false,
        role: role.into(),
    };
    let both = [known(&user, Role::Owner), known(&bob, Role::Unspecified)];
    assert_eq!(list(&world, workspace, vec![]).await.unwrap(), both[..1]);
    assert_eq!(list(&world, workspace, vec![bob.id, user.id]).await.unwrap(), both);
    assert_eq!(list(&world, 0, vec![bob.id]).await.unwrap(), both[1..]);
    world.execute("UPDATE auth.users SET status = 2 WHERE id = $1", bob.id).await;
    assert_eq!(list(&world, 0, vec![bob.id, 1]).await.unwrap(), []);
    assert!(list(&world, 0, vec![1; 100]).await.is_ok());
    assert_eq!(reason(list(&world, 0, vec![1; 101]).await), "TOO_MANY_IDS");
}
