-- no-transaction
-- Whether anybody wants mails of a kind that nobody gets unasked: looked up for every such event.
CREATE INDEX CONCURRENTLY IF NOT EXISTS choices_wanted ON choices (kind) WHERE wanted;
