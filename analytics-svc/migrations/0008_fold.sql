-- How far raw clicks are folded into dimension_days and dimension_hours. One row; nulls before the first day.
CREATE TABLE fold_progress (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- The first day that was folded.
    since        date,
    -- Clicks of days before this one come late: the transaction that writes them marks the day in stale_days.
    closed_until date,
    -- Days before this one are folded, except for those in stale_days.
    folded_until date
);

INSERT INTO fold_progress DEFAULT VALUES;

-- Days of workspaces that are to be folded (again). Until then questions read their raw clicks.
CREATE TABLE stale_days (
    workspace_id bigint      NOT NULL,
    day          date        NOT NULL,
    -- Grows with each late batch, so that the one who folds sees that he has missed some.
    marks        bigint      NOT NULL DEFAULT 1,
    since        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, day)
);

CREATE INDEX stale_days_by_day ON stale_days (day, workspace_id);
