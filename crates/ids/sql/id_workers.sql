-- Worker numbers of Snowflake ids. Copy this into a migration of the service that mints ids; crates/ids/src/lease.rs has
-- the statements.
CREATE TABLE id_workers (
    worker smallint PRIMARY KEY CHECK (worker BETWEEN 0 AND 1023),
    -- Who holds it, for operators.
    owner text NOT NULL,
    -- Grows with every holder: a holder that was unavailable finds that it lost the number.
    fence bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    -- No id of this worker lies after this instant (Unix milliseconds); the next holder starts behind it.
    high_water_ms bigint NOT NULL
);
