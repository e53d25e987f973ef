//! Keys and passwords of the private platform, made once.

use std::{fs, path::PathBuf};

use rand::{Rng, SeedableRng as _, rngs::StdRng};

use super::workdir::WorkDir;

/// A generator seeded by the operating system.
#[expect(clippy::disallowed_methods, reason = "the one place of the launcher that makes the real generator")]
pub(crate) fn system_rng() -> StdRng {
    StdRng::from_rng(&mut rand::rng())
}

/// The file `secrets/<name>` with 64 hexadecimal digits, and its content; made when it is missing.
pub(crate) fn ensure(work: &WorkDir, name: &str, rng: &mut impl Rng) -> anyhow::Result<(PathBuf, String)> {
    let path = work.path(&format!("secrets/{name}"));
    if let Ok(text) = fs::read_to_string(&path) {
        return Ok((path, text.trim().to_owned()));
    }
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((work.write_private(&format!("secrets/{name}"), &text)?, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_differs_from_others() {
        let dir = tempfile::tempdir().unwrap();
        let work = WorkDir::open(dir.path()).unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let (path, first) = ensure(&work, "service_key", &mut rng).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(ensure(&work, "service_key", &mut rng).unwrap(), (path, first.clone()));
        assert_ne!(ensure(&work, "master_key", &mut rng).unwrap().1, first);
    }
}
