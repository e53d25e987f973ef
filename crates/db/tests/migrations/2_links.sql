CREATE TABLE links (id bigint PRIMARY KEY, code text NOT NULL CONSTRAINT links_code_key CHECK (code <> '')) PARTITION BY RANGE (id);
