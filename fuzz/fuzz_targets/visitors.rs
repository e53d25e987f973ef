//! What visitors send: user agents, campaigns, languages, referrers. Nothing of it has control characters when it is kept, and
//! nothing is longer than its bound.
#![no_main]

use std::cell::RefCell;

use analytics_svc::enrich::{Agents, Campaign, Channel, MAX_VALUE, Referrer, clean, language};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static AGENTS: RefCell<Agents> = RefCell::new(Agents::new());
}

fuzz_target!(|text: &str| {
    let agent = AGENTS.with_borrow_mut(|agents| agents.look_up(text));
    for kept in [agent.system.as_deref(), agent.browser.as_deref()].into_iter().flatten() {
        is_clean(kept);
    }
    let Campaign { source, medium, campaign, term, content } = Campaign::parse(text);
    for kept in [&source, &medium, &campaign, &term, &content].into_iter().flatten() {
        is_clean(kept);
    }
    if let Some(kept) = clean(text) {
        is_clean(&kept);
    }
    if let Some(kept) = language(text) {
        is_clean(&kept);
    }
    let referrer = Referrer::parse(text);
    if let Some(referrer) = &referrer {
        is_clean(&referrer.name);
    }
    let _ = Channel::new(medium.as_deref(), referrer.map(|referrer| referrer.channel)).as_str();
});

fn is_clean(kept: &str) {
    assert!(!kept.is_empty() && kept.len() <= MAX_VALUE, "{kept:?}");
    assert!(!kept.chars().any(char::is_control), "{kept:?}");
}
