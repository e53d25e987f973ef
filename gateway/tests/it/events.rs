//! A client of GraphQL over server-sent events.

use serde_json::{Value, json};

use crate::platform::Platform;
use crate::socket::PATIENCE;

/// An operation whose answers are to come as an event stream.
pub fn stream(platform: &Platform, query: &str) -> reqwest::RequestBuilder {
    let request = platform.http.post(format!("{}/graphql", platform.url)).header("accept", "text/event-stream");
    request.json(&json!({"query": query}))
}

/// Answers of an event stream, read as they come.
pub struct Events {
    response: reqwest::Response,
    /// What was not read yet.
    text: String,
    retry: Option<u64>,
}

impl Events {
    pub async fn of(platform: &Platform, token: &str, query: &str) -> Self {
        let response = stream(platform, query).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self::over(response)
    }

    /// Those of an answer that has begun.
    pub fn over(response: reqwest::Response) -> Self {
        Self { response, text: String::new(), retry: None }
    }

    /// How long to wait before coming back, in milliseconds, if it was said.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Name and data of the next event; `None` at the end.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                    self.retry = field("retry:").and_then(|text| text.parse().ok()).or(self.retry);
                    let found = field("event:").map(|name| {
                        let data = serde_json::from_str(field("data:").unwrap_or_default()).unwrap_or_default();
                        (name.to_owned(), data)
                    });
                    self.text = rest.to_owned();
                    if found.is_some() {
                        return found;
                    }
                    continue;
                }
                let chunk = self.response.chunk().await.ok().flatten()?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        })
        .await
        .expect("an event comes")
    }
}
