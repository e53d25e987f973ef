-- The tags of a workspace. Links carry names; the colour is here.
create table tags (
    workspace_id bigint not null,
    name text not null,
    color text not null,
    primary key (workspace_id, name)
);
