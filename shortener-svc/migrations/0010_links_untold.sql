-- Links that expire and of which nobody was told yet; a row leaves when that is done. The parts are built by `migrate`, one
-- partition after the other.
create index links_untold on only links (expires_at)
    where expires_at is not null and deleted_at is null and told_expiry is distinct from expires_at;
