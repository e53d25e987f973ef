//! The directory of `curtail up`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// The directory, held by a lock as long as this lives. The system gives the lock back even after `kill -9`.
pub(crate) struct WorkDir {
    root: PathBuf,
    _lock: File,
}

impl WorkDir {
    /// Makes the directory if it is missing and takes its lock.
    ///
    /// # Errors
    /// When another `up` holds it.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("{} can not be made", dir.display()))?;
        let root = dir.canonicalize()?;
        for private in ["secrets", "logs", "run", "spool", "redis"] {
            DirBuilder::new().recursive(true).mode(0o700).create(root.join(private))?;
        }
        // Stays open, and closes in children: only this process holds the lock.
        let mut lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(root.join("lock"))?;
        if lock.try_lock().is_err() {
            let mut pid = String::new();
            lock.read_to_string(&mut pid)?;
            bail!("another `curtail up` (process {}) runs in {}", pid.trim(), root.display());
        }
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())?;
        let work = Self { root, _lock: lock };
        work.forget_ready();
        Ok(work)
    }

    /// An absolute path below the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where a child's output goes; what the last run left there is kept as `.1`.
    pub(crate) fn fresh_log(&self, name: &str) -> PathBuf {
        let log = self.path(&format!("logs/{name}.log"));
        // Missing the first time; a log that cannot be moved is simply continued.
        let _ = fs::rename(&log, log.with_extension("log.1"));
        log
    }

    /// Writes a file that only its owner may read, whole or not at all.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let (path, part) = (self.path(name), self.path(&format!("{name}.part")));
        let _ = fs::remove_file(&part);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        Ok(path)
    }

    /// Tells scripts that wait that everything answers: `run/ready` exists.
    pub(crate) fn mark_ready(&self) -> anyhow::Result<()> {
        self.write_private("run/ready", "").map(|_| ())
    }

    /// Takes [`WorkDir::mark_ready`] back.
    pub(crate) fn forget_ready(&self) {
        let _ = fs::remove_file(self.path("run/ready"));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_has_one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = WorkDir::open(dir.path()).unwrap();
        let error = WorkDir::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(first);
        WorkDir::open(dir.path()).unwrap();
    }

    #[test]
    fn private_files_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let work = WorkDir::open(dir.path()).unwrap();
        work.write_private("secrets/a", "old").unwrap();
        let path = work.write_private("secrets/a", "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
