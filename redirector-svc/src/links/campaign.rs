//! `utm_*` parameters.

/// The most bytes that are kept.
const MAX: usize = 1024;

/// The `utm_*` parameters of a query, form-encoded again; those that would pass 1,024 bytes are left out.
pub fn campaign(query: &str) -> String {
    let mut kept = String::new();
    // Nearly no query has any, so the parser is spared. The underscore may be percent-encoded, letters are not.
    if !query.contains("utm") {
        return kept;
    }
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        // A link that was copied out of HTML source has `&amp;` between its parameters.
        let name = name.strip_prefix("amp;").unwrap_or(&name);
        if !name.starts_with("utm_") {
            continue;
        }
        let pair = encode(name, &value);
        if kept.len() + pair.len() < MAX {
            if !kept.is_empty() {
                kept.push('&');
            }
            kept.push_str(&pair);
        }
    }
    kept
}

fn encode(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_campaign_parameters_and_nothing_else() {
        assert_eq!(campaign("a=1&utm_source=mail&secret=x&utm_term=a%26b"), "utm_source=mail&utm_term=a%26b");
        assert_eq!(campaign("a=utm_source"), "");
        assert_eq!(campaign("utm%5Fsource=x&amp;utm_term=y"), "utm_source=x&utm_term=y");
        assert_eq!(campaign(""), "");
    }

    #[test]
    fn the_whole_stays_below_its_bound() {
        let name = "utm_term=";
        let fits = format!("{name}{}", "x".repeat(MAX - 1 - name.len()));
        assert_eq!(campaign(&fits), fits);
        assert_eq!(campaign(&format!("{fits}x&utm_id=1")), "utm_id=1");
    }
}
