//! All statements on the tables of webhooks.

pub mod deliveries;
pub mod due;
pub mod prune;
pub mod settle;
pub mod webhooks;

/// The columns of [`super::webhook::Webhook`].
macro_rules! webhook_columns {
    () => {
        "id, workspace_id, creator_id, url, description, events, enabled, disabled_reason, disabled_at, previous_until, \
         failing_since, created_at, updated_at"
    };
}

pub(super) use webhook_columns;

/// Numbers of `curtail.notify.v1.DeliveryState`, as the migrations have them too.
pub mod state {
    use curtail_proto::notify::v1::DeliveryState;

    /// Still to be tried.
    pub const PENDING: i16 = DeliveryState::Pending as i16;
    /// A receiver took it.
    pub const DELIVERED: i16 = DeliveryState::Delivered as i16;
    /// Given up.
    pub const FAILED: i16 = DeliveryState::Failed as i16;
}
