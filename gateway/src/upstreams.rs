//! The services behind the gateway.

use proto::analytics::v1::analytics_service_client::AnalyticsServiceClient;
use proto::analytics::v1::live_service_client::LiveServiceClient;
use proto::auth::v1::auth_service_client::AuthServiceClient;
use proto::links::v1::link_live_service_client::LinkLiveServiceClient;
use proto::links::v1::link_service_client::LinkServiceClient;
use proto::notify::v1::notify_service_client::NotifyServiceClient;
use proto::notify::v1::webhook_service_client::WebhookServiceClient;
use proto::search::v1::search_service_client::SearchServiceClient;

/// One client for each service, over channels of the one factory (`rpc::connect`); cloning shares the connections.
#[derive(Clone)]
pub struct Upstreams {
    /// Accounts, sessions and API keys.
    pub auth: AuthServiceClient<rpc::Channel>,
    /// Links.
    pub links: LinkServiceClient<rpc::Channel>,
    /// Changes of links as they happen.
    pub link_live: LinkLiveServiceClient<rpc::Channel>,
    /// Click statistics.
    pub analytics: AnalyticsServiceClient<rpc::Channel>,
    /// Clicks as they happen.
    pub live: LiveServiceClient<rpc::Channel>,
    /// Webhooks.
    pub webhooks: WebhookServiceClient<rpc::Channel>,
    /// Search over links.
    pub search: SearchServiceClient<rpc::Channel>,
    /// What people want to be told.
    pub notify: NotifyServiceClient<rpc::Channel>,
}

impl Upstreams {
    /// Wraps the channels to auth-svc, shortener-svc, analytics-svc, notify-svc and search-worker.
    pub fn new(
        auth: rpc::Channel,
        links: rpc::Channel,
        analytics: rpc::Channel,
        notify: rpc::Channel,
        search: rpc::Channel,
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
