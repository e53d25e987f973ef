-- What the stream of links says about each: needed for the scopes of a tag and of a domain.
CREATE TABLE links (
    link_id      bigint PRIMARY KEY,
    workspace_id bigint NOT NULL,
    version      bigint NOT NULL,
    domain       text COLLATE "C" NOT NULL,
    tags         text[] NOT NULL
);

CREATE INDEX links_by_domain ON links (workspace_id, domain);

CREATE INDEX links_by_tag ON links USING gin (tags);
