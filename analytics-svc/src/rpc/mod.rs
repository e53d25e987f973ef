//! The RPCs. Handlers check who asks and convert; [`crate::query`] answers.

mod access;
mod batch_get_totals;
mod export_clicks;
mod query_analytics;
mod trending_links;
mod watch_clicks;

pub use watch_clicks::Live;

use curtail_proto::analytics::v1::analytics_service_server::{AnalyticsService, AnalyticsServiceServer};
use curtail_proto::analytics::v1::{
    BatchGetTotalsRequest, BatchGetTotalsResponse, ExportClicksRequest, ExportClicksResponse, QueryAnalyticsRequest,
    QueryAnalyticsResponse, TrendingLinksRequest, TrendingLinksResponse,
};
use sqlx::PgPool;
use tonic::{Request, Response, Status};

use crate::retention::Retention;

/// `curtail.analytics.v1.AnalyticsService`.
pub struct Analytics {
    /// The schema `analytics`.
    pub pool: PgPool,
    /// The clock.
    pub clock: curtail_clock::Clock,
    /// For how long clicks are kept.
    pub retention: Retention,
}

impl Analytics {
    /// As a service of a gRPC server.
    pub fn into_server(self) -> AnalyticsServiceServer<Self> {
        AnalyticsServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl AnalyticsService for Analytics {
    async fn batch_get_totals(
        &self,
        request: Request<BatchGetTotalsRequest>,
    ) -> Result<Response<BatchGetTotalsResponse>, Status> {
        Ok(Response::new(batch_get_totals::handle(self, request).await?))
    }

    async fn export_clicks(
        &self,
        request: Request<ExportClicksRequest>,
    ) -> Result<Response<ExportClicksResponse>, Status> {
        Ok(Response::new(export_clicks::handle(self, request).await?))
    }

    async fn query_analytics(
        &self,
        request: Request<QueryAnalyticsRequest>,
    ) -> Result<Response<QueryAnalyticsResponse>, Status> {
        Ok(Response::new(query_analytics::handle(self, request).await?))
    }

    async fn trending_links(
        &self,
        request: Request<TrendingLinksRequest>,
    ) -> Result<Response<TrendingLinksResponse>, Status> {
        Ok(Response::new(trending_links::handle(self, request).await?))
    }
}
