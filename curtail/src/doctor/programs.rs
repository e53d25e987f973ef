//! Programs that `curtail up` needs.

use std::path::Path;

use super::Finding;
use crate::{path, settings, up};

const REMEDY: &str = "run scripts/setup.sh";

/// Private stores need their programs; a platform that uses the operator's own does not.
pub(super) fn check(dir: &Path) -> Vec<Finding> {
    let written = settings::read(dir).unwrap_or_default();
    let mut findings = Vec::new();
    if written.contains_key("DATABASE_URL_FILE") {
        findings.push(match up::postgres::installed() {
            Some(bin) => Finding::good("postgres program", bin.display().to_string()),
            None => Finding::bad("postgres program", "PostgreSQL is not installed", REMEDY),
        });
    }
    if written.contains_key("REDIS_URL_FILE") {
        findings.push(program("redis-server"));
    }
    if !written.is_empty() {
        findings.push(program("setpriv"));
    }
    findings
}

fn program(name: &str) -> Finding {
    match path::find(name) {
        Some(path) => Finding::good(format!("{name} program"), path.display().to_string()),
        None => Finding::bad(format!("{name} program"), "is not installed", REMEDY),
    }
}
