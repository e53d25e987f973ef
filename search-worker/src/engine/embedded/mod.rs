//! The engine inside of the process: an index of tantivy in a directory of its own.
//!
//! The directory holds one index for each time it was built (`links-<form>-<number>`) and the file `current`, which names the one
//! that serves. A new one is built beside it and takes its place by a rename of that file.

mod collect;
mod fields;
mod generation;
mod plan;
mod typos;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context as _;

use self::fields::FORM;
use self::generation::Generation;
use super::EngineError;
use crate::entry::Change;
use crate::question::{Found, Question};

/// The index of this process.
pub struct Embedded {
    root: PathBuf,
    indexes: RwLock<Indexes>,
    /// Held while changes are applied and while the indexes change places: what is staged in an index that is being built must not
    /// miss the commit with which it begins to serve.
    applying: Mutex<()>,
    /// Held as long as this lives: two processes must not write into one directory.
    _lock: File,
}

#[derive(Default, Clone)]
struct Indexes {
    serving: Option<Arc<Generation>>,
    building: Option<Arc<Generation>>,
}

impl Embedded {
    /// Takes the directory and opens the index that served last. One that is missing, broken or of an older form is left out.
    ///
    /// # Errors
    /// When the directory cannot be used or another process has it.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(root).with_context(|| format!("search.index_dir {}", root.display()))?;
        let lock = File::create(root.join("lock"))?;
        lock.try_lock().map_err(|_| anyhow::anyhow!("another process has search.index_dir {}", root.display()))?;
        let serving = current(root).and_then(|name| match Generation::open(&root.join(&name)) {
            Ok(generation) => Some(Arc::new(generation)),
            Err(error) => {
                tracing::warn!(
                    index = name,
                    error = format!("{error:#}"),
                    "the index can not be used and is built anew"
                );
                None
            }
        });
        sweep(root, serving.as_ref().map(|serving| serving.dir()))?;
        let indexes = RwLock::new(Indexes { serving, building: None });
        Ok(Self { root: root.to_owned(), indexes, applying: Mutex::new(()), _lock: lock })
    }

    /// Whether there is an index to search.
    pub fn is_serving(&self) -> bool {
        self.indexes().serving.is_some()
    }

    /// Applies changes to the index that serves and to the one that is being built; durable when this returns.
    ///
    /// # Errors
    /// Without an index, or when the disk does not do it.
    pub fn apply(&self, changes: &[Change]) -> Result<(), EngineError> {
        let _applying = self.applying.lock().unwrap_or_else(PoisonError::into_inner);
        let Indexes { serving, building } = self.indexes();
        if serving.is_none() && building.is_none() {
            return Err(EngineError::NoIndex);
        }
        // What is being built becomes durable when it is done; a crash before that starts it over.
        if let Some(building) = building {
            building.stage(changes)?;
        }
        if let Some(serving) = serving {
            serving.stage(changes)?;
            serving.commit()?;
        }
        Ok(())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// Without an index, or when the disk does not do it.
    pub fn search(&self, question: &Question) -> Result<Found, EngineError> {
        let serving = self.indexes().serving.ok_or(EngineError::NoIndex)?;
        Ok(serving.search(question)?)
    }

    /// Begins an empty index beside the one that serves. One that was begun before is given up.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub fn begin_rebuild(&self) -> Result<(), EngineError> {
        self.abandon_rebuild();
        let last = generations(&self.root)?.iter().filter_map(|name| number(name)).max().unwrap_or(0);
        let building = Generation::create(&self.root.join(format!("links-{FORM}-{}", last + 1)))?;
        self.change(|indexes| indexes.building = Some(Arc::new(building)));
        Ok(())
    }

    /// Adds links to the index that is being built, and to no other.
    ///
    /// # Errors
    /// When none is being built, or the disk does not do it.
    pub fn load(&self, changes: &[Change]) -> Result<(), EngineError> {
        Ok(self.indexes().building.ok_or(EngineError::NoIndex)?.stage(changes)?)
    }

    /// Lets the index that was built serve, from one search to the next.
    ///
    /// # Errors
    /// As for [`Embedded::load`].
    pub fn finish_rebuild(&self) -> Result<(), EngineError> {
        let _applying = self.applying.lock().unwrap_or_else(PoisonError::into_inner);
        let built = self.indexes().building.ok_or(EngineError::NoIndex)?;
        built.commit()?;
        self.name_current(built.dir())?;
        let mut old = None;
        self.change(|indexes| {
            old = indexes.serving.replace(built);
            indexes.building = None;
        });
        if let Some(old) = old {
            old.retire();
        }
        Ok(())
    }

    /// Gives up what is being built, if anything is.
    pub fn abandon_rebuild(&self) {
        let mut begun = None;
        self.change(|indexes| begun = indexes.building.take());
        if let Some(begun) = begun {
            begun.retire();
        }
    }

    /// Removes from the files what no search finds any more.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub fn shed(&self) -> Result<(), EngineError> {
        Ok(self.indexes().serving.map_or(Ok(()), |serving| serving.shed())?)
    }

    /// Documents in the index that serves, and its size in bytes.
    pub fn size(&self) -> (u64, u64) {
        self.indexes().serving.map_or((0, 0), |serving| (serving.documents(), bytes_in(serving.dir())))
    }

    fn name_current(&self, dir: &Path) -> anyhow::Result<()> {
        let name = dir.file_name().context("an index has a name")?;
        let part = self.root.join("current.part");
        let mut file = File::create(&part)?;
        file.write_all(name.as_encoded_bytes())?;
        file.sync_all()?;
        fs::rename(&part, self.root.join("current"))?;
        File::open(&self.root)?.sync_all()?;
        Ok(())
    }

    fn indexes(&self) -> Indexes {
        self.indexes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Indexes)) {
        change(&mut self.indexes.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The index that served last, if it has the form of this version.
fn current(root: &Path) -> Option<String> {
    let name = fs::read_to_string(root.join("current")).ok()?;
    number(&name).map(|_| name)
}

/// The number in the name of an index of this form.
fn number(name: &str) -> Option<u64> {
    name.strip_prefix(&format!("links-{FORM}-"))?.parse().ok()
}

/// Names of all indexes in the directory, of any form.
fn generations(root: &Path) -> anyhow::Result<Vec<String>> {
    let names = fs::read_dir(root)?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| name.starts_with("links-")).collect())
}

/// Removes what earlier processes left behind.
fn sweep(root: &Path, keep: Option<&Path>) -> anyhow::Result<()> {
    for name in generations(root)? {
        let dir = root.join(name);
        if Some(dir.as_path()) != keep {
            fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
        }
    }
    Ok(())
}

fn bytes_in(dir: &Path) -> u64 {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}
