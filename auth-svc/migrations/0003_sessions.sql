-- A session is one family of refresh tokens. The tokens are not stored: token number `generation` is a MAC over the
-- session's id, that number and `salt` under a key derived from the master key (see services/sessions.rs).
CREATE TABLE sessions (
    id              bigint      PRIMARY KEY,
    user_id         bigint      NOT NULL REFERENCES users (id),
    salt            bytea       NOT NULL CHECK (octet_length(salt) = 16),
    generation      integer     NOT NULL DEFAULT 0 CHECK (generation >= 0),
    -- Whether the pair of this generation has been used; from then on the token before it counts as stolen.
    generation_used boolean     NOT NULL DEFAULT false,
    user_agent      text        NOT NULL CHECK (char_length(user_agent) <= 256),
    ip_prefix       text        NOT NULL,
    created_at      timestamptz NOT NULL,
    last_seen_at    timestamptz NOT NULL,
    idle_until      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz
);

CREATE INDEX sessions_live ON sessions (user_id, id) WHERE ended_at IS NULL;
