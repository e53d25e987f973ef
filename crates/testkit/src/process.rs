//! Programs under test.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::{holds_within, keeper};

/// The program and arguments that run the ignored test `name` of this test binary, and no other.
///
/// A test that kills a service runs it so in a process of its own: `name` runs the service until a signal stops it.
pub fn test_as_program(name: &str) -> (PathBuf, [String; 4]) {
    let program = std::env::current_exe().expect("the running test has a path");
    (program, ["--exact", name, "--ignored", "--nocapture"].map(str::to_owned))
}

/// A program that a test starts, kills and starts again. It is killed when this is dropped or the test process ends.
///
/// It sees `PATH`, `HOME` and `TMPDIR` of the test and otherwise only the variables it is given.
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Starts `program`; what it prints is added to the file `log`.
    pub fn start(
        program: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = impl Into<String>>,
        variables: impl IntoIterator<Item = (String, String)>,
        log: impl AsRef<Path>,
    ) -> io::Result<Self> {
        let mut process = Self {
            program: program.as_ref().to_owned(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            variables: variables.into_iter().collect(),
            log: log.as_ref().to_owned(),
            child: None,
        };
        process.restart()?;
        Ok(process)
    }

    /// Kills it if it runs and starts it again.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill9();
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = keeper::mortal("KILL");
        command.arg(&self.program).args(&self.arguments).env_clear();
        for name in ["PATH", "HOME", "TMPDIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        self.child = Some(keeper::spawn(command)?);
        Ok(())
    }

    /// Kills it as a crash would.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop (SIGTERM) and waits; whether it ended with success within `timeout`. If not, it is killed.
    pub async fn stop(&mut self, timeout: Duration) -> bool {
        let Some(child) = &mut self.child else { return false };
        if keeper::signal(child, "TERM").is_err() {
            return false;
        }
        self.finish(timeout).await
    }

    /// Sends a signal by its name, for example `STOP` and `CONT`.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let child = self.child.as_ref().ok_or_else(|| io::Error::other("it does not run"))?;
        keeper::signal(child, name)
    }

    /// Gives it other variables besides its own at its next start.
    pub fn set_variables(&mut self, more: impl IntoIterator<Item = (String, String)>) {
        // Of two with one name the later one counts.
        self.variables.extend(more);
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Waits until it has ended; whether with success. If it has not within `timeout`, it is killed.
    pub async fn finish(&mut self, timeout: Duration) -> bool {
        let Some(child) = &mut self.child else { return false };
        let mut status = None;
        let ended = async || {
            status = child.try_wait().ok().flatten();
            status.is_some()
        };
        holds_within(ended, timeout).await;
        self.kill9();
        status.is_some_and(|status| status.success())
    }

    /// Where its output is.
    pub fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}
