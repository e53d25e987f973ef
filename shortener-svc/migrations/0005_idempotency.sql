-- Answers to creates with an idempotency key. Written in the transaction of the create: while that runs, the primary key makes
-- a second one with the same key wait for its end.
create table idempotency (
    workspace_id bigint not null,
    key text not null,
    request_hash bytea not null,
    response bytea not null,
    created_at timestamptz not null,
    primary key (workspace_id, key)
);

create index idempotency_by_age on idempotency (created_at);
