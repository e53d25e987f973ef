//! What the embedded index keeps of a link, and how.
//!
//! Every word is kept under its workspace (`7:spring`): a search walks the words of one workspace and of no other, so neither what it
//! finds nor how long it takes depends on the links of strangers.

use tantivy::schema::{FAST, Field, INDEXED, STORED, STRING, Schema};
use tantivy::{TantivyDocument, Term};

use crate::entry::{Change, Entry, tag_key};
use crate::part::Part;

/// The form of the index; a change of fields or of words makes a new one, and old indexes are built again.
pub const FORM: u32 = 2;

pub const ID: &str = "id";
pub const VERSION: &str = "version";
pub const LASTING: &str = "lasting";
pub const STARTS: &str = "starts";
pub const EXPIRES: &str = "expires";
pub const TAG: &str = "tag";
pub const DOMAIN: &str = "domain";

/// The fields of the index.
#[derive(Debug, Clone)]
pub struct Fields {
    pub id: Field,
    pub version: Field,
    /// Missing on what was deleted, so that no search finds it.
    pub workspace: Field,
    pub lasting: Field,
    pub starts: Field,
    pub expires: Field,
    /// Tags as they are shown.
    pub tag: Field,
    /// Tags as they are compared.
    pub tag_key: Field,
    pub domain: Field,
    /// The texts as JSON, for highlights.
    pub texts: Field,
    parts: [Field; Part::ALL.len()],
}

impl Fields {
    /// The schema and its fields.
    pub fn new() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let fields = Self {
            id: schema.add_i64_field(ID, INDEXED | FAST),
            version: schema.add_i64_field(VERSION, FAST),
            workspace: schema.add_i64_field("workspace", INDEXED),
            lasting: schema.add_i64_field(LASTING, FAST),
            starts: schema.add_i64_field(STARTS, FAST),
            expires: schema.add_i64_field(EXPIRES, FAST),
            tag: schema.add_text_field(TAG, STRING | FAST),
            tag_key: schema.add_text_field("tag_key", STRING),
            domain: schema.add_text_field(DOMAIN, STRING | FAST),
            texts: schema.add_bytes_field("texts", STORED),
            parts: Part::ALL.map(|part| schema.add_text_field(&format!("words_{}", part.name()), STRING)),
        };
        (schema.build(), fields)
    }

    /// The field with the words of a part.
    pub fn words(&self, part: Part) -> Field {
        let place = Part::ALL.iter().position(|each| *each == part).expect("ALL has every part");
        self.parts[place]
    }

    /// The term of a link's number.
    pub fn id_term(&self, id: i64) -> Term {
        Term::from_field_i64(self.id, id)
    }

    /// What is kept after a change.
    ///
    /// # Errors
    /// When the texts do not become JSON.
    pub fn document(&self, change: &Change) -> Result<TantivyDocument, serde_json::Error> {
        let mut document = TantivyDocument::new();
        document.add_i64(self.id, change.id());
        document.add_i64(self.version, change.version());
        match change {
            Change::Put(entry) => self.fill(&mut document, entry)?,
            Change::Remove { .. } => {
                document.add_i64(self.lasting, 0);
                document.add_i64(self.starts, 0);
                document.add_i64(self.expires, 0);
            }
        }
        Ok(document)
    }

    fn fill(&self, document: &mut TantivyDocument, entry: &Entry) -> Result<(), serde_json::Error> {
        document.add_i64(self.workspace, entry.workspace);
        document.add_i64(self.lasting, i64::from(i32::from(entry.lasting)));
        document.add_i64(self.starts, entry.starts_us);
        document.add_i64(self.expires, entry.expires_us);
        document.add_text(self.domain, &entry.domain);
        for tag in &entry.texts.tags {
            document.add_text(self.tag, tag);
            document.add_text(self.tag_key, tag_key(tag));
        }
        document.add_bytes(self.texts, &serde_json::to_vec(&entry.texts)?);
        for part in Part::ALL {
            for word in entry.words(part) {
                document.add_text(self.words(part), key(entry.workspace, &word));
            }
        }
        Ok(())
    }
}

/// A word under its workspace.
pub fn key(workspace: i64, word: &str) -> String {
    format!("{workspace:x}:{word}")
}
