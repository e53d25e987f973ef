-- Workspaces whose accounts were erased. Clicks of them may still be on their way.
CREATE TABLE erased_workspaces (
    workspace_id bigint      PRIMARY KEY,
    erased_at    timestamptz NOT NULL
);
