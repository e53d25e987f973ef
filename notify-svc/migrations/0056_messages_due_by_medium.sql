-- no-transaction
-- What is due of one medium: while one of them is away, the other does not wade through what waits for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_due_by_medium ON messages (medium, due_at) WHERE state = 1;
