-- One event for one webhook. Not tied to webhooks by a foreign key: removing a webhook must not wait for its log to go.
CREATE TABLE webhook_deliveries (
    id bigint PRIMARY KEY,
    webhook_id bigint NOT NULL,
    event_id bytea NOT NULL,
    event_type text NOT NULL,
    -- Byte for byte what is signed and sent.
    body text NOT NULL,
    -- Numbers of curtail.notify.v1.DeliveryState.
    state smallint NOT NULL,
    created_at timestamptz NOT NULL,
    -- When it is tried next. A sender that takes it moves this ahead, so that it comes due again if the sender dies.
    due_at timestamptz NOT NULL,
    -- Tries in all, and since it was last asked for.
    attempts integer NOT NULL DEFAULT 0,
    round_attempts integer NOT NULL DEFAULT 0,
    -- The same event twice on a stream is one delivery.
    UNIQUE (webhook_id, event_id)
);

-- What is due, by webhook, and which webhooks wait for something.
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE state = 1;
-- The log of a webhook, newest first.
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, id);
-- What is old enough to go.
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at) WHERE state <> 1;
