//! Redis: reached, new enough, durable, and not allowed to evict.

use std::collections::BTreeMap;

use fred::{interfaces::ClientLike as _, types::InfoKind};

use super::Finding;

/// The oldest major version that is supported.
const OLDEST: u32 = 7;

pub(super) async fn check(redis: &curtail_config::Redis) -> Vec<Finding> {
    match info(redis.url.expose()).await {
        Ok(info) => judge(&info),
        Err(error) => {
            let remedy = "start `curtail up`, or check REDIS_URL";
            vec![Finding::bad("redis", format!("can not be reached: {error}"), remedy)]
        }
    }
}

async fn info(url: &str) -> Result<BTreeMap<String, String>, fred::error::Error> {
    let client = crate::redis::connect(url).await?;
    let text: String = client.info(Some(InfoKind::Default)).await?;
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Ok(text.lines().filter_map(pair).collect())
}

fn judge(info: &BTreeMap<String, String>) -> Vec<Finding> {
    let value = |name: &str| info.get(name).map_or("", String::as_str);
    let version = value("redis_version");
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    vec![
        if major < OLDEST {
            Finding::bad("redis", format!("is version {version}"), format!("use Redis {OLDEST} or newer"))
        } else {
            Finding::good("redis", format!("version {version}"))
        },
        match value("maxmemory_policy") {
            "noeviction" => Finding::good("redis memory", "evicts nothing"),
            policy => Finding::bad(
                "redis memory",
                format!("the policy {policy} may evict streams"),
                "set maxmemory-policy noeviction",
            ),
        },
        match value("aof_enabled") {
            "1" => Finding::good("redis durability", "append-only file"),
            _ => Finding::bad("redis durability", "there is no append-only file", "set appendonly yes"),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(pairs: [(&str, &str); 3]) -> usize {
        let info = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        judge(&info).iter().filter(|finding| finding.is_bad()).count()
    }

    #[test]
    fn each_shortcoming_is_found() {
        let good = [("redis_version", "7.0.15"), ("maxmemory_policy", "noeviction"), ("aof_enabled", "1")];
        assert_eq!(bad(good), 0);
        assert_eq!(bad([("redis_version", "6.2.1"), ("maxmemory_policy", "allkeys-lru"), ("aof_enabled", "0")]), 3);
    }
}
