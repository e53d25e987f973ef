//! The engine at scale: Elasticsearch 7.10 or newer, or OpenSearch.
//!
//! Indexes are reached by aliases only: `<name>-v<form>` is the one that serves, `<name>-v<form>-building` the one that is being built. A new
//! index takes the place of the old one by one change of both aliases, which is seen whole or not at all. Every process asks which
//! aliases there are before it writes, so a build that one of them runs misses nothing that others write.

mod answer;
mod bulk;
mod mapping;
mod plan;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use curtail_clock::Clock;
use elasticsearch::auth::Credentials;
use elasticsearch::http::request::JsonBody;
use elasticsearch::http::response::Response;
use elasticsearch::http::transport::{SingleNodeConnectionPool, TransportBuilder};
use elasticsearch::http::{Method, Url, headers::HeaderMap};
use elasticsearch::params::Refresh;
use elasticsearch::{BulkOperations, BulkParts, Elasticsearch, SearchParts};
use serde_json::{Value, json};

use self::mapping::FORM;
use super::{EngineError, Refused};
use crate::entry::Change;
use crate::question::{Found, Question};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An index in a cluster.
pub struct Elastic {
    client: Elasticsearch,
    clock: Clock,
    serving: String,
    building: String,
    /// The index that this process builds: another process may have begun one in its place.
    begun: Mutex<String>,
}

/// The names of the indexes behind the aliases.
#[derive(Debug, Default)]
struct Indexes {
    serving: Vec<String>,
    building: Vec<String>,
}

impl Elastic {
    /// The cluster at `url`, which may carry a name and a password. It need not be there yet.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &str, name: &str, clock: Clock) -> anyhow::Result<Self> {
        let mut url = Url::parse(url).context("search.elasticsearch_url")?;
        let credentials = url.password().map(|password| Credentials::Basic(url.username().into(), password.into()));
        // Whoever logs the address of a request must not log these.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let mut transport = TransportBuilder::new(SingleNodeConnectionPool::new(url)).timeout(TIMEOUT).disable_proxy();
        if let Some(credentials) = credentials {
            transport = transport.auth(credentials);
        }
        let serving = format!("{name}-v{FORM}");
        let building = format!("{serving}-building");
        let client = Elasticsearch::new(transport.build()?);
        Ok(Self { client, clock, serving, building, begun: Mutex::default() })
    }

    /// Whether there is an index to search.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn is_serving(&self) -> Result<bool, EngineError> {
        Ok(!self.indexes().await?.serving.is_empty())
    }

    /// Applies changes to both indexes; they are found when this returns.
    ///
    /// # Errors
    /// Without an index, or when the cluster does not take them now.
    pub async fn apply(&self, changes: &[Change]) -> Result<Vec<Refused>, EngineError> {
        let indexes = self.indexes().await?;
        if indexes.serving.is_empty() && indexes.building.is_empty() {
            return Err(EngineError::NoIndex);
        }
        let mut operations = BulkOperations::new();
        for change in changes {
            for (alias, indexes) in [(&self.building, &indexes.building), (&self.serving, &indexes.serving)] {
                if !indexes.is_empty() {
                    bulk::push(&mut operations, alias, change)?;
                }
            }
        }
        self.bulk(operations, Refresh::WaitFor).await
    }

    /// Answers a question.
    ///
    /// # Errors
    /// Without an index, or when the cluster does not answer.
    pub async fn search(&self, question: &Question) -> Result<Found, EngineError> {
        let alias = [self.serving.as_str()];
        let search = self.client.search(SearchParts::Index(&alias)).body(plan::plan(question));
        let response = search.send().await.context("searching")?;
        if response.status_code().as_u16() == 404 {
            return Err(EngineError::NoIndex);
        }
        Ok(answer::found(json(response).await?, question.limit)?)
    }

    /// Begins an empty index beside the one that serves. One that was begun before is given up.
    ///
    /// # Errors
    /// When the cluster does not do it.
    pub async fn begin_rebuild(&self) -> Result<(), EngineError> {
        let Indexes { serving, building } = self.indexes().await?;
        let number = |name: &String| name.rsplit('-').next().and_then(|number| number.parse::<i64>().ok());
        let last = serving.iter().chain(&building).filter_map(number).max().unwrap_or_default();
        for begun in building {
            self.delete(&begun).await?;
        }
        let name = format!("{}-{}", self.serving, self.clock.unix_ms().max(last + 1));
        let mut body = mapping::index();
        body["aliases"] = json!({ &self.building: {} });
        self.send(Method::Put, &format!("/{name}"), Some(body)).await?;
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = name;
        Ok(())
    }

    /// Adds links to the index that is being built, and to no other.
    ///
    /// # Errors
    /// When none is being built, or the cluster does not take them now.
    pub async fn load(&self, changes: &[Change]) -> Result<(), EngineError> {
        let mut operations = BulkOperations::new();
        for change in changes {
            bulk::push(&mut operations, &self.building, change)?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        for refused in self.bulk(operations, Refresh::False).await? {
            tracing::error!(id = refused.id, reason = refused.reason, "left out of the index");
        }
        Ok(())
    }

    /// Lets the index that was built serve, from one search to the next.
    ///
    /// # Errors
    /// As for [`Elastic::load`], and when another process has begun a build since: what was loaded before is not in its index.
    pub async fn finish_rebuild(&self) -> Result<(), EngineError> {
        let Indexes { serving, building } = self.indexes().await?;
        let built = self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if building != [built.as_str()] {
            return Err(anyhow::anyhow!("another process has begun a build in place of {built}").into());
        }
        self.send(Method::Post, &format!("/{built}/_refresh"), None).await?;
        let mut actions = vec![
            json!({ "add": { "index": built, "alias": self.serving } }),
            json!({ "remove": { "index": built, "alias": self.building } }),
        ];
        actions.extend(serving.iter().map(|old| json!({ "remove": { "index": old, "alias": self.serving } })));
        self.send(Method::Post, "/_aliases", Some(json!({ "actions": actions }))).await?;
        for old in serving {
            self.delete(&old).await?;
        }
        Ok(())
    }

    /// Has the cluster drop what was changed or deleted from its files. It goes on when it takes longer than the answer may.
    ///
    /// # Errors
    /// When the cluster does not do it.
    pub async fn shed(&self) -> Result<(), EngineError> {
        if self.is_serving().await? {
            // Otherwise a tenth of a file may be deleted documents for ever.
            let all = json!({ "index.merge.policy.expunge_deletes_allowed": 0 });
            self.send(Method::Put, &format!("/{}/_settings", self.serving), Some(all)).await?;
            // What its log of operations still holds is not dropped.
            for step in ["_flush?force=true", "_forcemerge?only_expunge_deletes=true"] {
                self.send(Method::Post, &format!("/{}/{step}", self.serving), None).await?;
            }
        }
        Ok(())
    }

    /// Documents in the index that serves, and its size in bytes.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn size(&self) -> Result<(u64, u64), EngineError> {
        let path = format!("/{}/_stats/docs,store", self.serving);
        let all = self.send(Method::Get, &path, None).await?["_all"]["primaries"].take();
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        Ok((number(&all["docs"]["count"]), number(&all["store"]["size_in_bytes"])))
    }

    /// Which indexes the aliases stand for at the moment.
    async fn indexes(&self) -> Result<Indexes, EngineError> {
        let all = self.send(Method::Get, &format!("/_alias/{}*", self.serving), None).await?;
        let mut indexes = Indexes::default();
        for (index, about) in all.as_object().into_iter().flatten() {
            let has = |alias: &str| about["aliases"].get(alias).is_some();
            if has(&self.serving) {
                indexes.serving.push(index.clone());
            }
            if has(&self.building) {
                indexes.building.push(index.clone());
            }
        }
        Ok(indexes)
    }

    async fn bulk(&self, operations: BulkOperations, refresh: Refresh) -> Result<Vec<Refused>, EngineError> {
        // An alias that is gone must not become an index of its own, made by guessing.
        let bulk = self.client.bulk(BulkParts::None).require_alias(true).refresh(refresh).body(vec![operations]);
        bulk::refused(json(bulk.send().await.context("sending changes")?).await?)
    }

    async fn delete(&self, index: &str) -> Result<(), EngineError> {
        self.send(Method::Delete, &format!("/{index}?ignore_unavailable=true"), None).await.map(drop)
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, EngineError> {
        let body = body.map(JsonBody::new);
        let request = self.client.send(method, path, HeaderMap::new(), Option::<&()>::None, body, None);
        Ok(json(request.await.with_context(|| path.to_owned())?).await?)
    }
}

/// The body of an answer that is no error.
async fn json(response: Response) -> anyhow::Result<Value> {
    let status = response.status_code();
    let body: Value = response.json().await.with_context(|| format!("{status} without JSON"))?;
    anyhow::ensure!(status.is_success(), "{status}: {}", body["error"]);
    Ok(body)
}
