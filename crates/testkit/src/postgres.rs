//! A PostgreSQL of one's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use anyhow::Context as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::{START, free_port, holds_within, keeper, scratch};

/// Name of the superuser and of the first database.
const USER: &str = "curtail";

/// A PostgreSQL on a directory and a port of its own, stopped when it is dropped or the process ends. Nothing of it is
/// safe from power loss (`fsync = off`), every commit is safe from a crash of the server.
pub struct PrivatePostgres {
    dir: PathBuf,
    port: u16,
    /// Whether a commit waits until it is safe from a crash.
    synchronous: bool,
    child: Option<Child>,
}

impl PrivatePostgres {
    /// Makes a cluster in `dir` (which may be empty or missing), starts it and waits until it answers.
    pub async fn start(dir: impl AsRef<Path>, port: u16) -> anyhow::Result<Self> {
        Self::launch(dir.as_ref(), port, true).await
    }

    async fn launch(dir: &Path, port: u16, synchronous: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(dir)?;
        if !dir.join("data").exists() {
            run(Command::new("cp").arg("-a").arg(template()?).arg(dir.join("data")))?;
        }
        if let Some(user) = unprivileged()? {
            run(Command::new("chown").arg(user).arg(dir))?;
        }
        let mut server = Self { dir: dir.to_owned(), port, synchronous, child: None };
        server.restart().await?;
        Ok(server)
    }

    /// The server that all tests of a process share.
    pub(crate) async fn shared() -> anyhow::Result<Self> {
        let mut tries = 0;
        loop {
            // Between the choice of the port and the bind someone else may take it.
            match Self::launch(&scratch::run_dir().join("postgres"), free_port(), false).await {
                Err(_) if tries < 3 => tries += 1,
                result => return result,
            }
        }
    }

    /// Stops the server as `pg_ctl stop -m immediate` does: connections break, the next start recovers from the WAL.
    pub fn stop_immediate(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = keeper::signal(&child, "QUIT");
            let _ = child.wait();
        }
    }

    /// Stops the server if it runs, starts it on the same port and directory and waits until it answers.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop_immediate();
        let log = File::options().create(true).append(true).open(self.dir.join("postgres.log"))?;
        // SIGQUIT, not SIGKILL: the postmaster then removes its shared memory.
        let mut command = as_unprivileged(keeper::mortal("QUIT"))?;
        command.arg(bin_dir()?.join("postgres")).arg("-D").arg(self.dir.join("data"));
        command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-k", ""]);
        for setting in ["fsync=off", "full_page_writes=off", "max_connections=400", "shared_buffers=64MB"] {
            command.args(["-c", setting]);
        }
        command.args(["-c", if self.synchronous { "synchronous_commit=on" } else { "synchronous_commit=off" }]);
        command.current_dir(&self.dir).stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        self.child = Some(keeper::spawn(command).context("postgres (is it installed?)")?);
        let mut exited = false;
        let answers = async || {
            exited = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            exited || PgConnection::connect_with(&options(self.port, "postgres")).await.is_ok()
        };
        let answered = holds_within(answers, START).await;
        anyhow::ensure!(answered && !exited, "postgres on port {} did not start: {}", self.port, self.log_tail());
        Ok(())
    }

    /// Makes an empty database.
    pub async fn create_database(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut admin = PgConnection::connect_with(&options(self.port, "postgres")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).execute(&mut admin).await?;
        admin.close().await
    }

    /// Sends a signal by name to the postmaster.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let child = self.child.as_ref().context("the server is not running")?;
        Ok(keeper::signal(child, name)?)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `postgres://…` of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Test settings with the address of a database.
    pub fn config(&self, database: &str) -> curtail_config::Database {
        let mut config = curtail_config::Config::for_tests().database;
        config.url = curtail_config::Secret::new(self.url(database));
        config
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.dir.join("postgres.log")).unwrap_or_default();
        log.lines().rev().take(5).collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.stop_immediate();
    }
}

fn options(port: u16, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(USER)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// A cluster as `initdb` makes it, made once for each version and machine.
fn template() -> anyhow::Result<PathBuf> {
    // Tests of this process that come first at the same time take turns.
    static MAKING: Mutex<()> = Mutex::new(());
    let _turn = MAKING.lock();
    scratch::run_dir(); // makes the base directory and checks that it is ours
    let bin = bin_dir()?;
    let version = bin.to_string_lossy().replace('/', "_");
    let done = scratch::base().join(format!("template{version}"));
    if done.exists() {
        return Ok(done);
    }
    let making = scratch::run_dir().join("template");
    fs::create_dir_all(&making)?;
    if let Some(user) = unprivileged()? {
        run(Command::new("chown").arg(user).arg(&making))?;
    }
    let mut initdb = as_unprivileged(keeper::mortal("KILL"))?;
    initdb.arg(bin.join("initdb")).arg("-D").arg(&making).current_dir(scratch::run_dir());
    initdb.args(["-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
    run(&mut initdb)?;
    // Another test process may have been faster; its template is as good.
    if fs::rename(&making, &done).is_err() {
        anyhow::ensure!(done.exists(), "{} could not be made", done.display());
    }
    Ok(done)
}

/// Continues a `setpriv` command so that what follows runs without root's rights.
fn as_unprivileged(mut command: Command) -> anyhow::Result<Command> {
    if let Some(user) = unprivileged()? {
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups", "--inh-caps=-all"]);
    }
    Ok(command)
}

/// The user to drop to, when this is root.
fn unprivileged() -> anyhow::Result<Option<&'static str>> {
    if scratch::uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let known = |user: &&str| passwd.lines().any(|line| line.starts_with(&format!("{user}:")));
    ["postgres", "nobody"].into_iter().find(known).map(Some).context("no user to run PostgreSQL as")
}

/// The newest PostgreSQL of the machine: Debian's directories, then `PATH`.
fn bin_dir() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").exists())
        .max();
    if let Some((_, bin)) = newest {
        return Ok(bin);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists())
        .context("PostgreSQL is not installed: neither in /usr/lib/postgresql nor in PATH")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{:?}: {}: {said}", command.get_program(), output.status);
    Ok(())
}
