//! Which fields and operations are asked for, in the metrics.

use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::socket::{Socket, access};

/// The value of a series of this process, which other tests add to.
fn value(series: &str) -> Option<u64> {
    let metrics = curtail_telemetry::render_metrics();
    metrics.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

fn field(of: &str, name: &str) -> u64 {
    let series = format!("gateway_field_usage_total{{type=\"{of}\",field=\"{name}\",deprecated=\"no\"}} ");
    value(&series).unwrap_or_else(|| panic!("{series} is not there"))
}

fn operation(name: &str, kind: &str) -> Option<u64> {
    value(&format!("gateway_operation_total{{operation=\"{name}\",kind=\"{kind}\"}} "))
}

#[tokio::test]
async fn fields_and_operations_are_counted_whatever_they_come_by() {
    // Metrics are recorded once someone has asked for them.
    curtail_telemetry::render_metrics();
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    assert_eq!(field("WebhookDelivery", "id"), field("WebhookDelivery", "id"), "what nobody asks for is seen too");

    let before = (field("Session", "userAgent"), field("Viewer", "fullName"));
    let query =
        "query Used_by_post { viewer { sessions { userAgent } ...F a: fullName } } fragment F on Viewer { fullName }";
    let answer = Answer::of(platform.post(query, json!({})).bearer_auth(access(&ann))).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (200, ""), "{answer:?}");
    assert_eq!(field("Session", "userAgent"), before.0 + 1);
    assert!(field("Viewer", "fullName") > before.1);
    assert_eq!(operation("Used_by_post", "query"), Some(1));
    let overhead = "gateway_overhead_seconds_count{kind=\"query\",operation=\"Used_by_post\"} ";
    assert_eq!(value(overhead), Some(1));

    let mut socket = Socket::of(&platform, access(&ann)).await;
    socket.subscribe("1", "query Used_by_socket { viewer { sessions { userAgent } } }", json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
    assert_eq!(operation("Used_by_socket", "query"), Some(1));
    assert_eq!(field("Session", "userAgent"), before.0 + 2);
}

#[tokio::test]
async fn what_is_refused_is_not_counted_and_nobody_makes_up_labels() {
    curtail_telemetry::render_metrics();
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let before = field("ClickTotals", "uniques");
    let deep = "query Too_large { links(first: 101) { nodes { totals { uniques } } } }";
    let refused = Answer::of(platform.post(deep, json!({})).bearer_auth(access(&ann))).await;
    assert_eq!(refused.code(), "PAGE_TOO_LARGE");
    assert_eq!((field("ClickTotals", "uniques"), operation("Too_large", "query")), (before, None));

    let others = operation("other", "query").unwrap_or(0);
    assert_eq!(platform.ask("query Made_up { version }").await.status, 200);
    assert_eq!(operation("Made_up", "query"), None);
    assert!(operation("other", "query").unwrap() > others);
}
