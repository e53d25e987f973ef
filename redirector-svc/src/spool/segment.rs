//! The files of a producer: segments named by the number of their first click.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Path of the segment that starts with click `first_seq`.
pub fn path(home: &Path, first_seq: u64) -> PathBuf {
    home.join(format!("{first_seq:020}.seg"))
}

/// First click of each segment in `home`, ascending.
pub fn list(home: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(home)? {
        let name = entry?.file_name();
        let first: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".seg")).and_then(|digits| digits.parse().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Bytes of the segments in `home`.
pub fn total_bytes(home: &Path) -> io::Result<u64> {
    list(home)?.into_iter().map(|first| Ok(fs::metadata(path(home, first))?.len())).sum()
}

/// Deletes the segments all of whose clicks are at or below `counted`; the newest always stays. Gives the bytes freed.
pub fn remove_counted(home: &Path, counted: u64) -> io::Result<u64> {
    let firsts = list(home)?;
    let mut freed = 0;
    for pair in firsts.windows(2) {
        // A segment ends where the next one begins.
        if pair[1] > counted.saturating_add(1) {
            break;
        }
        let path = path(home, pair[0]);
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
        let home = tempfile::tempdir().unwrap();
        for first in [1, 11, 21] {
            fs::write(path(home.path(), first), [0; 5]).unwrap();
        }
        fs::write(home.path().join("lock"), "").unwrap();
        assert_eq!(remove_counted(home.path(), 9).unwrap(), 0);
        assert_eq!(remove_counted(home.path(), 10).unwrap(), 5);
        assert_eq!(list(home.path()).unwrap(), [11, 21]);
        assert_eq!(remove_counted(home.path(), 1_000).unwrap(), 5, "the newest stays");
        assert_eq!(list(home.path()).unwrap(), [21]);
        assert_eq!(total_bytes(home.path()).unwrap(), 5);
    }
}
