//! The metrics recorder and its text form.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of histograms of durations, in seconds: from a warm redirect to a request's deadline.
const SECONDS: &[f64] =
    &[0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often samples are folded into their buckets when no one scrapes; between two folds they are kept one by one.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder on the first call. Metrics that were recorded before are lost.
pub(crate) fn install() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .expect("the bounds are not empty")
            .install_recorder()
            .expect("no other recorder is installed in a process of ours");
        let upkeep = handle.clone();
        std::thread::Builder::new()
            .name("metrics-upkeep".to_owned())
            .spawn(move || {
                loop {
                    std::thread::sleep(UPKEEP);
                    upkeep.run_upkeep();
                }
            })
            .expect("a process that starts can have one more thread");
        handle
    })
}

/// All metrics of this process in the Prometheus text format, with its memory, processor time, open files with their bound, and tasks.
pub fn render() -> String {
    let handle = install();
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(seconds) = cpu_seconds() {
        metrics::gauge!("process_cpu_seconds_total").set(seconds);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(files.count() as f64);
    }
    if let Some(files) = most_files() {
        metrics::gauge!("process_max_fds").set(files);
    }
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        metrics::gauge!("process_alive_tasks").set(runtime.metrics().num_alive_tasks() as f64);
    }
    handle.render()
}

/// Memory of this process that is in RAM. Nothing on systems without /proc.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// How many files this process may have open. Nothing on systems without /proc.
fn most_files() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Time that this process has spent on processors. Nothing on systems without /proc.
fn cpu_seconds() -> Option<f64> {
    /// proc(5): times are in `USER_HZ`, which is 100 to every program.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_buckets_and_the_process_shows_its_memory() {
        install();
        metrics::histogram!("test_wait_seconds").record(0.003);
        metrics::counter!("test_events_total", "kind" => "a").increment(2);
        let text = render();
        assert!(text.contains("test_wait_seconds_bucket{le=\"0.0025\"} 0"), "{text}");
        assert!(text.contains("test_wait_seconds_bucket{le=\"0.005\"} 1"), "{text}");
        assert!(text.contains("test_events_total{kind=\"a\"} 2"), "{text}");
        for name in ["resident_memory_bytes", "cpu_seconds_total", "open_fds", "max_fds"] {
            let name = format!("process_{name} ");
            assert!(text.contains(&name), "{text}");
        }
    }
}
