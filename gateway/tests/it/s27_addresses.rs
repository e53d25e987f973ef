//! S27: addresses that clients make up.

use serde_json::json;

use crate::platform::{Answer, Platform};

async fn statuses(platform: &Platform) -> Vec<u16> {
    let mut statuses = Vec::new();
    for i in 0..4 {
        let mut request = platform.post("{version}", json!({}));
        for name in ["x-forwarded-for", "x-real-ip", "cf-connecting-ip", "forwarded"] {
            request = request.header(name, format!("198.51.100.{i}"));
        }
        statuses.push(Answer::of(request).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn s27_a_made_up_address_has_no_bucket_of_its_own() {
    let platform = Platform::start(|config| config.gateway.anonymous_per_minute = 2).await;
    assert_eq!(statuses(&platform).await, [200, 200, 429, 429]);
}

#[tokio::test]
async fn s27_behind_a_trusted_proxy_each_client_has_its_own() {
    let platform = Platform::start(|config| {
        config.gateway.anonymous_per_minute = 2;
        config.proxies.trusted = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    assert_eq!(statuses(&platform).await, [200; 4]);
}

#[tokio::test]
async fn s13_a_flood_from_one_address_is_turned_away_first() {
    let platform = Platform::start(|config| (config.gateway.ip_per_second, config.gateway.ip_burst) = (1, 3)).await;
    for allowed in [true, true, true, false] {
        // Not even a credential is looked at.
        let answer = Answer::of(platform.post("{version}", json!({})).bearer_auth("nonsense")).await;
        assert_eq!(answer.status.as_u16(), if allowed { 401 } else { 429 });
        assert_eq!(answer.headers.contains_key("retry-after"), !allowed);
    }
}
