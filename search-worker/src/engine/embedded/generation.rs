//! One index on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use tantivy::directory::MmapDirectory;
use tantivy::schema::{IndexRecordOption, Value as _};
use tantivy::{DocSet as _, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyDocument};

use super::collect::Collect;
use super::fields::{self, Fields};
use super::plan::plan;
use crate::entry::Change;
use crate::question::{self, Found, Hit, Question, facets};

/// What the writer may hold in memory before it starts another segment, in bytes.
const WRITER_MEMORY: usize = 50_000_000;

/// Changes that may wait in memory for a commit. Their versions are kept there meanwhile.
const UNCOMMITTED: usize = 50_000;

/// An index with its one writer.
pub struct Generation {
    dir: PathBuf,
    fields: Fields,
    reader: IndexReader,
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    index: IndexWriter,
    /// Versions of links that were changed since the last commit, which searches do not see yet.
    staged: HashMap<i64, i64>,
}

impl Generation {
    /// An empty index in a new directory.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub fn create(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        let (schema, fields) = Fields::new();
        let index = Index::builder().schema(schema).open_or_create(MmapDirectory::open(dir)?)?;
        Self::of(dir, index, fields)
    }

    /// The index that is in a directory.
    ///
    /// # Errors
    /// When there is none, or it is broken or of another form.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let (schema, fields) = Fields::new();
        let index = Index::open_in_dir(dir)?;
        anyhow::ensure!(index.schema() == schema, "the index has other fields");
        let broken = index.validate_checksum()?;
        anyhow::ensure!(broken.is_empty(), "damaged: {broken:?}");
        Self::of(dir, index, fields)
    }

    fn of(dir: &Path, index: Index, fields: Fields) -> anyhow::Result<Self> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        // One thread: on a busy machine a second one would only take from the searches.
        let writer = index.writer_with_num_threads(1, WRITER_MEMORY)?;
        let writer = Mutex::new(Some(Writer { index: writer, staged: HashMap::new() }));
        Ok(Self { dir: dir.to_owned(), fields, reader, writer })
    }

    /// Takes changes in; they are found after the next [`Generation::commit`]. A change that is not newer than what is there does
    /// nothing.
    ///
    /// # Errors
    /// When the disk does not do it, or the index is retired.
    pub fn stage(&self, changes: &[Change]) -> anyhow::Result<()> {
        let mut guard = self.writer();
        let writer = guard.as_mut().context("the index is retired")?;
        let searcher = self.reader.searcher();
        let versions = Versions::of(&searcher, &self.fields)?;
        for change in changes {
            let id = change.id();
            let known = match writer.staged.get(&id) {
                Some(version) => Some(*version),
                None => versions.get(&self.fields, id)?,
            };
            if known.is_some_and(|known| known >= change.version()) {
                continue;
            }
            if known.is_some() {
                writer.index.delete_term(self.fields.id_term(id));
            }
            writer.index.add_document(self.fields.document(change)?)?;
            writer.staged.insert(id, change.version());
        }
        if writer.staged.len() >= UNCOMMITTED { self.commit_with(writer) } else { Ok(()) }
    }

    /// Makes everything that was staged durable and visible.
    ///
    /// # Errors
    /// As for [`Generation::stage`].
    pub fn commit(&self) -> anyhow::Result<()> {
        let mut guard = self.writer();
        let writer = guard.as_mut().context("the index is retired")?;
        if writer.staged.is_empty() { Ok(()) } else { self.commit_with(writer) }
    }

    fn commit_with(&self, writer: &mut Writer) -> anyhow::Result<()> {
        writer.index.commit()?;
        self.reader.reload()?;
        writer.staged.clear();
        Ok(())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub fn search(&self, question: &Question) -> anyhow::Result<Found> {
        let searcher = self.reader.searcher();
        // One more than wanted, only to see whether it is there.
        let collect = Collect { limit: question.limit + 1, after: question.after, now_us: question.now_us };
        let mut found = searcher.search(&plan(&self.fields, question), &collect)?;
        let has_more = found.best.len() > question.limit;
        found.best.truncate(question.limit);
        let hit = |(place, address)| -> anyhow::Result<Hit> {
            let document: TantivyDocument = searcher.doc(address)?;
            let texts = document.get_first(self.fields.texts).and_then(|texts| texts.as_bytes());
            Ok(Hit { place, texts: serde_json::from_slice(texts.context("a hit without texts")?)? })
        };
        let mut counted = facets(question::TAG, found.tags);
        counted.extend(facets(question::STATE, found.states));
        counted.extend(facets(question::DOMAIN, found.domains));
        Ok(Found {
            hits: found.best.into_iter().map(hit).collect::<Result<_, _>>()?,
            has_more,
            total: found.total,
            facets: counted,
        })
    }

    /// Writes every part again that holds links which were changed or deleted since: until then their words are in the files,
    /// where no search sees them.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub fn shed(&self) -> anyhow::Result<()> {
        let searcher = self.reader.searcher();
        let stale = searcher.segment_readers().iter().filter(|segment| segment.has_deletes());
        for segment in stale {
            // One that was merged with others meanwhile has shed already. Writing goes on while this one is merged.
            let Some(merging) = self.writer().as_mut().map(|writer| writer.index.merge(&[segment.segment_id()])) else {
                return Ok(());
            };
            if let Err(error) = merging.wait() {
                tracing::debug!(%error, "a part of the index was merged by somebody else");
            }
        }
        drop(searcher);
        self.reader.reload()?;
        let collecting = self.writer().as_mut().map(|writer| writer.index.garbage_collect_files());
        collecting.map(tantivy::FutureResult::wait).transpose()?;
        Ok(())
    }

    /// Ends writing and removes the files. Searches that are under way keep what they have open.
    pub fn retire(&self) {
        drop(self.writer().take());
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(dir = %self.dir.display(), %error, "an old index stays on the disk until the next start");
        }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Links that can be found or are remembered as deleted.
    pub fn documents(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    fn writer(&self) -> MutexGuard<'_, Option<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The versions of links as the last commit left them.
struct Versions<'s> {
    segments:
        Vec<(&'s tantivy::SegmentReader, std::sync::Arc<tantivy::InvertedIndexReader>, tantivy::columnar::Column<i64>)>,
}

impl<'s> Versions<'s> {
    fn of(searcher: &'s Searcher, fields: &Fields) -> tantivy::Result<Self> {
        let open = |segment: &'s tantivy::SegmentReader| {
            Ok((segment, segment.inverted_index(fields.id)?, segment.fast_fields().i64(fields::VERSION)?))
        };
        Ok(Self { segments: searcher.segment_readers().iter().map(open).collect::<tantivy::Result<_>>()? })
    }

    fn get(&self, fields: &Fields, id: i64) -> anyhow::Result<Option<i64>> {
        let term = fields.id_term(id);
        for (segment, links, versions) in &self.segments {
            let Some(mut postings) = links.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED {
                if segment.alive_bitset().is_none_or(|alive| alive.is_alive(postings.doc())) {
                    return Ok(versions.first(postings.doc()));
                }
                postings.advance();
            }
        }
        Ok(None)
    }
}
