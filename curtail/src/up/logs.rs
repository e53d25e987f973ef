//! Warnings of the services on the terminal.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use serde_json::Value;

use crate::terminal;

/// How often the logs are looked at, and how many lines of one service are shown each time.
const INTERVAL: Duration = Duration::from_millis(500);
const LINES: usize = 3;

/// Follows the log of a service and shows its warnings and errors in short. The service writes to the file itself, not into a pipe of
/// ours: so it can log while it stops even after this process was killed.
///
/// Begins with what is logged from now on: while they start, services wait for each other, and say so.
pub(crate) async fn watch(name: &'static str, log: PathBuf) {
    let mut offset = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
    let mut rest = String::new();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Ok(read) = read_from(&log, &mut offset) else { continue };
        rest.push_str(&read);
        let Some(end) = rest.rfind('\n') else { continue };
        let lines: Vec<String> = rest[..end].lines().filter_map(brief).collect();
        for line in lines.iter().take(LINES) {
            terminal::complain(&format!("{name:<10} {line}"));
        }
        if lines.len() > LINES {
            terminal::complain(&format!("{name:<10} … and {} more in {}", lines.len() - LINES, log.display()));
        }
        rest.drain(..=end);
    }
}

fn read_from(log: &PathBuf, offset: &mut u64) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(*offset))?;
    let mut bytes = Vec::new();
    *offset += file.take(1 << 20).read_to_end(&mut bytes)? as u64;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `WARN message: error` of a JSON log line that deserves attention. A line that is not JSON was not written by our logging: it
/// is shown as it is.
fn brief(line: &str) -> Option<String> {
    let Ok(event) = serde_json::from_str::<Value>(line) else {
        return (!line.trim().is_empty()).then(|| line.to_owned());
    };
    let level = event["level"].as_str().filter(|level| matches!(*level, "WARN" | "ERROR"))?;
    let message = event["message"].as_str().unwrap_or_default();
    let error = event["error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
    Some(format!("{level} {message}{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_deserves_attention_is_shown() {
        assert_eq!(brief(r#"{"level":"INFO","message":"ready"}"#), None);
        assert_eq!(
            brief(r#"{"level":"WARN","message":"redis is away","error":"refused","target":"x"}"#).as_deref(),
            Some("WARN redis is away: refused")
        );
        assert_eq!(
            brief("Error: the configuration can not be used").as_deref(),
            Some("Error: the configuration can not be used")
        );
        assert_eq!(brief(""), None);
    }
}
