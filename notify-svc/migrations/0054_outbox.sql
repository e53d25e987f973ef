-- Events on their way to the stream `alerts`, as crates/db/sql/outbox.sql has it.
CREATE TABLE outbox (
    -- Order of writing. Numbers of transactions that run side by side may become visible out of order.
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Envelope.event_id, 16 bytes.
    event_id bytea NOT NULL,
    stream text NOT NULL,
    -- An encoded curtail.events.v1.Envelope.
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The stream entry that carries it is `<entry>-0`. Kept so that a stream which was lost can be filled again with
    -- the very same entries.
    entry bigint,
    published_at timestamptz
);

CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
