//! What the demo account shortens, and who clicks.

/// A link of the demo.
pub(super) struct DemoLink {
    pub(super) url: &'static str,
    pub(super) alias: Option<&'static str>,
    pub(super) title: &'static str,
    pub(super) tags: &'static [&'static str],
    /// Its share of all clicks.
    pub(super) weight: u32,
    /// How many days ago it was first shared.
    pub(super) age_days: i64,
}

const fn link(
    url: &'static str,
    alias: Option<&'static str>,
    title: &'static str,
    tags: &'static [&'static str],
    weight: u32,
    age_days: i64,
) -> DemoLink {
    DemoLink { url, alias, title, tags, weight, age_days }
}

#[rustfmt::skip]
pub(super) const LINKS: &[DemoLink] = &[
    link("https://www.rust-lang.org/learn", Some("learn-rust"), "Learn Rust", &["docs"], 30, 30),
    link("https://www.postgresql.org/docs/current/", None, "PostgreSQL manual", &["docs"], 12, 30),
    link("https://redis.io/docs/latest/develop/data-types/streams/", None, "Redis Streams", &["docs"], 9, 28),
    link("https://graphql.org/learn/", Some("graphql-intro"), "Introduction to GraphQL", &["docs"], 8, 26),
    link("https://example.com/spring?utm_source=newsletter&utm_medium=email&utm_campaign=spring", Some("spring"), "Spring newsletter", &["campaign", "mail"], 26, 21),
    link("https://example.com/spring?utm_source=instagram&utm_medium=social&utm_campaign=spring", Some("spring-ig"), "Spring on Instagram", &["campaign", "social"], 18, 20),
    link("https://example.com/launch", Some("launch"), "Product launch", &["campaign"], 40, 9),
    link("https://example.com/talk/slides.pdf", Some("slides"), "Slides of the talk", &["talk"], 14, 14),
    link("https://example.com/jobs/engineer", None, "We are hiring", &["jobs"], 7, 25),
    link("https://example.com/menu", Some("menu"), "Menu (QR on the tables)", &["print"], 11, 30),
    link("https://en.wikipedia.org/wiki/URL_shortening", None, "What a short link is", &[], 3, 30),
    link("https://example.com/survey", Some("survey"), "Customer survey", &["mail"], 6, 5),
];

/// Share, network (/24) and language of visitors.
#[rustfmt::skip]
pub(super) const PLACES: &[(u32, [u8; 3], &str)] = &[
    (30, [73, 15, 20], "en-US"), (10, [24, 6, 30], "en-US"), (14, [84, 130, 1], "de-DE"), (9, [81, 2, 69], "en-GB"),
    (7, [90, 1, 10], "fr-FR"), (7, [126, 1, 2], "ja-JP"), (8, [49, 36, 1], "en-IN"), (5, [177, 10, 20], "pt-BR"),
    (4, [1, 128, 0], "en-AU"), (4, [99, 224, 1], "en-CA"), (2, [145, 97, 1], "nl-NL"),
];

/// Share and user agent of visitors. The last ones are programs.
#[rustfmt::skip]
pub(super) const AGENTS: &[(u32, &str)] = &[
    (34, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36"),
    (24, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1"),
    (18, "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36"),
    (9, "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15"),
    (7, "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"),
    (4, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0"),
    (3, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (1, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
];

/// Share and host of referring pages; empty for none.
#[rustfmt::skip]
pub(super) const REFERRERS: &[(u32, &str)] = &[
    (45, ""), (20, "www.google.com"), (8, "t.co"), (7, "www.linkedin.com"), (6, "l.instagram.com"), (5, "news.ycombinator.com"),
    (4, "www.facebook.com"), (3, "www.bing.com"), (2, "blog.example.org"),
];

/// Words of the demo's passphrase, 64 of them.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "amber", "apple", "april", "aspen", "badge", "basil", "beach", "birch", "brick", "cabin", "cedar", "chalk", "cliff", "cloud",
    "comet", "coral", "crane", "delta", "ember", "fable", "fern", "flint", "frost", "glade", "grape", "harbor", "hazel", "honey",
    "iris", "ivory", "jade", "kelp", "lemon", "lilac", "linen", "lotus", "maple", "marsh", "meadow", "mint", "moss", "north",
    "oasis", "olive", "onyx", "opal", "orbit", "otter", "pearl", "pine", "plume", "quartz", "raven", "reed", "river", "sable",
    "sage", "slate", "spruce", "stone", "thyme", "tulip", "violet", "willow",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_dozen_links_and_64_words() {
        assert_eq!(LINKS.len(), 12);
        assert_eq!(WORDS.iter().collect::<std::collections::BTreeSet<_>>().len(), 64);
        assert!(LINKS.iter().filter_map(|link| link.alias).all(|alias| !curtail_routes::is_reserved(alias)));
    }
}
