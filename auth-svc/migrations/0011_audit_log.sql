-- Every privileged or security-relevant action, written in the transaction that does it.
CREATE TABLE audit_log (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at               timestamptz NOT NULL,
    -- Whose log shows it: a workspace's, an account's, or both.
    workspace_id     bigint,
    account_id       bigint,
    -- 1 user, 2 API key, 3 operator, 4 the platform itself
    actor_kind       smallint    NOT NULL CHECK (actor_kind BETWEEN 1 AND 4),
    -- The user, or who made the API key.
    actor_user_id    bigint,
    actor_api_key_id bigint,
    -- /24 or /48; empty when no client was seen.
    ip_prefix        text        NOT NULL,
    action           text        NOT NULL CHECK (char_length(action) BETWEEN 1 AND 64),
    -- What it was done to: a session, a key, a user, an invitation; the action tells which.
    target_id        bigint,
    before           jsonb,
    after            jsonb
);

CREATE INDEX audit_log_workspace ON audit_log (workspace_id, id) WHERE workspace_id IS NOT NULL;
CREATE INDEX audit_log_account ON audit_log (account_id, id) WHERE account_id IS NOT NULL;
