-- Workspaces that ended with an account a short while ago. A token that was issued before may still make a link in them.
create table erased_workspaces (
    workspace_id bigint primary key,
    erased_at timestamptz not null
);
