-- The name of a tag without regard to case. The service fills it for existing tags and merges those that share one; a collation
-- of the database cannot do this, because many fold only ASCII. Rows without a key do not meet each other in the index.
ALTER TABLE tags ADD COLUMN key text;
CREATE UNIQUE INDEX tags_by_key ON tags (workspace_id, key);
CREATE INDEX tags_without_key ON tags (workspace_id) WHERE key IS NULL;
