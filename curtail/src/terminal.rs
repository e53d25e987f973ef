//! What the operator reads. Commands print here, services log.

use std::io::Write as _;

/// Writes a line to standard output. A reader that went away is no reason to fail.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes a line to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
