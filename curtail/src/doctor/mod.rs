//! `curtail doctor`: looks at each dependency and says what to do.

mod database;
mod programs;
mod redis;
mod running;
mod search;

use std::path::Path;

use curtail_config::{Config, ConfigErrors};

use crate::{settings, terminal};

/// What came of one check.
pub(crate) struct Finding {
    name: String,
    state: State,
}

enum State {
    /// It works; a word on what was found.
    Good(String),
    /// It works, but something should be known.
    Note(String),
    /// It does not work: what is wrong, and what to do.
    Bad(String, String),
}

impl Finding {
    fn good(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Good(detail.into()) }
    }

    fn note(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Note(detail.into()) }
    }

    fn bad(name: impl Into<String>, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Bad(wrong.into(), remedy.into()) }
    }

    fn is_bad(&self) -> bool {
        matches!(self.state, State::Bad(..))
    }

    fn render(&self) -> String {
        match &self.state {
            State::Good(detail) => format!("ok    {:<18} {detail}", self.name),
            State::Note(detail) => format!("note  {:<18} {detail}", self.name),
            State::Bad(wrong, remedy) => format!("FAIL  {:<18} {wrong}\n      {:<18} → {remedy}", self.name, ""),
        }
    }
}

/// Checks everything and prints the findings; whether all is well.
///
/// # Errors
/// When the settings of `dir` cannot be read at all.
pub(crate) async fn run(dir: &Path) -> anyhow::Result<bool> {
    let findings = match Config::load_over(&settings::read(dir)?) {
        Ok(config) => examine(dir, &config).await,
        Err(errors) => of_configuration(&errors),
    };
    for finding in &findings {
        terminal::say(&finding.render());
    }
    let bad = findings.iter().filter(|finding| finding.is_bad()).count();
    terminal::say(&match bad {
        0 => "\nAll is well.".to_owned(),
        1 => "\nOne thing needs attention.".to_owned(),
        more => format!("\n{more} things need attention."),
    });
    Ok(bad == 0)
}

async fn examine(dir: &Path, config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", "complete and within its bounds")];
    findings.extend(programs::check(dir));
    findings.extend(database::check(&config.database).await);
    findings.extend(redis::check(&config.redis).await);
    findings.extend(search::check(&config.search).await);
    findings.extend(running::check(config).await);
    findings
}

fn of_configuration(errors: &ConfigErrors) -> Vec<Finding> {
    let finding = |problem: &curtail_config::Problem| {
        Finding::bad(
            "configuration",
            format!("{}: {}", problem.key, problem.message),
            "see docs/operate/configuration.md",
        )
    };
    errors.problems().iter().map(finding).collect()
}
