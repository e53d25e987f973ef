//! The paths of the public listeners, as data.
//!
//! The routers of the gateway and of the redirector are built from these constants, and so are the words that no one may take
//! as the code of a link. A route cannot be added without becoming reserved.
//!
//! The gateway's words are reserved on short domains too: an installation may put both behind one host name.

/// Declares constants for the paths of one listener and the table of all of them.
macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*

        /// All paths of this listener.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

/// Paths of the gateway, in the notation of axum.
pub mod gateway {
    paths! {
        /// GraphQL over HTTP: queries, mutations, and subscriptions by server-sent events.
        GRAPHQL = "/graphql";
        /// GraphQL subscriptions over WebSocket (graphql-transport-ws).
        WS = "/ws";
        /// The playground's page.
        PLAYGROUND = "/playground";
        /// REST: the links of a workspace, and new ones.
        LINKS = "/v1/links";
        /// REST: many new links.
        LINKS_BULK = "/v1/links/bulk";
        /// REST: a change of many links.
        LINKS_BULK_UPDATE = "/v1/links/bulk/update";
        /// REST: the deletion of many links.
        LINKS_BULK_DELETE = "/v1/links/bulk/delete";
        /// REST: one link.
        LINK = "/v1/links/{id}";
        /// REST: a deleted link comes back.
        LINK_RESTORE = "/v1/links/{id}/restore";
        /// REST: a link is taken down.
        LINK_BLOCK = "/v1/links/{id}/block";
        /// REST: a take-down ends.
        LINK_RELEASE = "/v1/links/{id}/release";
        /// REST: a tag.
        TAG = "/v1/tags/{name}";
        /// REST: a tag becomes another one.
        TAG_MERGE = "/v1/tags/{name}/merge";
        /// REST: clicks of a link.
        LINK_STATS = "/v1/links/{id}/stats";
        /// REST: a link as a picture.
        LINK_QR = "/v1/links/{id}/qr";
        /// REST: clicks of a workspace.
        STATS = "/v1/stats";
        /// REST: links by their words.
        SEARCH = "/v1/search";
        /// REST: the API keys of a workspace, and new ones.
        API_KEYS = "/v1/api-keys";
        /// REST: one API key.
        API_KEY = "/v1/api-keys/{id}";
        /// Clicks as CSV: `totals.csv`, `series.csv`, `breakdown.csv`, `clicks.csv`.
        EXPORT = "/v1/analytics/{report}";
        /// REST described in OpenAPI.
        OPENAPI = "/v1/openapi.json";
        /// Shortening in its common small form.
        SHORTEN = "/shorten";
        /// The counts of a code in their common small form.
        CODE_STATS = "/stats/{code}";
        /// The page behind the unsubscribe address of a mail.
        UNSUBSCRIBE = "/unsubscribe";
        /// The app itself.
        HOME = "/";
        /// Signing in and up.
        LOGIN = "/login";
        /// Where the mail of a new address leads to.
        VERIFY = "/verify";
        /// Where the mail of a forgotten password leads to.
        RESET = "/reset";
        /// Where an invitation to a workspace leads to.
        INVITE = "/invite";
        /// Scripts and styles of pages that the gateway serves.
        ASSETS = "/assets/{*file}";
    }
}

/// Paths of the redirector that are not codes of links.
pub mod redirector {
    paths! {
        /// What crawlers may read.
        ROBOTS = "/robots.txt";
        /// The icon browsers ask for.
        FAVICON = "/favicon.ico";
        /// The style of the pages that explain why there is no redirect.
        STYLE = "/page.css";
        /// Reserved by RFC 8615; answered with 404.
        WELL_KNOWN = "/.well-known/{*name}";
    }
}

/// First segments of the gateway's paths.
pub const GATEWAY: &[&str] = &first_segments::<{ gateway::ALL.len() }>(gateway::ALL);

/// First segments of the redirector's paths besides the codes.
pub const REDIRECTOR: &[&str] = &first_segments::<{ redirector::ALL.len() }>(redirector::ALL);

/// First segments that no router serves yet but that must stay free: for parts of the product that come later, for files that
/// machines look for at the root of a host, and for words that would lend a link our own authority.
pub const AHEAD: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "ads.txt",
    "analytics",
    "api",
    "app",
    "apple-touch-icon.png",
    "auth",
    "billing",
    "blog",
    "browserconfig.xml",
    "callback",
    "contact",
    "crossdomain.xml",
    "dashboard",
    "docs",
    "domains",
    "favicon.svg",
    "health",
    "healthz",
    "help",
    "home",
    "humans.txt",
    "index.html",
    "index.php",
    "legal",
    "link",
    "links",
    "livez",
    "logout",
    "manifest.json",
    "me",
    "metrics",
    "oauth",
    "oidc",
    "openapi.json",
    "password",
    "preview",
    "pricing",
    "privacy",
    "qr",
    "ready",
    "readyz",
    "register",
    "report",
    "rest",
    "rpc",
    "search",
    "security",
    "security.txt",
    "settings",
    "signin",
    "signout",
    "signup",
    "site.webmanifest",
    "sitemap.xml",
    "sse",
    "static",
    "status",
    "subscriptions",
    "support",
    "terms",
    "unlock",
    "v2",
    "v3",
    "webhooks",
    "well-known",
    "workspace",
    "workspaces",
    "www",
];

/// The parameter that QR codes add to a short URL, by which a scan is distinguished from a click.
pub const SCAN_MARK: &str = "qr=1";

/// Whether a code or alias would hide one of our own paths, whatever its case. A `+` at the end does not make it another
/// path, as it asks for the preview of what stands before it.
pub fn is_reserved(code: &str) -> bool {
    let code = code.trim_end_matches('+').to_lowercase();
    // Browsers resolve the two dots before they ask.
    matches!(code.as_str(), "" | "." | "..")
        || AHEAD.contains(&code.as_str())
        || GATEWAY.contains(&code.as_str())
        || REDIRECTOR.contains(&code.as_str())
}

/// `"graphql"` of `"/graphql/{id}"`.
const fn first_segment(path: &'static str) -> &'static str {
    let (_, path) = path.split_at(1);
    let mut end = 0;
    while end < path.len() && path.as_bytes()[end] != b'/' {
        end += 1;
    }
    path.split_at(end).0
}

const fn first_segments<const N: usize>(paths: &[&'static str]) -> [&'static str; N] {
    let mut segments = [""; N];
    let mut at = 0;
    while at < N {
        segments[at] = first_segment(paths[at]);
        at += 1;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s10_every_route_is_reserved_in_any_case() {
        for segment in GATEWAY.iter().chain(REDIRECTOR) {
            assert!(is_reserved(segment), "{segment}");
            assert!(is_reserved(&segment.to_uppercase()), "{segment}");
            assert!(is_reserved(&format!("{segment}+")), "{segment}");
            assert!(!segment.contains(['{', '/']), "{segment}: a parameter as first segment would reserve nothing");
        }
        assert_eq!(REDIRECTOR, ["robots.txt", "favicon.ico", "page.css", ".well-known"]);
    }

    #[test]
    fn s10_path_tricks_are_reserved_and_ordinary_words_are_not() {
        // The last but one has U+212A, whose lower case is an ordinary k.
        for code in ["", "+", ".", "..", "API", "Admin", ".well-known", "lin\u{212a}", "robots.txt"] {
            assert!(is_reserved(code), "{code:?}");
        }
        for code in ["graph", "graphql2", "spring-sale", "v1a", "ß", "日本"] {
            assert!(!is_reserved(code), "{code}");
        }
    }

    #[test]
    fn the_words_are_sorted_lower_case_and_unique() {
        assert!(AHEAD.is_sorted_by(|a, b| a < b));
        assert!(AHEAD.iter().all(|word| word.to_lowercase() == *word));
    }
}
