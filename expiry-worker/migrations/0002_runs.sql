-- Runs that did something, failed, were started by hand, or were lost with their worker.
create table runs (
    id bigint generated always as identity primary key,
    job text not null,
    -- timer or hand
    cause text not null,
    worker text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    -- done, failed or lost
    outcome text not null,
    counts jsonb,
    error text
);

create index runs_by_job on runs (job, id);
create index runs_by_age on runs (ended_at);
