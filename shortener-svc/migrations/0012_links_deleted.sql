-- Deleted links, the longest deleted first.
create index links_deleted on only links (deleted_at) where deleted_at is not null;
