//! Mails as they lie in the mailbox folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mail_parser::MessageParser;

/// A mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its `Message-ID`.
    pub id: String,
    /// From the name of the file: `<time>-<kind>-<id>.eml`.
    pub kind: String,
    /// Its first recipient.
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// All mails of the folder.
pub fn mails(dir: &Path) -> Vec<Mail> {
    let parse = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("a mail");
        let mail = MessageParser::default().parse(&bytes).expect("a mail of RFC 5322");
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let kind = name.split_once('-').and_then(|(_, rest)| rest.rsplit_once('-')).expect("a kind").0.to_owned();
        Mail {
            id: mail.message_id().expect("an id").to_owned(),
            kind,
            to: mail.to().and_then(|to| to.first()?.address()).unwrap_or_default().to_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
        }
    };
    files(dir)
        .into_keys()
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(parse)
        .collect()
}

/// Every file of the folder, unfinished ones too, and when it was last written.
pub fn files(dir: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    // What is renamed meanwhile will be seen the next time.
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?))).collect()
}

/// The token in a mail that leads to a page: `verify`, `invite`.
pub fn token(mail: &Mail, page: &str) -> Option<String> {
    let (_, rest) = mail.text.split_once(&format!("/{page}?token="))?;
    rest.split_whitespace().next().map(ToOwned::to_owned)
}
