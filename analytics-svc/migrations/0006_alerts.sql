-- The last spike of each link that was told.
CREATE TABLE spikes (
    link_id      bigint      PRIMARY KEY,
    workspace_id bigint      NOT NULL,
    window_start timestamptz NOT NULL
);

-- Weeks of which a workspace had its report. A row is written together with the event.
CREATE TABLE weekly_reports (
    workspace_id bigint NOT NULL,
    week_start   date   NOT NULL,
    PRIMARY KEY (workspace_id, week_start)
);
