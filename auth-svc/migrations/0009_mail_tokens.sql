-- One-shot tokens that travelled by mail. Only a keyed hash of each is here; using one deletes its row.
CREATE TABLE mail_tokens (
    -- HMAC-SHA256 of purpose and token under a key that is not in the database.
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    -- 1 verification, 2 password reset
    purpose    smallint    NOT NULL CHECK (purpose BETWEEN 1 AND 2),
    user_id    bigint      NOT NULL REFERENCES users (id),
    -- The address it went to: worth nothing once the account has another.
    email_key  text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX mail_tokens_user ON mail_tokens (user_id);
CREATE INDEX mail_tokens_expiry ON mail_tokens (expires_at);
