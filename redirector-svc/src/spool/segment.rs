//! The files of a producer: segments named by the number of their first click.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Path of the segment that starts with click `first_seq`.
pub fn path(dir: &Path, first_seq: u64) -> PathBuf {
    dir.join(format!("{first_seq:020}.seg"))
}

/// First click of each segment in `dir`, ascending.
pub fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let first: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".seg")).and_then(|digits| digits.parse().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Bytes of the segments in `dir`.
pub fn total_bytes(dir: &Path) -> io::Result<u64> {
    list(dir)?.into_iter().map(|first| Ok(fs::metadata(path(dir, first))?.len())).sum()
}

/// Deletes the segments all of whose clicks are at or below `counted`; the newest always stays. Gives the bytes freed.
pub fn remove_counted(dir: &Path, counted: u64) -> io::Result<u64> {
    let firsts = list(dir)?;
    let mut freed = 0;
    for pair in firsts.windows(2) {
        // A segment ends where the next one begins.
        if pair[1] > counted.saturating_add(1) {
            break;
        }
        let path = path(dir, pair[0]);
        freed += fs::metadata(&path)?.len();
        fs::remove_file(path)?;
    }
    Ok(freed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_goes_when_its_last_click_is_counted_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        for first in [1, 11, 21] {
            fs::write(path(dir.path(), first), [0; 5]).unwrap();
        }
        fs::write(dir.path().join("lock"), "").unwrap();
        assert_eq!(remove_counted(dir.path(), 9).unwrap(), 0);
        assert_eq!(remove_counted(dir.path(), 10).unwrap(), 5);
        assert_eq!(list(dir.path()).unwrap(), [11, 21]);
        assert_eq!(remove_counted(dir.path(), 1_000).unwrap(), 5, "the newest stays");
        assert_eq!(list(dir.path()).unwrap(), [21]);
        assert_eq!(total_bytes(dir.path()).unwrap(), 5);
    }
}
