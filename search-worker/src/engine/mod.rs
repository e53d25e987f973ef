//! What finds links: an index inside of this process, or Elasticsearch.

pub mod elastic;
pub mod embedded;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use curtail_clock::Clock;

use self::elastic::Elastic;
use self::embedded::Embedded;
use crate::entry::Change;
use crate::question::{Found, Question};

/// Why an engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no index yet; one is being built.
    #[error("there is no index yet")]
    NoIndex,
    /// It failed, and may succeed later.
    #[error("the engine failed")]
    Failed(#[from] anyhow::Error),
}

/// A change that the engine will never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The link.
    pub id: i64,
    /// Why, for an operator.
    pub reason: String,
}

/// An index of links that takes changes and answers questions, also while it is built again.
#[derive(Clone)]
pub enum Engine {
    /// In a directory of this process.
    Embedded(Arc<Embedded>),
    /// In a cluster.
    Elastic(Arc<Elastic>),
}

impl Engine {
    /// The engine that the configuration names.
    ///
    /// # Errors
    /// When the directory cannot be used, or the URL is none.
    pub fn of(settings: &curtail_config::Search, clock: Clock) -> anyhow::Result<Self> {
        if !settings.elasticsearch_url.is_empty() {
            let url = settings.elasticsearch_url.expose();
            return Ok(Self::Elastic(Arc::new(Elastic::new(url, &settings.elasticsearch_index, clock)?)));
        }
        Ok(Self::Embedded(Arc::new(Embedded::open(Path::new(&settings.index_dir))?)))
    }

    /// Whether there is an index to search.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub async fn is_serving(&self) -> Result<bool, EngineError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.is_serving()),
            Self::Elastic(elastic) => elastic.is_serving().await,
        }
    }

    /// Applies changes, also to an index that is being built. When it returns they are durable and are found. A change that is not
    /// newer than what is there does nothing. Those that will never be taken are returned; all others are applied.
    ///
    /// # Errors
    /// When none may have been applied, and trying again is right.
    pub async fn apply(&self, changes: Vec<Change>) -> Result<Vec<Refused>, EngineError> {
        match self {
            Self::Embedded(embedded) => {
                blocking(embedded, move |embedded| embedded.apply(&changes)).await.map(|()| Vec::new())
            }
            Self::Elastic(elastic) => elastic.apply(&changes).await,
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// Without an index, or when the engine does not answer.
    pub async fn search(&self, question: Question) -> Result<Found, EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, move |embedded| embedded.search(&question)).await,
            Self::Elastic(elastic) => elastic.search(&question).await,
        }
    }

    /// Begins an empty index beside the one that serves. One that was begun before is given up.
    ///
    /// # Errors
    /// When the engine does not do it.
    pub async fn begin_rebuild(&self) -> Result<(), EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, Embedded::begin_rebuild).await,
            Self::Elastic(elastic) => elastic.begin_rebuild().await,
        }
    }

    /// Adds links to the index that is being built, and to no other.
    ///
    /// # Errors
    /// When none is being built, or the engine does not do it.
    pub async fn load(&self, changes: Vec<Change>) -> Result<(), EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, move |embedded| embedded.load(&changes)).await,
            Self::Elastic(elastic) => elastic.load(&changes).await,
        }
    }

    /// Lets the index that was built serve, from one search to the next, and removes the old one.
    ///
    /// # Errors
    /// As for [`Engine::load`].
    pub async fn finish_rebuild(&self) -> Result<(), EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, Embedded::finish_rebuild).await,
            Self::Elastic(elastic) => elastic.finish_rebuild().await,
        }
    }

    /// Removes from the files what no search finds any more: words of links that were changed or deleted.
    ///
    /// # Errors
    /// When the engine does not do it.
    pub async fn shed(&self) -> Result<(), EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, Embedded::shed).await,
            Self::Elastic(elastic) => elastic.shed().await,
        }
    }

    /// Documents in the index, deleted links included, and its size in bytes.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub async fn size(&self) -> Result<(u64, u64), EngineError> {
        match self {
            Self::Embedded(embedded) => blocking(embedded, |embedded| Ok(embedded.size())).await,
            Self::Elastic(elastic) => elastic.size().await,
        }
    }
}

/// Runs what waits for the disk where it holds up no one.
async fn blocking<T: Send + 'static>(
    embedded: &Arc<Embedded>,
    work: impl FnOnce(&Embedded) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let embedded = Arc::clone(embedded);
    tokio::task::spawn_blocking(move || work(&embedded)).await.context("the index")?
}
