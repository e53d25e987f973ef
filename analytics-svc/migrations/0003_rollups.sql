-- Counters of a link (or of a whole workspace: link_id 0) in each minute, hour and day of UTC, and ever (at = 1970).
-- Each shard of the click stream has rows of its own, so that two writers never wait for each other. uniques is a
-- HyperLogLog sketch in the format of Apache DataSketches, null without human clicks; it does not compress.

CREATE TABLE clicks_by_minute (
    workspace_id  bigint      NOT NULL,
    link_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    shard         integer     NOT NULL,
    clicks        bigint      NOT NULL,
    humans        bigint      NOT NULL,
    last_click_at timestamptz NOT NULL,
    uniques       bytea,
    PRIMARY KEY (workspace_id, link_id, at, shard)
) WITH (fillfactor = 80);

ALTER TABLE clicks_by_minute ALTER COLUMN uniques SET STORAGE EXTERNAL;

CREATE TABLE clicks_by_hour (
    workspace_id  bigint      NOT NULL,
    link_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    shard         integer     NOT NULL,
    clicks        bigint      NOT NULL,
    humans        bigint      NOT NULL,
    last_click_at timestamptz NOT NULL,
    uniques       bytea,
    PRIMARY KEY (workspace_id, link_id, at, shard)
) WITH (fillfactor = 80);

ALTER TABLE clicks_by_hour ALTER COLUMN uniques SET STORAGE EXTERNAL;

CREATE TABLE clicks_by_day (
    workspace_id  bigint      NOT NULL,
    link_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    shard         integer     NOT NULL,
    clicks        bigint      NOT NULL,
    humans        bigint      NOT NULL,
    last_click_at timestamptz NOT NULL,
    uniques       bytea,
    PRIMARY KEY (workspace_id, link_id, at, shard)
) WITH (fillfactor = 80);

ALTER TABLE clicks_by_day ALTER COLUMN uniques SET STORAGE EXTERNAL;

CREATE TABLE clicks_by_ever (
    workspace_id  bigint      NOT NULL,
    link_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    shard         integer     NOT NULL,
    clicks        bigint      NOT NULL,
    humans        bigint      NOT NULL,
    last_click_at timestamptz NOT NULL,
    uniques       bytea,
    PRIMARY KEY (workspace_id, link_id, at, shard)
) WITH (fillfactor = 80);

ALTER TABLE clicks_by_ever ALTER COLUMN uniques SET STORAGE EXTERNAL;

-- The most clicked links of a window are found by time.
CREATE INDEX clicks_by_minute_at ON clicks_by_minute USING brin (at) WITH (autosummarize = on);

CREATE INDEX clicks_by_hour_at ON clicks_by_hour USING brin (at) WITH (autosummarize = on);
