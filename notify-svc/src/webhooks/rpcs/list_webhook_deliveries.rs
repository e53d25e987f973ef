//! A page of the log of a webhook, newest first.

use curtail_proto::notify::v1::list_webhook_deliveries_response::Entry;
use curtail_proto::notify::v1::{DeliveryState, ListWebhookDeliveriesRequest, ListWebhookDeliveriesResponse};
use curtail_rpc::Error;
use tonic::Request;

use super::{access, cursor};
use crate::webhooks::app::App;
use crate::webhooks::limits;
use crate::webhooks::refusal::{self, invalid};
use crate::webhooks::store::deliveries::{self, Page};

pub(super) async fn handle(
    app: &App,
    request: Request<ListWebhookDeliveriesRequest>,
) -> Result<ListWebhookDeliveriesResponse, Error> {
    let webhook = access::webhook(app, curtail_rpc::user(&request)?, request.get_ref().webhook_id).await?;
    let page = read(request.get_ref(), webhook.id)?;
    let mut found = deliveries::page(&app.pool, &page).await.map_err(refusal::store)?;
    // One more than wanted was asked for, only to see whether it is there.
    let wanted = usize::try_from(page.rows - 1).unwrap_or_default();
    let has_more = found.len() > wanted;
    found.truncate(wanted);
    if page.backwards {
        found.reverse();
    }
    let messages = deliveries::messages(&app.pool, found).await.map_err(refusal::store)?;
    let entry = |delivery: curtail_proto::notify::v1::WebhookDelivery| Entry {
        cursor: cursor::encode(delivery.id),
        delivery: Some(delivery),
    };
    Ok(ListWebhookDeliveriesResponse { entries: messages.into_iter().map(entry).collect(), has_more })
}

fn read(request: &ListWebhookDeliveriesRequest, webhook: i64) -> Result<Page, Error> {
    if !(1..=limits::PAGE).contains(&request.limit) {
        return Err(invalid("LIMIT_RANGE", "limit", format!("between 1 and {} deliveries at a time", limits::PAGE)));
    }
    let state = match DeliveryState::try_from(request.state) {
        Ok(DeliveryState::Unspecified) => None,
        Ok(state) => Some(state as i16),
        Err(_) => return Err(invalid("STATE_INVALID", "state", "no such state")),
    };
    let after = match request.cursor.as_str() {
        "" => None,
        text => Some(
            cursor::decode(text)
                .ok_or_else(|| invalid("INVALID_CURSOR", "cursor", "the cursor does not belong to this list"))?,
        ),
    };
    Ok(Page { webhook, state, after, backwards: request.backwards, rows: i64::from(request.limit) + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_at_the_edge_and_fail_one_past() {
        let asked = |limit, state, cursor: &str| {
            let request = ListWebhookDeliveriesRequest { limit, state, cursor: cursor.into(), ..Default::default() };
            read(&request, 1).map_err(|error| error.reason)
        };
        assert!(asked(1, 0, "").is_ok() && asked(100, 3, &cursor::encode(9)).is_ok());
        assert_eq!(asked(0, 0, "").unwrap_err(), "LIMIT_RANGE");
        assert_eq!(asked(101, 0, "").unwrap_err(), "LIMIT_RANGE");
        assert_eq!(asked(1, 4, "").unwrap_err(), "STATE_INVALID");
        assert_eq!(asked(1, 0, "x").unwrap_err(), "INVALID_CURSOR");
    }
}
