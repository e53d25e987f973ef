//! A folder with a file for each mail, for machines without an SMTP server.

use std::path::{Path, PathBuf};

use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::Failure;
use crate::mail::Mail;

/// A folder.
pub struct Mailbox {
    dir: PathBuf,
}

impl Mailbox {
    /// The folder `dir`; it is made with the first mail.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Writes `<time>-<kind>-<id>.eml`, whole or not at all. The same mail again writes the same file.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let away = |error: std::io::Error| Failure::Away(format!("{}: {error}", self.dir.display()));
        fs::create_dir_all(&self.dir).await.map_err(away)?;
        let name = format!("{}-{}-{}", mail.stamp, mail.kind.name(), mail.id);
        let part = self.dir.join(format!(".{name}.part"));
        // A mail may hold a token: only its owner reads the folder.
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        let mut file = options.open(&part).await.map_err(away)?;
        file.write_all(&mail.bytes).await.map_err(away)?;
        file.sync_all().await.map_err(away)?;
        fs::rename(&part, self.dir.join(format!("{name}.eml"))).await.map_err(away)
    }
}
