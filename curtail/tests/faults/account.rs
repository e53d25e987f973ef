//! Someone who signed up, and what they ask of the GraphQL API.

use std::time::Duration;

use curtail_testkit::until;
use serde_json::{Value, json};

/// Longer than the gateway's own bound.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long a service may be unavailable.
const OUTAGE: Duration = Duration::from_secs(60);

/// A link as its owner sees it.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: i64,
    pub code: String,
}

/// A signed-in account.
pub struct Account {
    client: reqwest::Client,
    gateway: String,
    token: String,
}

/// The gateway's answer: HTTP status, `Retry-After`, body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Value,
}

impl Reply {
    /// The stable code of the first fault.
    pub fn fault(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }
}

impl Account {
    /// Registers at the gateway at `gateway` (`http://…`).
    pub async fn register(gateway: &str) -> Self {
        Self::register_as(gateway, "faults@example.org", "Faults").await
    }

    /// The same under a name, on a device that is named after it.
    pub async fn register_as(gateway: &str, email: &str, full_name: &str) -> Self {
        let client =
            reqwest::Client::builder().no_proxy().timeout(PATIENCE).user_agent(format!("Phone of {full_name}"));
        let client = client.build().expect("a client");
        let mut account = Self { client, gateway: gateway.into(), token: String::new() };
        let reply = account
            .ask(
                "mutation($email: String!, $name: String!) { register(input: {email: $email, fullName: $name, \
                 password: \"seldom-copper-lantern-42\"}) { tokens { accessToken } userErrors { code } } }",
                json!({"email": email, "name": full_name}),
            )
            .await;
        let token = reply.body["data"]["register"]["tokens"]["accessToken"].as_str();
        account.token = token.unwrap_or_else(|| panic!("registered: {reply:?}")).to_owned();
        account
    }

    /// Proves the address by the token of a mail, which begins another session.
    pub async fn verify(&mut self, token: &str) {
        let verify =
            "mutation($token: String!) { verifyEmail(token: $token) { tokens { accessToken } userErrors { code } } }";
        let answer = self.insist("verifyEmail", verify, json!({"token": token})).await;
        self.token = answer["tokens"]["accessToken"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    }

    /// Asks until an answer leaves nothing open, and gives back the field of its data. What it asks must bear to be done twice.
    pub async fn insist(&self, field: &str, query: &str, variables: Value) -> Value {
        let mut answer = Value::Null;
        let certain = async || {
            let mut reply = self.ask(query, variables.clone()).await;
            answer = reply.body["data"][field].take();
            let open = matches!(reply.fault(), Some("UNAVAILABLE" | "DEADLINE_EXCEEDED"));
            assert!(open != answer.is_object(), "{reply:?}");
            !open
        };
        until(certain, OUTAGE, field).await;
        answer
    }

    /// The same account at another gateway.
    pub fn at(&self, gateway: &str) -> Self {
        Self { client: self.client.clone(), gateway: gateway.into(), token: self.token.clone() }
    }

    /// Makes links that go to `https://example.org/<n>`.
    pub async fn create_links(&self, count: usize) -> Vec<Link> {
        let links: Vec<Value> = (0..count).map(|n| json!({"url": format!("https://example.org/{n}")})).collect();
        let reply = self
            .ask(
                "mutation($links: [NewLinkInput!]!) { createLinks(input: {links: $links}) \
                 { outcomes { link { id code } userErrors { code } } userErrors { code } } }",
                json!({"links": links}),
            )
            .await;
        let outcomes = reply.body["data"]["createLinks"]["outcomes"].as_array();
        let outcomes = outcomes.unwrap_or_else(|| panic!("links are made: {reply:?}"));
        outcomes.iter().map(|outcome| link(&outcome["link"]).unwrap_or_else(|| panic!("{outcome}"))).collect()
    }

    /// Tries to make a link.
    pub async fn create_link(&self) -> (Option<Link>, Reply) {
        let reply = self
            .ask(
                "mutation { createLink(input: {url: \"https://example.org/one\"}) \
                 { link { id code } userErrors { code } } }",
                json!({}),
            )
            .await;
        (link(&reply.body["data"]["createLink"]["link"]), reply)
    }

    /// Makes a link that expires after `life`.
    pub async fn create_expiring(&self, life: Duration) -> Link {
        let at = curtail_clock::Clock::system().now() + life;
        let at = at.format(&time::format_description::well_known::Rfc3339).expect("an instant of this century");
        let reply = self
            .ask(
                "mutation($at: DateTime!) { createLink(input: {url: \"https://example.org/short\", expiresAt: $at}) \
                 { link { id code } userErrors { code } } }",
                json!({"at": at}),
            )
            .await;
        link(&reply.body["data"]["createLink"]["link"]).unwrap_or_else(|| panic!("made: {reply:?}"))
    }

    /// The state of a link.
    pub async fn state(&self, link: &Link) -> Option<String> {
        let reply = self.ask("query($id: ID!) { link(id: $id) { state } }", json!({"id": link.id.to_string()})).await;
        Some(reply.body["data"]["link"]["state"].as_str()?.to_owned())
    }

    /// Deletes a link.
    pub async fn delete_link(&self, link: &Link) {
        let id = link.id.to_string();
        let reply = self
            .ask("mutation($id: ID!) { deleteLink(id: $id) { link { id } userErrors { code } } }", json!({"id": id}))
            .await;
        assert!(reply.body["data"]["deleteLink"]["link"].is_object(), "deleted: {reply:?}");
    }

    /// All clicks of a link that are counted.
    pub async fn clicks(&self, link: &Link) -> Option<i64> {
        let id = link.id.to_string();
        let reply = self.ask("query($id: ID!) { link(id: $id) { clicks } }", json!({"id": id})).await;
        number(&reply.body["data"]["link"]["clicks"])
    }

    /// Id and counted clicks of the first hundred links.
    pub async fn clicks_of_links(&self) -> Option<Vec<(i64, i64)>> {
        let reply = self.ask("{ links(first: 100) { nodes { id clicks } } }", json!({})).await;
        let nodes = reply.body["data"]["links"]["nodes"].as_array()?;
        nodes.iter().map(|node| Some((number(&node["id"])?, number(&node["clicks"])?))).collect()
    }

    /// Asks once.
    pub async fn ask(&self, query: &str, variables: Value) -> Reply {
        let mut request = self.client.post(format!("{}/graphql", self.gateway));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.json(&json!({"query": query, "variables": variables})).send().await;
        let answer = answer.expect("the gateway answers in time");
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(Into::into);
        let status = answer.status().as_u16();
        Reply { status, retry_after, body: answer.json().await.unwrap_or_default() }
    }
}

fn link(value: &Value) -> Option<Link> {
    Some(Link { id: number(&value["id"])?, code: value["code"].as_str()?.into() })
}

/// Ids and counters are numbers or, where they may be large, their digits.
pub fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
