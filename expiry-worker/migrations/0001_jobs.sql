-- When each job is due and what its last run came to.
create table jobs (
    name text primary key,
    due_at timestamptz not null,
    -- Counts the runs by timer. Whoever ends a run that is not the latest any more changes nothing here.
    run bigint not null default 0,
    worker text,
    started_at timestamptz,
    -- Null while it runs, and for ever when its worker was killed.
    ended_at timestamptz,
    outcome text,
    counts jsonb,
    error text
);
