-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_over ON sessions (LEAST(ended_at, idle_until, expires_at));
