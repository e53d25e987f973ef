//! Where the servers of the tests keep their files.
//!
//! `TMPDIR/curtail-testkit-<uid>/` holds the cached `initdb` template and one `run-*` directory for each test process.
//! Not the target directory: root's is often closed to the user that PostgreSQL runs as, and a socket path is short.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static RUN: LazyLock<(PathBuf, File)> = LazyLock::new(|| claim_run_dir().expect("a directory for the test servers"));

/// The effective user of this process.
pub(crate) fn uid() -> u32 {
    fs::metadata("/proc/self").map_or(0, |me| me.uid())
}

/// The directory that outlives test processes.
pub(crate) fn base() -> PathBuf {
    std::env::temp_dir().join(format!("curtail-testkit-{}", uid()))
}

/// The directory of this process. A later test process removes it: at the end of this one no one is left to do so.
pub(crate) fn run_dir() -> &'static Path {
    &RUN.0
}

fn claim_run_dir() -> anyhow::Result<(PathBuf, File)> {
    let base = base();
    fs::create_dir_all(&base)?;
    anyhow::ensure!(fs::metadata(&base)?.uid() == uid(), "{} belongs to someone else", base.display());
    // Others may pass through (the user `postgres`, when this is root) but not look.
    fs::set_permissions(&base, fs::Permissions::from_mode(0o711))?;
    sweep(&base);
    let name = format!("run-{}", std::process::id());
    let lock = File::create(base.join(format!("{name}.lock")))?;
    lock.try_lock()?;
    let dir = base.join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir(&dir)?;
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o711))?;
    Ok((dir, lock))
}

/// Removes what processes left that are gone: their lock is free.
fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let gone =
            path.extension().is_some_and(|e| e == "lock") && File::open(&path).is_ok_and(|f| f.try_lock().is_ok());
        if gone {
            let _ = fs::remove_dir_all(path.with_extension(""));
            let _ = fs::remove_file(&path);
        }
    }
}
