//! All services as processes on stores of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use curtail_testkit::{PrivateRedis, Process, free_port, until};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

const CURTAIL: &str = env!("CARGO_BIN_EXE_curtail");

/// How long a start may take on a machine that has other things to do.
const START: Duration = Duration::from_secs(60);

/// The services, each also the section of its settings, that every platform has.
const CORE: [&str; 6] = ["auth", "shortener", "analytics", "expiry", "redirector", "gateway"];

/// All of them.
const ALL: [&str; 8] = ["auth", "shortener", "analytics", "search", "notify", "expiry", "redirector", "gateway"];

/// One platform at a time: the tests measure time.
static TURN: Mutex<()> = Mutex::const_new(());

/// A running platform.
pub struct Platform {
    pub redis: PrivateRedis,
    pub redirector: SocketAddr,
    /// `http://…`
    pub gateway: String,
    services: BTreeMap<&'static str, Process>,
    admin: BTreeMap<&'static str, SocketAddr>,
    variables: BTreeMap<String, String>,
    dir: TempDir,
    client: reqwest::Client,
    _turn: MutexGuard<'static, ()>,
}

impl Platform {
    /// Starts everything on the database at `database_url` and a Redis of its own, and waits until all are ready.
    pub async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[]).await
    }

    /// The same with other settings of all services.
    pub async fn start_with(database_url: &str, more: &[(&str, String)]) -> Self {
        Self::launch(&CORE, database_url, more).await
    }

    /// The same with search and messages.
    pub async fn start_whole(database_url: &str, more: &[(&str, String)]) -> Self {
        Self::launch(&ALL, database_url, more).await
    }

    async fn launch(names: &'static [&'static str], database_url: &str, more: &[(&str, String)]) -> Self {
        let turn = TURN.lock().await;
        let dir = tempfile::tempdir().expect("a directory");
        let redis = PrivateRedis::start(dir.path().join("redis"), free_port()).await.expect("a Redis");
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let (redirector, gateway) = (local(free_port()), local(free_port()));
        let admin: BTreeMap<_, _> = names.iter().map(|name| (*name, local(free_port()))).collect();
        let mut variables = settings(dir.path(), database_url, &redis.url(0));
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        for (name, address) in &admin {
            let name = name.to_uppercase();
            let listen = match name.as_str() {
                "REDIRECTOR" => redirector,
                "GATEWAY" => gateway,
                _ => local(free_port()),
            };
            variables.insert(format!("CURTAIL_{name}__ADMIN_LISTEN"), address.to_string());
            if name == "EXPIRY" {
                // It has no callers.
                continue;
            }
            variables.insert(format!("CURTAIL_{name}__LISTEN"), listen.to_string());
            let url = match name.as_str() {
                "SHORTENER" => "CURTAIL_RPC__LINKS_URL".to_owned(),
                "AUTH" | "ANALYTICS" | "SEARCH" | "NOTIFY" => format!("CURTAIL_RPC__{name}_URL"),
                _ => continue,
            };
            variables.insert(url, format!("http://{listen}"));
        }
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let (gateway, services) = (format!("http://{gateway}"), BTreeMap::new());
        let mut platform = Self { redis, redirector, gateway, services, admin, variables, dir, client, _turn: turn };
        let mut migration = platform.run("migrate", &["migrate"], &[]);
        assert!(migration.finish(START).await, "{}", tail(&migration));
        for &name in names {
            let service = platform.run(name, &["service", name], &[]);
            platform.services.insert(name, service);
        }
        for &name in names {
            until(
                async || platform.is("ready", name).await,
                START,
                &format!("{name} is ready: {}", platform.log(name)),
            )
            .await;
        }
        platform
    }

    /// Starts `curtail` with other settings besides those of the platform.
    pub fn run(&self, name: &str, arguments: &[&str], more: &[(&str, String)]) -> Process {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let variables: BTreeMap<String, String> = self.variables.clone().into_iter().chain(more).collect();
        let log = self.dir.path().join(format!("{name}.log"));
        Process::start(CURTAIL, arguments.iter().copied(), variables, log).expect("curtail starts")
    }

    /// What a command of the operator prints.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let name = arguments.join("-");
        // Logs are added to.
        let _ = std::fs::remove_file(self.dir.path().join(format!("{name}.log")));
        let mut command = self.run(&name, arguments, &[]);
        assert!(command.finish(START).await, "{}", tail(&command));
        std::fs::read_to_string(command.log()).expect("what it printed")
    }

    /// Where the services find what the setting `variable`, a URL, names.
    pub fn address(&self, variable: &str) -> SocketAddr {
        let url = &self.variables[variable];
        let end = url.split("://").nth(1).and_then(|rest| rest.split('/').next());
        let host = end.and_then(|end| end.rsplit('@').next());
        host.and_then(|host| host.parse().ok()).unwrap_or_else(|| panic!("{variable} has an address: {url}"))
    }

    /// Starts a service again that finds it elsewhere, and waits until it is ready.
    pub async fn reroute(&mut self, name: &'static str, detours: &[(&str, SocketAddr)]) {
        let moved = detours.iter().map(|(variable, to)| {
            let url = self.variables[*variable].replace(&self.address(variable).to_string(), &to.to_string());
            ((*variable).to_owned(), url)
        });
        let moved: Vec<_> = moved.collect();
        self.services.get_mut(name).expect("a service").set_variables(moved);
        self.restart(name).await;
        until(async || self.is("ready", name).await, START, &format!("{name} is ready: {}", self.log(name))).await;
    }

    /// Kills a service as a crash would.
    pub fn kill9(&mut self, name: &str) {
        self.services.get_mut(name).expect("a service").kill9();
    }

    /// Starts a killed service and waits until it answers.
    pub async fn restart(&mut self, name: &'static str) {
        self.services.get_mut(name).expect("a service").restart().expect("curtail starts");
        until(async || self.is("live", name).await, START, &format!("{name} lives: {}", self.log(name))).await;
    }

    /// Whether the admin port of a service says that it is `live` or `ready`.
    pub async fn is(&self, what: &str, name: &str) -> bool {
        let answer = self.client.get(format!("http://{}/health/{what}", self.admin[name])).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// A metric of a service, summed over its labels that contain `label`; zero when it has not been seen.
    pub async fn metric(&self, service: &str, metric: &str, label: &str) -> Option<f64> {
        let answer = self.client.get(format!("http://{}/metrics", self.admin[service])).send().await.ok()?;
        let text = answer.text().await.ok()?;
        let of = |line: &str| -> Option<f64> {
            let (name, value) = line.rsplit_once(' ')?;
            let labels = name.strip_prefix(metric)?;
            let ours = (labels.is_empty() || labels.starts_with('{')) && labels.contains(label);
            ours.then(|| value.parse().ok())?
        };
        Some(text.lines().filter_map(of).sum())
    }

    /// Directories of producers in the spool: those of the living redirector and those not drained yet.
    pub fn producers(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("spool")).map_or(0, Iterator::count)
    }

    /// Where mails are put.
    pub fn mailbox(&self) -> PathBuf {
        self.dir.path().join("mailbox")
    }

    fn log(&self, name: &str) -> String {
        self.services.get(name).map_or_else(String::new, tail)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            eprintln!("logs are kept in {}", self.dir.path().display());
        }
    }
}

fn settings(dir: &std::path::Path, database_url: &str, redis_url: &str) -> BTreeMap<String, String> {
    let settings = [
        ("DATABASE_URL", database_url.to_owned()),
        ("REDIS_URL", redis_url.to_owned()),
        ("CURTAIL_RPC__SERVICE_KEY", "11".repeat(32)),
        ("CURTAIL_AUTH__MASTER_KEY", "22".repeat(32)),
        ("CURTAIL_AUTH__PRIVATE_SIGNUP", "false".into()),
        ("CURTAIL_REDIRECTOR__VISITOR_KEY", "33".repeat(32)),
        ("CURTAIL_NOTIFY__MASTER_KEY", "44".repeat(32)),
        ("CURTAIL_NOTIFY__MAILBOX_DIR", dir.join("mailbox").display().to_string()),
        ("CURTAIL_SEARCH__INDEX_DIR", dir.join("search").display().to_string()),
        ("CURTAIL_REDIRECTOR__SPOOL_DIR", dir.join("spool").display().to_string()),
        // The load comes from one address.
        ("CURTAIL_REDIRECTOR__IP_PER_SECOND", "0".into()),
        ("CURTAIL_REDIRECTOR__NOT_FOUND_PER_MINUTE", "0".into()),
        ("CURTAIL_REDIRECTOR__THREADS", "2".into()),
        // The first look for a code, on a machine that is busy with all of this, may take longer than is good for visitors.
        ("CURTAIL_REDIRECTOR__FILL_TIMEOUT_MS", "2000".into()),
        ("CURTAIL_GATEWAY__IP_PER_SECOND", "0".into()),
        ("CURTAIL_LIFECYCLE__DRAIN_DELAY_MS", "0".into()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn tail(process: &Process) -> String {
    let log = std::fs::read_to_string(process.log()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

/// What the environment says about the size of a test, or the default.
pub fn variable<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}
