//! Who sent a request, by its `User-Agent`: a person, a link preview or another program.
//!
//! The rule has one home because two services need it. The redirector asks on each redirect, and only the cheap half:
//! [`is_preview`] and [`is_automated`] are one pass over the bytes. analytics-svc asks for everything, by [`parse`], and
//! remembers the results.
//!
//! A person's browser names an engine of today. A program that claims one gives itself away: it is `compatible; <name>`, it
//! carries an address to write to, or its name is on a list. Names of browsers and systems come from uap-core, names of
//! crawlers from crawler-user-agents; `scripts/user-agents.sh` updates both.
//!
//! What was rejected: `ua-parser`, which compiles all expressions at start (seconds in a debug build, and tens of
//! megabytes), and Matomo's device-detector, whose data is under the LGPL.

mod device;
mod kind;
mod names;
mod rules;

pub use self::kind::{Kind, is_automated, is_preview};
pub use self::names::in_app_browser;

/// What a user agent says. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent {
    /// Who it is.
    pub kind: Kind,
    /// `desktop`, `mobile`, `tablet`, `tv`, `console`, `vr`, or `bot` for every program.
    pub device: Option<&'static str>,
    /// A family without its version: `Windows`, `macOS`, `iOS`, `Android`, `Linux`, …
    pub system: Option<String>,
    /// A family without its version (`Chrome`, `Safari`, `Instagram`), or the name of a program.
    pub browser: Option<String>,
}

impl UserAgent {
    /// Returns `true` for previews and all other programs.
    pub fn is_bot(&self) -> bool {
        self.kind != Kind::Person
    }
}

/// Reads a user agent. The first call compiles the tables; a call costs some 10 to 100 µs, so remember the result.
pub fn parse(user_agent: &str) -> UserAgent {
    let kind = Kind::from_user_agent(user_agent);
    if kind == Kind::Person {
        let system = names::system(user_agent);
        UserAgent {
            kind,
            device: device::device(user_agent, system.as_deref()),
            browser: names::browser(user_agent),
            system,
        }
    } else {
        UserAgent { kind, device: Some("bot"), system: names::system(user_agent), browser: names::program(user_agent) }
    }
}
