-- The rows of one createLink: code, quota slot, event and link, in one statement as shortener-svc writes them.
\set low random(0, 4194303)
\set unique random(1, 9000000000000000000)
\set slot random(0, 15)
with id as (
    select ((extract(epoch from clock_timestamp()) * 1000)::bigint - 1735689600000) * 4194304 + :low as id
), code as (
    insert into shortener.codes (domain, code, link_id) select 'pgbench', :unique::text, id from id returning link_id
), quota as (
    insert into shortener.usage (workspace_id, month, slot, links) select 1, date_trunc('month', now())::date, :slot, 1 from code
    on conflict (workspace_id, month, slot) do update set links = shortener.usage.links + 1
), event as (
    insert into shortener.outbox (event_id, stream, payload, published_at)
    select decode(md5(:unique::text), 'hex'), 'links', decode(repeat('ab', 400), 'hex'), now() from code
)
insert into shortener.links (id, workspace_id, creator_id, domain, code, url, url_hash, title, description, notes, external_id, tags,
    version, updated_at, max_clicks, used_clicks, redirect_status, forward_query, fallback_url, disabled)
select link_id, 1, 1, 'pgbench', :unique::text, 'https://example.org/bench/' || :unique::text, :unique, '', '', '', '', '{}',
    1, now(), 0, 0, 302, false, '', false
from code;
