-- What was asked about an address by somebody who must not learn whether it has an account. Every such question becomes a row,
-- whoever it is about; what comes of it is found out afterwards and told by mail.
CREATE TABLE mail_requests (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 1 sign-up, 2 verification once more, 3 password reset, 4 notice of a lockout
    kind          smallint    NOT NULL CHECK (kind BETWEEN 1 AND 4),
    email         text        NOT NULL CHECK (octet_length(email) <= 254),
    -- Of a sign-up.
    full_name     text,
    password_hash text,
    ip_prefix     text        NOT NULL,
    requested_at  timestamptz NOT NULL
);
