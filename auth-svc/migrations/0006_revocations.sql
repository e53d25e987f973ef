-- What gateways must refuse although it has not expired. Kept until every token it could concern has expired.
CREATE TABLE revocations (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    session_id bigint,
    api_key_id bigint,
    user_id    bigint,
    CHECK (num_nonnulls(session_id, api_key_id, user_id) = 1)
);

CREATE INDEX revocations_at ON revocations (at);
