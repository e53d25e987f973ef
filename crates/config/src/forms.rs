//! Forms that values of several sections have, as checks that add a problem.

use std::net::SocketAddr;

use url::{Host, Url};

use crate::{ConfigErrors, Secret, secret::parse_key32};

/// A secret key is empty (the process may not need it) or 64 hexadecimal digits.
pub(crate) fn key32(errors: &mut ConfigErrors, key: &str, secret: &Secret) {
    if !secret.is_empty() && parse_key32(secret.expose()).is_none() {
        errors.add(key, "must be 64 hexadecimal digits (32 bytes; openssl rand -hex 32)");
    }
}

/// A store's address: one of `schemes`. The address may hold a password and is not shown.
pub(crate) fn store_url(errors: &mut ConfigErrors, key: &str, secret: &Secret, schemes: &[&str]) {
    let known = Url::parse(secret.expose()).is_ok_and(|url| schemes.contains(&url.scheme()));
    if !known {
        errors.add(key, format!("must be a URL that starts with {}://", schemes.join(":// or ")));
    }
}

/// `http(s)://host[:port]` and nothing after it.
pub(crate) fn origin(errors: &mut ConfigErrors, key: &str, text: &str) {
    let is_origin = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text.to_ascii_lowercase()
    });
    if !is_origin {
        errors.add(key, format!("{text:?} is not http(s)://host[:port] without a path"));
    }
}

/// `http(s)://host[:port][/path]` without a slash at the end, so that paths can be put behind it.
pub(crate) fn base_url(errors: &mut ConfigErrors, key: &str, text: &str) {
    let is_base = Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none() && !text.contains(['?', '#', '@']);
        matches!(url.scheme(), "http" | "https") && plain && !text.ends_with('/')
    });
    if !is_base {
        // What was entered may hold a password and is not shown.
        errors.add(key, "must be http(s)://host[:port][/path] without user name, query and a slash at the end");
    }
}

/// A host name or address without a port, in the form browsers send it: lower case, A-labels, `[::1]`.
pub(crate) fn host(errors: &mut ConfigErrors, key: &str, text: &str) {
    if Host::parse(text).map(|host| host.to_string()).as_deref() != Ok(text) {
        errors.add(key, format!("{text:?} is not a host without a port, in lower case"));
    }
}

/// One of a few words.
pub(crate) fn choice(errors: &mut ConfigErrors, key: &str, text: &str, words: &[&str]) {
    if !words.contains(&text) {
        errors.add(key, format!("{text:?} is none of {}", words.join(", ")));
    }
}

/// `less` must not be greater than `more`; both by name and value.
pub(crate) fn ordered(errors: &mut ConfigErrors, less: (&str, u64), more: (&str, u64)) {
    if less.1 > more.1 {
        errors.add(less.0, format!("{} is greater than {}, which is {}", less.1, more.0, more.1));
    }
}

/// The two listeners of one process differ, unless the system chooses their ports.
pub(crate) fn listeners(errors: &mut ConfigErrors, section: &str, listen: SocketAddr, admin_listen: SocketAddr) {
    if listen == admin_listen && listen.port() != 0 {
        errors.add(format!("{section}.admin_listen"), format!("is the same as {section}.listen"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: impl FnOnce(&mut ConfigErrors)) -> usize {
        let mut errors = ConfigErrors::default();
        check(&mut errors);
        errors.problems().len()
    }

    #[test]
    fn origins() {
        for good in ["http://localhost:8080", "https://go.example", "http://[::1]:1", "https://GO.example"] {
            assert_eq!(problems(|e| origin(e, "k", good)), 0, "{good}");
        }
        for bad in [
            "",
            "go.example",
            "ftp://go.example",
            "http://go.example/",
            "http://u@go.example",
            "https://go.example:443",
        ] {
            assert_eq!(problems(|e| origin(e, "k", bad)), 1, "{bad}");
        }
    }

    #[test]
    fn hosts() {
        for good in ["localhost", "127.0.0.1", "[::1]", "xn--bcher-kva.example"] {
            assert_eq!(problems(|e| host(e, "k", good)), 0, "{good}");
        }
        for bad in ["", "localhost:80", "Go.example", "bücher.example", "0x7f.1", "a/b"] {
            assert_eq!(problems(|e| host(e, "k", bad)), 1, "{bad}");
        }
    }
}
