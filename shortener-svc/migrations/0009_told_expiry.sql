-- For which expiry link.expired and link.expiring were told. The value itself, not a mark: an expiry that is moved, by this
-- code or an older one, is another one and is told again.
alter table links add column told_expiry timestamptz, add column warned_expiry timestamptz;
