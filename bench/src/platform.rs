//! A client of the platform that a benchmark measures, which `bench/with-platform.sh` started.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

/// A signed-in client of the gateway.
#[derive(Clone)]
pub struct Gateway {
    http: reqwest::Client,
    url: String,
    /// The access token of the account that was made for the run.
    pub token: String,
}

impl Gateway {
    /// Signs a new account up at the gateway that `BENCH_GATEWAY` names.
    ///
    /// # Errors
    /// When the platform does not run, or refuses the account.
    pub async fn sign_up() -> anyhow::Result<Self> {
        Self::sign_up_as(&format!("bench-{}", std::process::id())).await
    }

    /// The same with a name that no one has.
    ///
    /// # Errors
    /// As above.
    pub async fn sign_up_as(name: &str) -> anyhow::Result<Self> {
        let url = std::env::var("BENCH_GATEWAY").context("BENCH_GATEWAY names no gateway; start with bench/run.sh")?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let mut gateway = Self { http, url: format!("{url}/graphql"), token: String::new() };
        let email = format!("{name}@example.com");
        let answer = gateway
            .send(&json!({
                "query": "mutation($input: RegisterInput!) { register(input: $input) { tokens { accessToken } userErrors { code } } }",
                "variables": { "input": { "email": email, "password": "violet harbour sings twice", "fullName": "Bench" } },
            }))
            .await?;
        let token = answer["data"]["register"]["tokens"]["accessToken"].as_str();
        gateway.token = token.with_context(|| format!("no account: {answer}"))?.to_owned();
        Ok(gateway)
    }

    /// The same account at another gateway.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: format!("{url}/graphql"), ..self.clone() }
    }

    /// Sends one operation.
    ///
    /// # Errors
    /// When there is no answer, or one with errors.
    pub async fn send(&self, body: &Value) -> anyhow::Result<Value> {
        let mut request = self.http.post(&self.url).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer: Value = request.send().await?.json().await?;
        anyhow::ensure!(answer.get("errors").is_none(), "{answer}");
        Ok(answer)
    }

    /// Shortens `url`; the id of the link.
    ///
    /// # Errors
    /// When the link was not made.
    pub async fn create_link(&self, url: &str) -> anyhow::Result<i64> {
        Ok(self.make_link(url).await?.0)
    }

    /// Shortens `url`; the id and the code of the link.
    ///
    /// # Errors
    /// When the link was not made.
    pub async fn make_link(&self, url: &str) -> anyhow::Result<(i64, String)> {
        let answer = self
            .send(&json!({
                "query": "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id code } userErrors { code } } }",
                "variables": { "input": { "url": url } },
            }))
            .await?;
        let link = &answer["data"]["createLink"]["link"];
        let text = |field: &str| link[field].as_str().with_context(|| format!("no link: {answer}"));
        Ok((text("id")?.parse()?, text("code")?.to_owned()))
    }

    /// Sends a link elsewhere from now on.
    ///
    /// # Errors
    /// When it was not changed.
    pub async fn redirect_to(&self, id: i64, url: &str) -> anyhow::Result<()> {
        let answer = self
            .send(&json!({
                "query": "mutation($input: UpdateLinkInput!) { updateLink(input: $input) { link { id } userErrors { code } } }",
                "variables": { "input": { "id": id.to_string(), "url": url } },
            }))
            .await?;
        anyhow::ensure!(answer["data"]["updateLink"]["link"].is_object(), "not changed: {answer}");
        Ok(())
    }

    /// Reads `path` of the REST API.
    ///
    /// # Errors
    /// When the response is not a success.
    pub async fn get(&self, path: &str) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.url.trim_end_matches("/graphql"));
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
        answer.bytes().await?;
        Ok(())
    }

    /// Begins a subscription; its answers come as an event stream.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn subscribe(&self, query: &str) -> anyhow::Result<reqwest::Response> {
        // The other client would end it with its timeout.
        let request =
            reqwest::Client::new().post(&self.url).bearer_auth(&self.token).header("accept", "text/event-stream");
        Ok(request.json(&json!({ "query": query })).send().await?.error_for_status()?)
    }
}
