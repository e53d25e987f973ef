//! The directory of one producer, and who holds it.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use rand::Rng;

/// 16 random bytes that name one incarnation of one writer of clicks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProducerId(pub [u8; 16]);

impl ProducerId {
    /// Draws a new one.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        Some(Self(u128::from_str_radix(text, 16).ok()?.to_be_bytes()))
    }

    /// Which of `shards` click streams its clicks go to.
    pub fn shard(&self, shards: u32) -> u32 {
        crc32fast::hash(&self.0) % shards.max(1)
    }
}

impl fmt::Display for ProducerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for ProducerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A producer's directory, locked for this process until it is dropped.
#[derive(Debug)]
pub struct ProducerDir {
    id: ProducerId,
    path: PathBuf,
    /// The flock goes with the descriptor, also when the process is killed.
    _lock: File,
}

impl ProducerDir {
    /// Makes the directory of a new producer under `root`.
    pub fn create(root: &Path, id: ProducerId) -> io::Result<Self> {
        // It gets its name when the lock is held: no process may adopt an unfinished directory.
        let (unnamed, path) = (root.join(format!(".new-{id}")), root.join(id.to_string()));
        fs::create_dir_all(&unnamed)?;
        let lock = File::create(unnamed.join("lock"))?;
        lock.try_lock()?;
        fs::rename(&unnamed, &path)?;
        File::open(root)?.sync_all()?;
        Ok(Self { id, path, _lock: lock })
    }

    /// Takes over every producer under `root` that no living process holds.
    pub fn adopt_dead(root: &Path) -> io::Result<Vec<Self>> {
        let mut homes = Vec::new();
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            if let Some(id) = entry.file_name().to_str().and_then(ProducerId::parse) {
                homes.extend(Self::adopt(id, entry.path())?);
            }
        }
        Ok(homes)
    }

    fn adopt(id: ProducerId, path: PathBuf) -> io::Result<Option<Self>> {
        let lock = match File::options().create(true).append(true).open(path.join("lock")) {
            Ok(lock) => lock,
            // Its last holder has just finished it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match lock.try_lock() {
            Ok(()) if path.exists() => Ok(Some(Self { id, path, _lock: lock })),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whose directory this is.
    pub fn id(&self) -> ProducerId {
        self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last click that was known to be counted; 0 when none is.
    pub fn saved_counted(&self) -> u64 {
        // A file that is missing or torn costs only clicks sent twice, which the consumer skips.
        fs::read_to_string(self.path.join("counted")).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Stores the last counted click for the next process.
    pub fn save_counted(&self, counted: u64) -> io::Result<()> {
        let unnamed = self.path.join("counted.new");
        fs::write(&unnamed, counted.to_string())?;
        fs::rename(unnamed, self.path.join("counted"))
    }

    /// Deletes the directory and all in it.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_adopted_once_its_holder_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let dir = ProducerDir::create(root.path(), ProducerId([7; 16])).unwrap();
        dir.save_counted(42).unwrap();
        assert!(ProducerDir::adopt_dead(root.path()).unwrap().is_empty(), "held");
        drop(dir);
        let adopted = ProducerDir::adopt_dead(root.path()).unwrap();
        assert_eq!(adopted.len(), 1);
        assert_eq!((adopted[0].id(), adopted[0].saved_counted()), (ProducerId([7; 16]), 42));
        assert!(ProducerDir::adopt_dead(root.path()).unwrap().is_empty(), "held again");
    }

    #[test]
    fn strange_names_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for name in [".new-00", "lost+found", "07070707070707070707070707070707x", "+7070707070707070707070707070707"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        assert!(ProducerDir::adopt_dead(root.path()).unwrap().is_empty());
    }

    #[test]
    fn ids_read_what_they_print() {
        let id = ProducerId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(ProducerId::parse(&id.to_string()), Some(id));
        assert!(id.shard(4) < 4);
    }
}
