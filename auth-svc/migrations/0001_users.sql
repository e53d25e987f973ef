-- email is shown as it was entered (domain in lower case); email_key is the same address in lower case and what is unique.
CREATE TABLE users (
    id                bigint      PRIMARY KEY,
    email             text        NOT NULL CHECK (octet_length(email) <= 254),
    email_key         text        NOT NULL CONSTRAINT users_email_key UNIQUE,
    email_verified_at timestamptz,
    full_name         text        NOT NULL CHECK (char_length(full_name) BETWEEN 1 AND 200),
    password_hash     text        NOT NULL,
    -- 1 active, 2 suspended, 3 deleted
    status            smallint    NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 3),
    platform_admin    boolean     NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL
);
