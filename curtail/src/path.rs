//! Programs of this machine.

use std::path::PathBuf;

/// The file that a shell would run for `program`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}
