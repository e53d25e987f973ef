-- Visits that used up a click of a limited link, so that a repeated question uses up nothing.
create table consumed_clicks (
    link_id bigint not null,
    event_id bytea not null,
    consumed_at timestamptz not null,
    primary key (link_id, event_id)
);

create index consumed_clicks_by_age on consumed_clicks (consumed_at);
