//! Rows in the binary format of COPY (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format").

use super::row::Row;

/// The statement whose columns [`encode`] writes.
pub const COPY: &str = "COPY clicks (at, workspace_id, link_id, visitor, bot, qr, country, region, city, device, os, browser, \
                        language, referrer, channel, utm_source, utm_medium, utm_campaign, utm_term, utm_content) \
                        FROM STDIN (FORMAT binary)";

const COLUMNS: i16 = 20;

/// 2000-01-01, where PostgreSQL counts its microseconds from, in milliseconds since 1970.
const POSTGRES_EPOCH_MS: i64 = 946_684_800_000;

/// The whole input of the statement.
pub fn encode(rows: &[Row]) -> Vec<u8> {
    // A typical row takes 170 bytes.
    let mut out = Vec::with_capacity(32 + rows.len() * 192);
    out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    rows.iter().for_each(|row| encode_row(&mut out, row));
    out.extend_from_slice(&(-1i16).to_be_bytes());
    out
}

fn encode_row(out: &mut Vec<u8>, row: &Row) {
    out.extend_from_slice(&COLUMNS.to_be_bytes());
    number(out, (row.at_ms - POSTGRES_EPOCH_MS) * 1000);
    number(out, row.workspace_id);
    number(out, row.link_id);
    number(out, row.visitor.cast_signed());
    boolean(out, row.agent.is_bot());
    boolean(out, row.qr);
    text(out, row.place.country.as_deref());
    text(out, row.place.region.as_deref());
    text(out, row.place.city.as_deref());
    text(out, row.agent.device);
    text(out, row.agent.system.as_deref());
    text(out, row.agent.browser.as_deref());
    text(out, row.language.as_deref());
    text(out, row.referrer.as_ref().map(|referrer| &*referrer.name));
    text(out, Some(row.channel.as_str()));
    match &row.campaign {
        Some(campaign) => {
            for value in [&campaign.source, &campaign.medium, &campaign.campaign, &campaign.term, &campaign.content] {
                text(out, value.as_deref());
            }
        }
        None => (0..5).for_each(|_| text(out, None)),
    }
}

fn number(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(&8i32.to_be_bytes());
    out.extend_from_slice(&value.to_be_bytes());
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(&1i32.to_be_bytes());
    out.push(u8::from(value));
}

fn text(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => {
            let length = i32::try_from(value.len()).expect("values are cut to 256 bytes");
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(value.as_bytes());
        }
        None => out.extend_from_slice(&(-1i32).to_be_bytes()),
    }
}
