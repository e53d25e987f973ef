//! Asking a service for its health.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::cli::Target;
use crate::up::reachable;
use crate::{settings, terminal};

/// What a service reports of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It takes requests.
    Ready,
    /// It runs but waits for the conditions named.
    Waiting(String),
    /// There is no answer.
    Unreachable,
}

/// Asks the admin port at `address`.
pub(crate) async fn request(client: &reqwest::Client, address: SocketAddr) -> Health {
    let url = format!("http://{address}/health/ready");
    match client.get(url).timeout(Duration::from_secs(2)).send().await {
        Ok(response) if response.status().is_success() => Health::Ready,
        Ok(response) => {
            let pending: Vec<String> = response.json().await.unwrap_or_default();
            Health::Waiting(pending.join(", "))
        }
        Err(_) => Health::Unreachable,
    }
}

/// `curtail health`: prints one line. Returns whether the service is ready.
pub(crate) async fn run(dir: &Path, target: Target) -> anyhow::Result<bool> {
    let (name, address) = match target {
        Target::Service(service) => (service.to_string(), reachable(service.admin_listen(&settings::load(dir)?))),
        Target::Address(address) => (address.to_string(), reachable(address)),
    };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let health = request(&client, address).await;
    terminal::say(&match &health {
        Health::Ready => format!("{name} is ready"),
        Health::Waiting(conditions) => format!("{name} waits for: {conditions}"),
        Health::Unreachable => format!("{name} does not answer on {address}"),
    });
    Ok(health == Health::Ready)
}

#[cfg(test)]
mod tests {
    use curtail_lifecycle::{Admin, Readiness, Shutdown};

    use super::*;

    #[tokio::test]
    async fn ready_only_when_every_condition_is_met() {
        let (dir, readiness, shutdown) = (tempfile::tempdir().unwrap(), Readiness::new(), Shutdown::new());
        let admin = Admin::bind("127.0.0.1:0".parse().unwrap(), readiness.clone()).await.unwrap();
        let target = Target::Address(admin.local_addr());
        let latch = readiness.latch("database");
        let serving = tokio::spawn(admin.serve(shutdown.clone()));
        assert!(!run(dir.path(), target).await.unwrap());
        latch.set(true);
        assert!(run(dir.path(), target).await.unwrap());
        shutdown.begin();
        serving.await.unwrap().unwrap();
        assert!(!run(dir.path(), target).await.unwrap(), "nothing listens");
    }
}
