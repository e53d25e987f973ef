-- The registry of codes. A row is never deleted, whatever becomes of its link: codes are not given out twice.
create table codes (
    domain text not null,
    code text not null,
    link_id bigint not null,
    primary key (domain, code)
);
