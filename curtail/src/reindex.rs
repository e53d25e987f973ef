//! `curtail reindex`: has the search index built again, while searches go on, and tells how far it is.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use curtail_clock::Clock;
use curtail_proto::search::v1::search_service_client::SearchServiceClient;
use curtail_proto::search::v1::{GetReindexRequest, Reindex, StartReindexRequest};
use curtail_rpc::{CallContext, ServiceIdentity};

use crate::{settings, terminal};

/// How often it is asked.
const POLL: Duration = Duration::from_millis(500);
/// How often it is told, in polls.
const TELL_EVERY: u32 = 4;
/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);

/// Starts a build, or joins the one that is under way, and waits for its end.
///
/// # Errors
/// When search-worker does not answer, or the build failed.
pub(crate) async fn run(dir: &Path) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    config.require_secrets(&["rpc.service_key"])?;
    let identity = ServiceIdentity::new("operator", &config.rpc.service_key, Clock::system());
    let channel = curtail_rpc::connect("search", &config.rpc.search_url, &config.rpc, identity)?;
    let mut client = SearchServiceClient::new(channel);
    let call = || CallContext::new(Instant::now() + CALL).read();

    let answer = client.start_reindex(call().request(StartReindexRequest {})).await.context("search-worker")?;
    let started = answer.into_inner().reindex.unwrap_or_default();
    terminal::say("The search index is built anew; searches go on meanwhile.");
    for poll in 1.. {
        tokio::time::sleep(POLL).await;
        let answer = client.get_reindex(call().request(GetReindexRequest {})).await.context("search-worker")?;
        let now = answer.into_inner().reindex.unwrap_or_default();
        if now.number != started.number || now.started_at != started.started_at {
            bail!("search-worker was restarted meanwhile; start again");
        }
        if !now.running {
            return end(&now);
        }
        if poll % TELL_EVERY == 0 {
            terminal::say(&format!("{} links read", now.scanned));
        }
    }
    Ok(())
}

fn end(build: &Reindex) -> anyhow::Result<()> {
    if !build.error.is_empty() {
        bail!("the index was not built, the old one goes on serving: {}", build.error);
    }
    terminal::say(&format!("Done: {} links.", build.scanned));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_is_an_error_with_its_reason() {
        assert!(end(&Reindex { scanned: 3, ..Reindex::default() }).is_ok());
        let failed = end(&Reindex { error: "no links".into(), ..Reindex::default() }).unwrap_err().to_string();
        assert!(failed.ends_with("no links"), "{failed}");
    }
}
