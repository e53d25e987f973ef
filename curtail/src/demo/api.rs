//! The few calls of the GraphQL API that the demo needs.

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

/// A client without cookies: it shows its token.
pub(super) struct Api {
    client: reqwest::Client,
    url: String,
}

/// A signed-in account.
pub(super) struct Account {
    token: String,
    /// Its personal workspace.
    pub(super) workspace_id: i64,
}

impl Api {
    pub(super) fn new(app_url: &str) -> anyhow::Result<Self> {
        Ok(Self { client: reqwest::Client::builder().no_proxy().build()?, url: format!("{app_url}/graphql") })
    }

    /// Whether address and password belong together.
    pub(super) async fn login(&self, email: &str, password: &str) -> anyhow::Result<bool> {
        const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }";
        let data = self.call(None, LOGIN, json!({"input": {"email": email, "password": password}})).await?;
        Ok(data["login"]["tokens"].is_object())
    }

    pub(super) async fn register(&self, email: &str, password: &str) -> anyhow::Result<Account> {
        const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { \
                                tokens { accessToken } workspace { id } userErrors { message } } }";
        let input = json!({"input": {"email": email, "password": password, "fullName": "Demo"}});
        let data = self.call(None, REGISTER, input).await?;
        let payload = expected(&data["register"])?;
        let token = payload["tokens"]["accessToken"].as_str().context("no token")?.to_owned();
        Ok(Account { token, workspace_id: id(&payload["workspace"]["id"])? })
    }

    /// Makes a link; its id.
    pub(super) async fn create_link(&self, account: &Account, input: Value) -> anyhow::Result<i64> {
        const CREATE: &str =
            "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { message } } }";
        let data = self.call(Some(account), CREATE, json!({"input": input})).await?;
        id(&expected(&data["createLink"])?["link"]["id"])
    }

    async fn call(&self, account: Option<&Account>, query: &str, variables: Value) -> anyhow::Result<Value> {
        let mut request = self.client.post(&self.url).json(&json!({"query": query, "variables": variables}));
        if let Some(account) = account {
            request = request.bearer_auth(&account.token);
        }
        let answer =
            request.send().await.with_context(|| format!("{} does not answer: is `curtail up` running?", self.url))?;
        let mut body: Value = answer.json().await.context("the gateway's answer is not JSON")?;
        if let Some(error) = body["errors"].get(0) {
            bail!("{}", error["message"].as_str().unwrap_or("the gateway refused"));
        }
        Ok(body["data"].take())
    }
}

/// A payload whose `userErrors` are empty.
fn expected(payload: &Value) -> anyhow::Result<&Value> {
    let error = payload["userErrors"][0]["message"].as_str();
    ensure!(error.is_none(), "{}", error.unwrap_or_default());
    Ok(payload)
}

fn id(value: &Value) -> anyhow::Result<i64> {
    Ok(value.as_str().context("no id")?.parse()?)
}
