//! A process of the platform under test, as the kernel sees it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

/// What the kernel counts time in, on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// A process of this machine.
#[derive(Debug, Clone)]
pub struct Process(PathBuf);

impl Process {
    /// The service of this name among those of the platform in this process's environment, whatever else runs here.
    ///
    /// # Errors
    /// When there is none.
    pub fn of_service(name: &str) -> anyhow::Result<Self> {
        let variable = format!("CURTAIL_{}__ADMIN_LISTEN", name.to_ascii_uppercase());
        let address =
            std::env::var(&variable).with_context(|| format!("{variable}; start with bench/with-platform.sh"))?;
        let (started, ours) = (format!("service\0{name}\0"), format!("{variable}={address}"));
        for entry in fs::read_dir("/proc")? {
            let path = entry?.path();
            let read = |file: &str| fs::read(path.join(file)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let (Ok(arguments), Ok(environment)) = (read("cmdline"), read("environ")) else { continue };
            if arguments.ends_with(&started) && environment.split('\0').any(|variable| variable == ours) {
                return Ok(Self(path));
            }
        }
        anyhow::bail!("no process of the service {name}")
    }

    /// Bytes that are in RAM.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(self.0.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }

    /// Time that its threads were running.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(self.0.join("stat"))?;
        // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th field behind it.
        let fields: Vec<&str> = stat.rsplit_once(") ").context("stat")?.1.split(' ').collect();
        let ticks: u64 = fields.get(11..13).context("stat")?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }
}
