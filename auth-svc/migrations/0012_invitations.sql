-- Who may join a workspace by the token of a mail. A row goes away when it is accepted, revoked or has expired; what became of it
-- is in the audit log.
CREATE TABLE invitations (
    id           bigint      PRIMARY KEY,
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    email        text        NOT NULL CHECK (octet_length(email) <= 254),
    email_key    text        NOT NULL,
    -- 1 viewer, 2 editor, 3 admin
    role         smallint    NOT NULL CHECK (role BETWEEN 1 AND 3),
    inviter_id   bigint      NOT NULL REFERENCES users (id),
    -- HMAC-SHA256 of the token under a key that is not in the database.
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT invitations_address UNIQUE (workspace_id, email_key)
);
