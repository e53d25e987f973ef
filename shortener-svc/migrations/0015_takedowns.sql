-- Take-downs of links and their releases. Rows are only added: this is the history that operators read.
CREATE TABLE takedowns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_id bigint NOT NULL,
    -- False for a release.
    blocked boolean NOT NULL,
    -- For operators only.
    reason text NOT NULL,
    -- For the owner and visitors.
    public_reason text NOT NULL,
    -- The administrator's account; 0 for the command line.
    operator_id bigint NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX takedowns_by_link ON takedowns (link_id, id);
