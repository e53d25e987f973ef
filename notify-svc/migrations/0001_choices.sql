-- What somebody chose to be told; without a row the default of the kind holds. The owner is a user (`user:<id>`) or, for mails to
-- people without an account, an address in lower case (`mail:<address>`).
CREATE TABLE choices (
    owner      text COLLATE "C" NOT NULL CHECK (octet_length(owner) <= 300),
    kind       text COLLATE "C" NOT NULL,
    wanted     boolean          NOT NULL,
    changed_at timestamptz      NOT NULL,
    PRIMARY KEY (owner, kind)
);
