//! The settings that `curtail up` chose, where other commands find them.
//!
//! `up` writes them to `<dir>/environment` as lines `NAME='value'`, so that a shell can read them too. Commands such as
//! `doctor` lay their own environment over them and so speak to the platform of this directory without being told where it
//! is.

use std::{fs, io, path::Path};

use anyhow::Context as _;
use curtail_config::{Config, Variables};

/// The configuration for a command: the environment of this process over what `up` wrote in `dir`, if it did.
pub fn load(dir: &Path) -> anyhow::Result<Config> {
    Ok(Config::load_over(&read(dir)?)?)
}

/// What `up` wrote in `dir`; nothing when it never ran there.
pub fn read(dir: &Path) -> anyhow::Result<Variables> {
    let path = dir.join("environment");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter_map(parse).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Variables::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// The text of the file.
pub(crate) fn render(variables: &Variables) -> String {
    let mut text = String::from("# Written by `curtail up`. For a shell: set -a; . ./environment\n");
    for (name, value) in variables {
        text.push_str(&format!("{name}='{}'\n", value.replace('\'', "'\\''")));
    }
    text
}

fn parse(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
    Some((name.to_owned(), value.replace("'\\''", "'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap().is_empty());
        let variables = Variables::from([("A".into(), "it's [\"x\"]=1".into()), ("B".into(), String::new())]);
        fs::write(dir.path().join("environment"), render(&variables)).unwrap();
        assert_eq!(read(dir.path()).unwrap(), variables);
    }
}
