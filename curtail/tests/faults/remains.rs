//! What the stores still know of a word.

use std::collections::BTreeSet;

use fred::clients::Pool;
use fred::interfaces::LuaInterface as _;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

/// Every table of every schema of the platform with a row that holds the word, as text or as bytes: `schema.table`.
pub async fn in_tables(pool: &PgPool, word: &str) -> BTreeSet<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .expect("the tables");
    let mut found = BTreeSet::new();
    for table in tables {
        // Bytes become hexadecimal digits; in those of events and answers words stand as they are.
        let sql = format!(
            "SELECT EXISTS (SELECT FROM {table} AS r WHERE position(lower($1) IN lower(r::text)) > 0 \
                OR r::text ~ ('\\\\x[0-9a-f]*' || $2))"
        );
        let either_case = |byte: u8| match byte {
            b'a'..=b'z' => format!("({:02x}|{:02x})", byte, byte.to_ascii_uppercase()),
            _ => format!("{byte:02x}"),
        };
        let bytes: String = word.bytes().map(either_case).collect();
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(word).bind(bytes);
        if query.fetch_one(pool).await.expect("a table can be read") {
            found.insert(table);
        }
    }
    found
}

/// Every key of Redis that holds the word in its name or in what it keeps.
pub async fn in_redis(redis: &Pool, word: &str) -> BTreeSet<String> {
    let look = "
        local function holds(value)
            if type(value) == 'table' then
                for _, part in ipairs(value) do if holds(part) then return true end end
                return false
            end
            return string.find(string.lower(tostring(value)), ARGV[1], 1, true) ~= nil
        end
        local read = {
            string = function(key) return redis.call('GET', key) end,
            hash = function(key) return redis.call('HGETALL', key) end,
            list = function(key) return redis.call('LRANGE', key, 0, -1) end,
            set = function(key) return redis.call('SMEMBERS', key) end,
            zset = function(key) return redis.call('ZRANGE', key, 0, -1) end,
            stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
        }
        local found = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
            if holds(key) or holds(read[redis.call('TYPE', key).ok](key)) then found[#found + 1] = key end
        end
        return found";
    let found: Vec<String> = redis.eval(look, (), word.to_lowercase()).await.expect("Redis answers");
    found.into_iter().collect()
}
