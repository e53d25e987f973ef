//! S40: an account can be taken along and leaves nothing behind.

use curtail_proto::{
    auth::v1::{CreateApiKeyRequest, EraseAccountRequest, ExportAccountRequest, Role, Scope},
    events::v1::envelope::Payload,
};
use curtail_rpc::Error;
use sqlx::Row as _;

use crate::{
    registration::events,
    test_app::{PASSWORD, TestApp, answer, client, reason},
    workspaces::Person,
};

async fn erase(app: &TestApp, person: &Person<'_>, password: &str) -> Result<(), Error> {
    let request = person.signed(EraseAccountRequest { current_password: password.into() }).await;
    answer(app.client().erase_account(request).await).map(drop)
}

/// Rows of any table of any schema of this platform whose text holds one of the words: `schema.table`.
async fn rows_with(app: &TestApp, words: &[&str]) -> Vec<String> {
    let pool = &app.state().pool;
    let tables = sqlx::query(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    let mut found = Vec::new();
    for table in tables.fetch_all(pool).await.unwrap() {
        let table: String = table.get(0);
        // Bytes are looked at as text, too: events are kept encoded.
        let sql = format!("SELECT t::text FROM {table} t");
        for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await.unwrap() {
            let text: String = row.get(0);
            let hex = |word: &str| word.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
            let hit = |word: &&str| text.to_lowercase().contains(&word.to_lowercase()) || text.contains(&hex(word));
            if words.iter().any(hit) {
                found.push(format!("{table}: {text}"));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_an_export_has_it_all_and_an_erased_account_leaves_no_row() {
    let app = TestApp::new().await;
    let (ada, bob) = (Person::new(&app, "ada").await, Person::new(&app, "bob").await);
    app.login("ada@example.com", PASSWORD, "203.0.113.9", "").await.unwrap();
    let team = bob.create("Team").await.unwrap().id;
    ada.join(&bob, team, Role::Admin).await;
    let message = CreateApiKeyRequest {
        workspace_id: ada.personal,
        name: "adas-laptop".into(),
        scopes: vec![Scope::Read.into()],
        client: client("203.0.113.9", ""),
        ..Default::default()
    };
    answer(app.client().create_api_key(ada.signed(message).await).await).unwrap();
    let request = ada.signed(ExportAccountRequest { client: client("203.0.113.9", "") }).await;
    let export = answer(app.client().export_account(request).await).unwrap().json;
    for word in ["ada@example.com", "Ada Lovelace", "203.0.113.0/24", "Team", "adas-laptop", "session.opened"] {
        assert!(export.contains(word), "{word} is not in {export}");
    }
    assert!(!export.contains("argon2") && !export.contains("bob@"));
    let words = ["ada@example.com", "adas-laptop", "203.0.113.0/24"];
    assert!(rows_with(&app, &words).await.len() > 5);

    assert_eq!(reason(erase(&app, &ada, "wrong").await), "BAD_CREDENTIALS");
    let internal = ada.signed(()).await;
    erase(&app, &ada, PASSWORD).await.unwrap();
    assert_eq!(rows_with(&app, &words).await, Vec::<String>::new());
    drop(internal);
    assert_eq!(reason(app.login("ada@example.com", PASSWORD, "203.0.113.9", "").await), "BAD_CREDENTIALS");
    let blank = format!("erased-{}@erased.invalid", ada.id);
    assert_eq!(reason(app.login(&blank, PASSWORD, "203.0.113.9", "").await), "BAD_CREDENTIALS");
    assert_eq!(bob.members(team).await.unwrap(), [(bob.id, Role::Owner)]);
    let erased = async || {
        events(&app, 1).await.into_iter().find_map(|envelope| match envelope.payload {
            Some(Payload::AccountErased(fact)) => Some((fact.user_id, fact.workspace_ids)),
            _ => None,
        })
    };
    curtail_testkit::until(
        async || erased().await.is_some(),
        std::time::Duration::from_secs(10),
        "the event is published",
    )
    .await;
    assert_eq!(erased().await, Some((ada.id, vec![ada.personal])));
    // The address is free again.
    app.register("ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owns_a_team_alone_hands_it_over_first() {
    let app = TestApp::new().await;
    let (ada, bob) = (Person::new(&app, "ada").await, Person::new(&app, "bob").await);
    let team = ada.create("Team").await.unwrap().id;
    bob.join(&ada, team, Role::Editor).await;
    assert_eq!(reason(erase(&app, &ada, PASSWORD).await), "LAST_OWNER");
    ada.change_role(team, bob.id, Role::Owner).await.unwrap();
    erase(&app, &ada, PASSWORD).await.unwrap();
    assert_eq!(bob.members(team).await.unwrap(), [(bob.id, Role::Owner)]);
}
