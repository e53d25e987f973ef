//! Programs of other languages that a test runs against ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of npm packages, installed if need be, when Node is there and `package` is in it.
pub fn npm_packages(package: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !runs("node") {
        return None;
    }
    let packages = root.join("web/node_modules");
    if !packages.join(package).exists() {
        // Without it the caller says what was skipped.
        let _ = Command::new(root.join("scripts/npm-install.sh")).arg("web").output();
    }
    packages.join(package).exists().then_some(packages)
}

/// Whether a program is there.
pub fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
