//! The private Redis: on loopback with a generated password, append-only file, nothing evicted.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use curtail_config::Variables;
use fred::prelude::*;
use rustix::process::Signal;

use super::{process::Spec, workdir::WorkDir};

/// A Redis that is ready to be started.
pub(crate) struct Redis {
    port: u16,
    password: String,
}

impl Redis {
    /// Checks that it is installed and writes its configuration.
    ///
    /// # Errors
    /// When it is not installed.
    pub(crate) fn prepare(work: &WorkDir, port: u16, password: String) -> anyhow::Result<Self> {
        ensure!(
            crate::path::find("redis-server").is_some(),
            "Redis is not installed: run scripts/setup.sh, or set REDIS_URL"
        );
        // A file, because everybody may read the arguments of a process. No snapshots: the append-only file has it all.
        let text = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir \"{}\"\nappendonly yes\nappendfsync everysec\n\
             maxmemory-policy noeviction\nsave \"\"\ndaemonize no\n",
            work.path("redis").display()
        );
        work.write_private("redis/redis.conf", &text)?;
        Ok(Self { port, password })
    }

    /// How to run it.
    pub(crate) fn spec(&self, work: &WorkDir) -> Spec {
        Spec {
            name: "redis",
            command: vec!["redis-server".into(), work.path("redis/redis.conf").display().to_string()],
            variables: Variables::new(),
            directory: None,
            stop_signal: Signal::TERM,
            run_as: None,
            log: work.fresh_log("redis"),
            pid_file: work.path("run/redis.pid"),
            patience: Duration::from_secs(30),
        }
    }

    /// Waits until it answers, which it does not while it reads its file.
    ///
    /// # Errors
    /// When it does not answer within a minute.
    pub(crate) async fn wait(&self) -> anyhow::Result<()> {
        for _ in 0..300 {
            if ping(&self.url()).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        ping(&self.url()).await.context("the private Redis does not answer")
    }

    /// The address for the services.
    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }
}

/// One connection, one PING.
pub(crate) async fn ping(url: &str) -> anyhow::Result<()> {
    let client = crate::redis::connect(url).await?;
    let pong = client.ping::<String>(None).await;
    let _ = client.quit().await;
    pong.map(|_| ()).map_err(Into::into)
}
