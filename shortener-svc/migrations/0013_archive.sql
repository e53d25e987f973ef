-- Links that were deleted long ago. A row is the link's row as JSON, which needs no change when `links` gets a column.
create table archive (
    id bigint primary key,
    workspace_id bigint not null,
    row jsonb not null,
    archived_at timestamptz not null
);

create index archive_by_workspace on archive (workspace_id);
