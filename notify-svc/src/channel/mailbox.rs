//! A folder with a file for each message, for machines without an SMTP server or an API for text messages.

use std::path::{Path, PathBuf};

use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::Failure;
use crate::mail::Mail;
use crate::text::Text;

/// A folder.
pub struct Mailbox {
    dir: PathBuf,
}

impl Mailbox {
    /// The folder `dir`; it is made with the first message.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Writes `<time>-<kind>-<id>.eml`.
    pub(super) async fn mail(&self, mail: &Mail) -> Result<(), Failure> {
        self.keep(&mail.file, "eml", &mail.bytes).await
    }

    /// Writes `<time>-<kind>-<id>.sms.txt`: whom it is to, an empty line, and the text.
    pub(super) async fn text(&self, text: &Text) -> Result<(), Failure> {
        let whole = format!("To: {}\n\n{}\n", text.to, text.body);
        self.keep(&text.file, "sms.txt", whole.as_bytes()).await
    }

    /// Writes a file, whole or not at all. The same message again writes the same file.
    async fn keep(&self, name: &str, extension: &str, bytes: &[u8]) -> Result<(), Failure> {
        let away = |error: std::io::Error| Failure::Away(format!("{}: {error}", self.dir.display()));
        fs::create_dir_all(&self.dir).await.map_err(away)?;
        let part = self.dir.join(format!(".{name}.part"));
        // A message may hold a token: only its owner reads the folder.
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        let mut file = options.open(&part).await.map_err(away)?;
        file.write_all(bytes).await.map_err(away)?;
        file.sync_all().await.map_err(away)?;
        fs::rename(&part, self.dir.join(format!("{name}.{extension}"))).await.map_err(away)
    }
}
