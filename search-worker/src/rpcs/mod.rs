//! The RPCs, one file each.

mod get_reindex;
mod search_links;
mod start_reindex;

use curtail_clock::Clock;
use curtail_proto::search::v1::search_service_server::SearchService;
use curtail_proto::search::v1::*;
use tonic::{Request, Response, Status};

use crate::engine::Engine;
use crate::rebuild::{Progress, Rebuilds};

/// The service on the wire.
pub struct Search {
    /// What finds links.
    pub engine: Engine,
    /// Builds of the index.
    pub rebuilds: Rebuilds,
    /// What time it is.
    pub clock: Clock,
}

#[tonic::async_trait]
impl SearchService for Search {
    async fn search_links(
        &self,
        request: Request<SearchLinksRequest>,
    ) -> Result<Response<SearchLinksResponse>, Status> {
        Ok(Response::new(search_links::handle(self, request).await?))
    }

    async fn start_reindex(
        &self,
        request: Request<StartReindexRequest>,
    ) -> Result<Response<StartReindexResponse>, Status> {
        Ok(Response::new(start_reindex::handle(self, &request)?))
    }

    async fn get_reindex(&self, request: Request<GetReindexRequest>) -> Result<Response<GetReindexResponse>, Status> {
        Ok(Response::new(get_reindex::handle(self, &request)?))
    }
}

fn reindex(progress: Progress) -> Reindex {
    Reindex {
        number: progress.number,
        running: progress.running,
        scanned: progress.scanned,
        started_at: progress.started_at.map(curtail_proto::timestamp),
        finished_at: progress.finished_at.map(curtail_proto::timestamp),
        error: progress.error,
    }
}
