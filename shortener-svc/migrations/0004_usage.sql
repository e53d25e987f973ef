-- New links of a workspace in a month. Spread over slots: parallel creates of one workspace do not wait for one row. The
-- rows are rewritten all the time, hence the room for updates in place.
create table usage (
    workspace_id bigint not null,
    month date not null,
    slot smallint not null,
    links bigint not null,
    primary key (workspace_id, month, slot)
) with (fillfactor = 50);
