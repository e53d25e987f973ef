-- Who may write for a shard of the click stream. Every change of owner raises the fence.
CREATE TABLE click_shards (
    shard      integer     PRIMARY KEY,
    fence      bigint      NOT NULL DEFAULT 0,
    owner      text        NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL DEFAULT '-infinity'
);

-- Up to where the clicks of a producer are dealt with: last_seq = counted + lost + refused.
CREATE TABLE producers (
    producer   bytea       PRIMARY KEY,
    shard      integer     NOT NULL,
    last_seq   bigint      NOT NULL,
    lost       bigint      NOT NULL DEFAULT 0,
    refused    bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX producers_by_shard ON producers (shard, updated_at);
