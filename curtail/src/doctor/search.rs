//! The search engine, when it is one of the operator's own.

use curtail_clock::Clock;
use search_worker::engine::Engine;

use super::Finding;

/// Nothing when the index is embedded: another process has its directory, and tells by its readiness how it is.
pub(super) async fn check(search: &curtail_config::Search) -> Option<Finding> {
    if search.elasticsearch_url.is_empty() {
        return None;
    }
    let asked = match Engine::of(search, Clock::system()) {
        Ok(engine) => engine.is_serving().await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    Some(match asked {
        Ok(true) => Finding::good("elasticsearch", "has an index of links"),
        Ok(false) => Finding::note("elasticsearch", "has no index of links yet; search-worker builds it"),
        Err(error) => Finding::bad(
            "elasticsearch",
            format!("can not be asked: {error:#}"),
            "start it, or check ELASTICSEARCH_URL",
        ),
    })
}
