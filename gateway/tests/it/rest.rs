//! A client of the REST API.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::platform::{Answer, PASSWORD, Platform};

/// An account with an access token.
pub struct Account<'a> {
    pub platform: &'a Platform,
    pub token: String,
}

impl<'a> Account<'a> {
    /// Signs `name` up.
    pub async fn register(platform: &'a Platform, name: &str) -> Self {
        let query = "mutation($input: RegisterInput!) { register(input: $input) { tokens { accessToken } } }";
        let input = json!({"email": format!("{name}@example.org"), "password": PASSWORD, "fullName": name});
        let answer = Answer::of(platform.post(query, json!({"input": input}))).await;
        let token = answer.body["data"]["register"]["tokens"]["accessToken"].as_str();
        Self { platform, token: token.unwrap_or_else(|| panic!("{answer:?}")).to_owned() }
    }

    /// An account that is an administrator of the platform.
    pub async fn operator(platform: &'a Platform, name: &str) -> Self {
        Self::register(platform, name).await;
        auth_svc::admin::promote_user(&platform.config, &format!("{name}@example.org")).await.unwrap();
        // Tokens from before the promotion are no longer valid; the platform's clock may be a few milliseconds behind.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        Self::login(platform, name).await
    }

    /// Signs `name` in.
    pub async fn login(platform: &'a Platform, name: &str) -> Self {
        let query = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }";
        let input = json!({"email": format!("{name}@example.org"), "password": PASSWORD});
        let answer = Answer::of(platform.post(query, json!({"input": input}))).await;
        let token = answer.body["data"]["login"]["tokens"]["accessToken"].as_str();
        Self { platform, token: token.unwrap_or_else(|| panic!("{answer:?}")).to_owned() }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.platform.http.request(method, format!("{}{path}", self.platform.url)).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// A new link.
    pub async fn link(&self, body: &Value) -> Value {
        let answer = self.post("/v1/links", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// The first workspace.
    pub async fn workspace(&self) -> String {
        let request = self.platform.post("{ viewer { workspaces { id } } }", json!({})).bearer_auth(&self.token);
        Answer::of(request).await.body["data"]["viewer"]["workspaces"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// Asserts that `answer` is a problem as RFC 9457 has it, with this status, code and reason.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, code: &str, reason: &str) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{answer:?}");
    let told = |name: &str| answer.body[name].as_str().unwrap_or_default();
    assert_eq!((told("code"), told("reason")), (code, reason), "{answer:?}");
    assert_eq!((&answer.body["status"], told("type")), (&json!(status), "about:blank"));
    assert_eq!(told("requestId"), answer.headers["x-request-id"].to_str().unwrap());
    assert!(!told("title").is_empty() && !told("detail").is_empty() && told("instance").starts_with('/'), "{answer:?}");
}

/// The field of the only error of a problem.
pub fn field(answer: &Answer) -> &str {
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer:?}");
    errors[0]["field"].as_str().unwrap()
}
