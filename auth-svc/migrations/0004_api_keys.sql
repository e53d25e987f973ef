CREATE TABLE api_keys (
    id                    bigint      PRIMARY KEY,
    workspace_id          bigint      NOT NULL REFERENCES workspaces (id),
    creator_id            bigint      NOT NULL REFERENCES users (id),
    name                  text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- The visible start of the key, by which it is found.
    prefix                text        NOT NULL CONSTRAINT api_keys_prefix UNIQUE,
    -- HMAC-SHA256 of the whole key under a pepper that is not in the database.
    hash                  bytea       NOT NULL CHECK (octet_length(hash) = 32),
    -- 1 read, 2 write, 3 analytics, 4 admin
    scopes                smallint[]  NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 4),
    rate_limit_per_minute integer     NOT NULL DEFAULT 0 CHECK (rate_limit_per_minute >= 0),
    created_at            timestamptz NOT NULL,
    expires_at            timestamptz,
    last_used_at          timestamptz,
    revoked_at            timestamptz
);

CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);
