-- The same for the warning that an expiry is near.
create index links_unwarned on only links (expires_at)
    where expires_at is not null and deleted_at is null and warned_expiry is distinct from expires_at;
