//! One child process: how it is started, found again and stopped.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use curtail_config::Variables;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// How to run a child. It can be started again and again.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Shown to the operator.
    pub(crate) name: &'static str,
    /// The program with its arguments.
    pub(crate) command: Vec<String>,
    /// Added to the environment of this process.
    pub(crate) variables: Variables,
    /// Working directory; ours when there is none.
    pub(crate) directory: Option<PathBuf>,
    /// Asks the child to stop. Also sent by the system when `up` dies.
    pub(crate) stop_signal: Signal,
    /// The user to become, when this is root and the program refuses to run as root.
    pub(crate) run_as: Option<String>,
    /// Standard output and error are appended here.
    pub(crate) log: PathBuf,
    /// Where the identity of the running child is kept.
    pub(crate) pid_file: PathBuf,
    /// How long the child may take to stop before it is killed.
    pub(crate) patience: Duration,
}

impl Spec {
    /// Starts the child. Must be called from the main thread: the system sends the death signal when the *thread* that made
    /// the child ends.
    pub(crate) fn spawn(&self) -> io::Result<Child> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig").arg(signal_name(self.stop_signal));
        command.args(drop_to(self.run_as.as_deref()));
        command.arg("--").args(&self.command).envs(&self.variables);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        // A group of its own: Ctrl-C reaches the launcher alone, which stops its children in their order.
        command.process_group(0);
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        if let Some(identity) = child.id().and_then(|pid| identity(pid as i32)) {
            fs::write(&self.pid_file, identity)?;
        }
        Ok(child)
    }

    /// Asks the child to stop and kills it when it takes too long.
    pub(crate) async fn stop(&self, child: &mut Child) {
        if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid as i32)) {
            // A child that is already gone is what we want.
            let _ = kill_process(pid, self.stop_signal);
            if tokio::time::timeout(self.patience, child.wait()).await.is_err() {
                let _ = kill_process(pid, Signal::KILL);
                let _ = child.wait().await;
            }
        }
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// Arguments of setpriv to become `user` without any of root's rights.
pub(crate) fn drop_to(user: Option<&str>) -> Vec<String> {
    user.map_or_else(Vec::new, |user| {
        vec![format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".into(), "--inh-caps=-all".into()]
    })
}

/// Waits until no child of an earlier `up` is left, which a `kill -9` leaves on their way out.
pub(crate) async fn wait_for_stale(run_dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(run_dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pid") {
            let recorded = fs::read_to_string(&path)?;
            end_stale(&recorded).await;
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

/// The child got its death signal already; one that does not go is asked again, then killed.
async fn end_stale(recorded: &str) {
    let Some(raw) = recorded.split(' ').next().and_then(|pid| pid.parse::<i32>().ok()) else { return };
    let Some(pid) = Pid::from_raw(raw) else { return };
    for signal in [None, Some(Signal::TERM), Some(Signal::KILL)] {
        if identity(raw).as_deref() != Some(recorded) {
            return;
        }
        if let Some(signal) = signal {
            let _ = kill_process(pid, signal);
        }
        for _ in 0..100 {
            if identity(raw).as_deref() != Some(recorded) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// What tells a process from a later one with the same number: its number, when it started, and the boot it started in. Nothing
/// when it is gone or only waits for its parent to notice that it ended.
fn identity(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, spaces included; the fields after it are fixed.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    let started = fields.nth(18)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{pid} {started} {}", boot.trim()))
}

fn signal_name(signal: Signal) -> &'static str {
    if signal == Signal::INT { "INT" } else { "TERM" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(dir: &Path, script: &str) -> Spec {
        Spec {
            name: "child",
            command: ["sh", "-c", script].map(str::to_owned).to_vec(),
            variables: Variables::from([("GREETING".to_owned(), "hello".to_owned())]),
            directory: None,
            stop_signal: Signal::TERM,
            run_as: None,
            log: dir.join("child.log"),
            pid_file: dir.join("child.pid"),
            patience: Duration::from_millis(300),
        }
    }

    #[tokio::test]
    async fn a_child_that_ignores_the_signal_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(dir.path(), "trap '' TERM; echo $GREETING; while :; do sleep 0.05; done");
        let mut child = spec.spawn().unwrap();
        while fs::read_to_string(&spec.log).unwrap() != "hello\n" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        spec.stop(&mut child).await;
        assert!(child.try_wait().unwrap().is_some() && !spec.pid_file.exists());
    }

    #[tokio::test]
    async fn only_the_recorded_process_counts_as_stale() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = spec(dir.path(), "sleep 60").spawn().unwrap();
        let pid = child.id().unwrap();
        fs::write(dir.path().join("other.pid"), format!("{pid} 1 another-boot")).unwrap();
        fs::rename(dir.path().join("child.pid"), dir.path().join("child.bak")).unwrap();
        wait_for_stale(dir.path()).await.unwrap();
        assert!(child.try_wait().unwrap().is_none(), "a process that is not ours was touched");
        assert!(!dir.path().join("other.pid").exists());
        child.kill().await.unwrap();
    }
}
