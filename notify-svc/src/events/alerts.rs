//! Mails about the traffic of a workspace, whose events name links by id ([`super::Intake`] puts the names in), and about webhooks
//! that were disabled.

use curtail_proto::events::v1::envelope::Payload;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Malformed, Notice, To, rfc3339};
use crate::kind::Kind;

/// The most links of a report.
const TOP: usize = 10;

pub(super) fn notice(payload: &Payload, at: OffsetDateTime) -> Result<Option<Notice>, Malformed> {
    let (kind, to, data) = match payload {
        Payload::TrafficSpike(event) => {
            let since = rfc3339(curtail_proto::instant(event.window_start).ok_or(Malformed("window_start"))?);
            let data = json!({
                "link_id": event.link_id,
                "clicks": event.clicks,
                "expected": event.expected,
                "since": since,
            });
            (Kind::TrafficSpike, To::Members, data)
        }
        Payload::WeeklyReport(event) => {
            let week_start = rfc3339(curtail_proto::instant(event.week_start).ok_or(Malformed("week_start"))?);
            let top = event.top_links.iter().take(TOP);
            let top: Vec<Value> = top.map(|link| json!({"link_id": link.link_id, "clicks": link.clicks})).collect();
            let data = json!({
                "week_start": week_start,
                "clicks": event.clicks,
                "humans": event.humans,
                "uniques": event.uniques,
                "previous_clicks": event.previous_clicks,
                "top": top,
            });
            (Kind::WeeklyReport, To::Members, data)
        }
        Payload::WebhookDisabled(event) => {
            let data = json!({"url": event.url, "gone": event.gone, "at": rfc3339(at)});
            (Kind::WebhookDisabled, To::User(event.creator_id), data)
        }
        _ => return Ok(None),
    };
    Ok(Some(Notice { kind, to, data }))
}

/// The objects in the data of a notice that name a link by `link_id`.
pub(super) fn named_links(data: &mut Value) -> Vec<&mut Value> {
    if data.get("link_id").is_some() {
        return vec![data];
    }
    match data.get_mut("top") {
        Some(Value::Array(links)) => links.iter_mut().collect(),
        _ => Vec::new(),
    }
}
