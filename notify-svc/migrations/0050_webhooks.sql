-- Where the events of workspaces are sent.
CREATE TABLE webhooks (
    id bigint PRIMARY KEY,
    workspace_id bigint NOT NULL,
    creator_id bigint NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    -- Names of event types.
    events text[] NOT NULL,
    enabled boolean NOT NULL,
    -- Numbers of curtail.notify.v1.DisabledReason; 0 while it is enabled.
    disabled_reason smallint NOT NULL,
    disabled_at timestamptz,
    -- Sealed under notify.master_key.
    secret text NOT NULL,
    -- The one before, which signs too until its time is over.
    previous_secret text,
    previous_until timestamptz,
    -- The first failure after the last success.
    failing_since timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX webhooks_by_workspace ON webhooks (workspace_id, id);
