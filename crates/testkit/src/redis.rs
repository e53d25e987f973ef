//! A Redis of one's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{START, free_port, holds_within, keeper, scratch};

/// A Redis on a directory and a port of its own, killed when it is dropped or the process ends.
pub struct PrivateRedis {
    dir: PathBuf,
    port: u16,
    append_only: bool,
    child: Option<Child>,
}

impl PrivateRedis {
    /// Logical databases of each server: as many as the client library can number.
    pub const DATABASES: u16 = 256;

    /// Starts a server that keeps its data in `dir` (AOF, flushed every second) and waits until it answers.
    pub async fn start(dir: impl AsRef<Path>, port: u16) -> anyhow::Result<Self> {
        Self::launch(dir.as_ref(), port, true).await
    }

    /// As [`PrivateRedis::start`], but nothing survives a restart.
    pub async fn start_volatile(dir: impl AsRef<Path>, port: u16) -> anyhow::Result<Self> {
        Self::launch(dir.as_ref(), port, false).await
    }

    /// The server that all tests of a process share.
    pub(crate) async fn shared(place: usize) -> anyhow::Result<Self> {
        let dir = scratch::run_dir().join(format!("redis-{place}"));
        let mut tries = 0;
        loop {
            // Between the choice of the port and the bind someone else may take it.
            match Self::launch(&dir, free_port(), false).await {
                Err(_) if tries < 3 => tries += 1,
                result => return result,
            }
        }
    }

    async fn launch(dir: &Path, port: u16, append_only: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut server = Self { dir: dir.to_owned(), port, append_only, child: None };
        server.restart().await?;
        Ok(server)
    }

    /// Kills the server as a crash would, without a last save.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills the server if it runs, starts it on the same port and directory and waits until it answers.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill9();
        let log = File::options().create(true).append(true).open(self.dir.join("redis.log"))?;
        let mut command = keeper::mortal("KILL");
        command.arg("redis-server").args(["--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"]);
        command.args(["--port", &self.port.to_string(), "--databases", &Self::DATABASES.to_string()]);
        command.args(["--appendonly", if self.append_only { "yes" } else { "no" }, "--appendfsync", "everysec"]);
        command.arg("--dir").arg(&self.dir);
        command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        self.child = Some(keeper::spawn(command).context("redis-server (is it installed?)")?);
        let mut exited = false;
        let answers = async || {
            exited = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            exited || ping(self.port).await.unwrap_or(false)
        };
        let answered = holds_within(answers, START).await;
        anyhow::ensure!(answered && !exited, "redis-server on port {} did not start: {}", self.port, self.log_tail());
        Ok(())
    }

    /// Kills the server, removes all its data and starts it empty.
    pub async fn restart_empty(&mut self) -> anyhow::Result<()> {
        self.kill9();
        fs::remove_dir_all(&self.dir)?;
        fs::create_dir_all(&self.dir)?;
        self.restart().await
    }

    /// Sends a signal by name, for example `STOP` and `CONT` for a server that hangs.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let child = self.child.as_ref().context("the server is not running")?;
        Ok(keeper::signal(child, name)?)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `redis://…` of a database index.
    pub fn url(&self, index: u16) -> String {
        format!("redis://127.0.0.1:{}/{index}", self.port)
    }

    /// Test settings with the address of a database index.
    pub fn config(&self, index: u16) -> curtail_config::Redis {
        let mut config = curtail_config::Config::for_tests().redis;
        config.url = curtail_config::Secret::new(self.url(index));
        config
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.dir.join("redis.log")).unwrap_or_default();
        log.lines().rev().take(5).collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// Whether it answers; a server that still loads its AOF says `-LOADING`.
async fn ping(port: u16) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    connection.read_exact(&mut answer).await?;
    Ok(&answer == b"+PONG\r\n")
}
