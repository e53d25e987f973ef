-- The key that signs at an instant is the one with the latest signing_from that has come; so there is exactly one.
CREATE TABLE signing_keys (
    -- PASERK k4.pid
    kid          text        PRIMARY KEY,
    -- PASERK k4.public
    public       text        NOT NULL,
    -- The seed in a PASETO v4.local token whose key is derived from the master key.
    sealed       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    signing_from timestamptz NOT NULL,
    -- Set when a newer key takes over: until then tokens of this key are still good.
    verify_until timestamptz
);
