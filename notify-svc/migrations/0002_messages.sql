-- One row for each mail to one recipient. The id is a hash of event, kind and recipient: an event that is delivered again finds its
-- rows and adds nothing, and the row outlives the mail for that reason.
CREATE TABLE messages (
    id           bytea            PRIMARY KEY CHECK (octet_length(id) = 16),
    kind         text COLLATE "C" NOT NULL,
    user_id      bigint,
    workspace_id bigint           NOT NULL,
    address      text             NOT NULL,
    full_name    text             NOT NULL,
    -- What the templates need. It may hold a token, so it is emptied when the mail is out.
    data         jsonb            NOT NULL,
    -- 1 waiting, 2 sent, 3 dead, 4 erased
    state        smallint         NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
    -- Tries that ended with an answer of the mail server.
    attempts     integer          NOT NULL DEFAULT 0,
    -- When to try next; while a try is on, when to take it for lost.
    due_at       timestamptz      NOT NULL,
    created_at   timestamptz      NOT NULL,
    done_at      timestamptz,
    error        text             NOT NULL DEFAULT ''
);

CREATE INDEX messages_due ON messages (due_at) WHERE state = 1;
CREATE INDEX messages_of_user ON messages (user_id);
CREATE INDEX messages_done ON messages (done_at) WHERE state <> 1;
