//! The services behind the gateway.

use curtail_proto::analytics::v1::analytics_service_client::AnalyticsServiceClient;
use curtail_proto::analytics::v1::live_service_client::LiveServiceClient;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::links::v1::link_live_service_client::LinkLiveServiceClient;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::notify::v1::notify_service_client::NotifyServiceClient;
use curtail_proto::notify::v1::webhook_service_client::WebhookServiceClient;
use curtail_proto::search::v1::search_service_client::SearchServiceClient;

/// One client for each service, over channels of the one factory (`curtail_rpc::connect`); cloning shares the connections.
#[derive(Clone)]
pub struct Upstreams {
    /// Accounts, sessions and API keys.
    pub auth: AuthServiceClient<curtail_rpc::Channel>,
    /// Links.
    pub links: LinkServiceClient<curtail_rpc::Channel>,
    /// Changes of links as they happen.
    pub link_live: LinkLiveServiceClient<curtail_rpc::Channel>,
    /// Click statistics.
    pub analytics: AnalyticsServiceClient<curtail_rpc::Channel>,
    /// Clicks as they happen.
    pub live: LiveServiceClient<curtail_rpc::Channel>,
    /// Webhooks.
    pub webhooks: WebhookServiceClient<curtail_rpc::Channel>,
    /// Search over links.
    pub search: SearchServiceClient<curtail_rpc::Channel>,
    /// What people want to be told.
    pub notify: NotifyServiceClient<curtail_rpc::Channel>,
}

impl Upstreams {
    /// Wraps the channels to auth-svc, shortener-svc, analytics-svc, notify-svc and search-worker.
    pub fn new(
        auth: curtail_rpc::Channel,
        links: curtail_rpc::Channel,
        analytics: curtail_rpc::Channel,
        notify: curtail_rpc::Channel,
        search: curtail_rpc::Channel,
    ) -> Self {
        Self {
            auth: AuthServiceClient::new(auth),
            link_live: LinkLiveServiceClient::new(links.clone()),
            links: LinkServiceClient::new(links),
            live: LiveServiceClient::new(analytics.clone()),
            analytics: AnalyticsServiceClient::new(analytics),
            webhooks: WebhookServiceClient::new(notify.clone()),
            notify: NotifyServiceClient::new(notify),
            search: SearchServiceClient::new(search),
        }
    }
}
