CREATE TABLE workspaces (
    id         bigint      PRIMARY KEY,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    personal   boolean     NOT NULL,
    -- 1 free, 2 pro, 3 enterprise
    plan       smallint    NOT NULL DEFAULT 1 CHECK (plan BETWEEN 1 AND 3),
    created_at timestamptz NOT NULL
);

CREATE TABLE members (
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    user_id      bigint      NOT NULL REFERENCES users (id),
    -- 1 viewer, 2 editor, 3 admin, 4 owner
    role         smallint    NOT NULL CHECK (role BETWEEN 1 AND 4),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, workspace_id)
);

CREATE INDEX members_workspace ON members (workspace_id);
