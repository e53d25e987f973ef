//! Destinations: what is taken is http or https, names no credentials, holds nothing that a header cannot, and is taken again as it is.
#![no_main]

use std::sync::LazyLock;

use curtail_config::Config;
use libfuzzer_sys::fuzz_target;
use shortener_svc::destination::Rules;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let config = Config::for_tests();
    Rules::new(&config.domains, &config.shortener).expect("the rules of the tests")
});

fuzz_target!(|text: &str| {
    let Ok(destination) = RULES.check(text) else { return };
    let url = destination.as_str();
    assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
    let authority = url.split('/').nth(2).expect("a host");
    assert!(!authority.is_empty() && !authority.contains('@'), "{url}");
    assert_eq!(RULES.check(url).map(|again| again.into_string()).ok().as_deref(), Some(url));
});
