//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key (`gateway.max_depth`), or the file or variable when no key is to blame.
    pub key: String,
    /// What is wrong and what would be right. Never holds the value of a secret.
    pub message: String,
}

/// A configuration that can not be used. Displays one line for each problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// All problems in the order of the default file, first those of single values, then those between keys.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(crate) fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { key: key.into(), message: message.into() });
    }

    /// Whether `key` or something below it was already blamed.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.problems.iter().any(|p| p.key.starts_with(key))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// `value` when nothing is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration can not be used:")?;
        for Problem { key, message } in &self.problems {
            write!(f, "\n  {key}: {message}")?;
        }
        Ok(())
    }
}
