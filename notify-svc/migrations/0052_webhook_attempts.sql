-- Every try of a delivery.
CREATE TABLE webhook_attempts (
    delivery_id bigint NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    -- From 1.
    number integer NOT NULL,
    at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    -- 0: there was no answer, and error says why.
    status smallint NOT NULL,
    error text NOT NULL,
    -- The beginning of the answer.
    answer text NOT NULL,
    PRIMARY KEY (delivery_id, number)
);
