//! A gateway of the measurement's own, over the services of the running platform, and what the admin port of any gateway says.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use curtail_testkit::Process;

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// It ends when this is dropped.
pub struct OwnGateway {
    /// `http://…`
    pub url: String,
    /// Its admin port.
    pub admin: SocketAddr,
    _process: Process,
}

impl OwnGateway {
    /// Starts it with other settings than those of the platform, and waits until it is ready.
    ///
    /// # Errors
    /// When the platform does not run or the settings are not right.
    pub async fn start(settings: &[(&str, String)]) -> anyhow::Result<Self> {
        let programs = std::env::var("BENCH_BIN").context("BENCH_BIN names no directory; start with bench/run.sh")?;
        let listen = SocketAddr::from(([127, 0, 0, 1], curtail_testkit::free_port()));
        let admin = SocketAddr::from(([127, 0, 0, 1], curtail_testkit::free_port()));
        let mut variables: Vec<(String, String)> = std::env::vars().collect();
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        variables.push(("CURTAIL_GATEWAY__LISTEN".to_owned(), listen.to_string()));
        variables.push(("CURTAIL_GATEWAY__ADMIN_LISTEN".to_owned(), admin.to_string()));
        let log = std::env::temp_dir().join(format!("bench-gateway-{}.log", std::process::id()));
        let process = Process::start(format!("{programs}/curtail"), ["service", "gateway"], variables, &log)?;
        let ready = curtail_testkit::holds_within(async || is_ready(admin).await, START).await;
        anyhow::ensure!(ready, "the gateway did not start: {}", log.display());
        Ok(Self { url: format!("http://{listen}"), admin, _process: process })
    }
}

/// Whether the process with this admin port is ready.
pub async fn is_ready(admin: SocketAddr) -> bool {
    let answer = reqwest::get(format!("http://{admin}/health/ready")).await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// A metric of the process with this admin port, summed over its labels; zero when it has not been seen.
///
/// # Errors
/// When it does not answer.
pub async fn metric(admin: SocketAddr, name: &str) -> anyhow::Result<f64> {
    let text = reqwest::get(format!("http://{admin}/metrics")).await?.text().await?;
    let of = |line: &str| -> Option<f64> {
        let (named, value) = line.rsplit_once(' ')?;
        let labels = named.strip_prefix(name)?;
        (labels.is_empty() || labels.starts_with('{')).then(|| value.parse().ok())?
    };
    Ok(text.lines().filter_map(of).sum())
}
