-- One row a click, in daily partitions that the service makes itself. There is no unique index: the position of each
-- producer (table producers) moves in the same transaction and keeps a click from being written twice.
-- Text columns are null when nothing is known.
CREATE TABLE clicks (
    at           timestamptz NOT NULL,
    workspace_id bigint      NOT NULL,
    link_id      bigint      NOT NULL,
    visitor      bigint      NOT NULL,
    bot          boolean     NOT NULL,
    qr           boolean     NOT NULL,
    country      text COLLATE "C",
    region       text COLLATE "C",
    city         text COLLATE "C",
    device       text COLLATE "C",
    os           text COLLATE "C",
    browser      text COLLATE "C",
    language     text COLLATE "C",
    referrer     text COLLATE "C",
    channel      text COLLATE "C" NOT NULL,
    utm_source   text COLLATE "C",
    utm_medium   text COLLATE "C",
    utm_campaign text COLLATE "C",
    utm_term     text COLLATE "C",
    utm_content  text COLLATE "C"
) PARTITION BY RANGE (at);

-- Serves a link and, by its first column, a workspace; days are cut off by the partitions.
CREATE INDEX clicks_by_link ON clicks (workspace_id, link_id, at);
