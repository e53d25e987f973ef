-- One row for each link, deleted ones included. Partitioned by month of the Snowflake id, so that a look-up by id touches
-- one partition and a list from the newest on touches few.
create table links (
    id bigint primary key,
    workspace_id bigint not null,
    creator_id bigint not null,
    domain text not null,
    code text not null,
    url text not null,
    -- The first 64 bits of the SHA-256 of url: finds equal destinations without an index over 8 KiB of text.
    url_hash bigint not null,
    title text not null,
    description text not null,
    notes text not null,
    external_id text not null,
    tags text[] not null,
    version bigint not null,
    updated_at timestamptz not null,
    starts_at timestamptz,
    expires_at timestamptz,
    max_clicks integer not null,
    used_clicks integer not null,
    redirect_status smallint not null,
    forward_query boolean not null,
    fallback_url text not null,
    disabled boolean not null,
    block_reason text,
    deleted_at timestamptz
) partition by range (id);

-- Pages in order of creation.
create index links_by_workspace on links (workspace_id, id);
-- Pages in order of change.
create index links_by_update on links (workspace_id, updated_at, id);
-- Pages in order of title; "C" so that cursors compare as PostgreSQL does on every machine.
create index links_by_title on links (workspace_id, title collate "C", id);
-- Find-or-create and the filter by destination.
create index links_by_url on links (workspace_id, url_hash);
-- The filter by tag and the counts of tags; links without tags cost nothing here.
create index links_by_tag on links using gin (tags) where tags <> '{}';
