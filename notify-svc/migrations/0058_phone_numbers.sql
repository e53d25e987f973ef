-- The telephone number of a user.
CREATE TABLE phone_numbers (
    user_id     bigint           PRIMARY KEY,
    -- As in E.164.
    number      text COLLATE "C" NOT NULL CHECK (octet_length(number) <= 16),
    -- Null until its owner has proven to read what is sent to it.
    verified_at timestamptz,
    -- A keyed hash of the code that confirms it, how often it was guessed wrong and how long it is good; null once it is confirmed.
    code_hash   bytea,
    attempts    smallint         NOT NULL DEFAULT 0,
    expires_at  timestamptz
);

CREATE INDEX phone_numbers_unconfirmed ON phone_numbers (expires_at) WHERE verified_at IS NULL;

-- When codes were asked for in the last hour. The subject is a keyed hash of a user or of a number: it outlives both.
CREATE TABLE phone_quotas (
    subject bytea         PRIMARY KEY CHECK (octet_length(subject) = 16),
    -- The oldest first.
    asked   timestamptz[] NOT NULL,
    last_at timestamptz   NOT NULL
);

CREATE INDEX phone_quotas_last ON phone_quotas (last_at);
