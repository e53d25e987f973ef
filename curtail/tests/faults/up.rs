//! `curtail up` itself: ports that are taken, an orderly end, and a violent one.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(90);
/// How long everything may take to be gone.
const END: Duration = Duration::from_secs(40);

fn curtail(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curtail"));
    command.arg("--dir").arg(dir).env_remove("DATABASE_URL").env_remove("REDIS_URL").stdout(Stdio::null());
    command
}

async fn start(dir: &Path) -> Child {
    let mut child = curtail(dir).arg("up").stderr(Stdio::null()).spawn().expect("curtail starts");
    let ready = async || {
        assert!(child.try_wait().expect("a child of ours").is_none(), "up ended");
        dir.join("run/ready").exists()
    };
    curtail_testkit::until(ready, START, "the platform is up").await;
    child
}

/// The processes whose command line or environment names the directory, apart from this test.
fn left(dir: &Path) -> Vec<PathBuf> {
    let name = dir.to_str().expect("a path of ASCII").as_bytes();
    let names_it = |path: &PathBuf| {
        let mentions = |file| std::fs::read(path.join(file)).unwrap_or_default().windows(name.len()).any(|w| w == name);
        mentions("cmdline") || mentions("environ")
    };
    let all = std::fs::read_dir("/proc").expect("Linux").filter_map(|entry| Some(entry.ok()?.path()));
    all.filter(names_it).collect()
}

async fn nothing_is_left(dir: &Path) {
    curtail_testkit::until(async || left(dir).is_empty(), END, "every process is gone").await;
}

fn promote(dir: &Path, email: &str) -> bool {
    curtail(dir)
        .args(["user", "promote", "--email", email])
        .stderr(Stdio::null())
        .status()
        .expect("curtail runs")
        .success()
}

#[tokio::test(flavor = "multi_thread")]
async fn up_gives_way_ends_in_order_and_survives_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("curtail");
    // Someone else has the gateway's standard port. If another process has it already, that will do as well.
    let _taken = TcpListener::bind("127.0.0.1:8080");

    let mut first = start(&dir).await;
    let create = "echo 'violet harbour sings twice' | \"$0\" --dir \"$1\" user create --email op@example.org --name Op --password-stdin";
    let made = Command::new("sh").args(["-c", create, env!("CARGO_BIN_EXE_curtail")]).arg(&dir).status().unwrap();
    assert!(made.success());
    first.kill().unwrap();
    first.wait().unwrap();
    nothing_is_left(&dir).await;

    // The file of the start that was killed must not pass for that of the new one.
    let _ = std::fs::remove_file(dir.join("run/ready"));
    let mut second = start(&dir).await;
    assert!(promote(&dir, "op@example.org"), "the account is still there");
    assert!(!promote(&dir, "nobody@example.org"));
    let pid = second.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    curtail_testkit::until(async || second.try_wait().unwrap().is_some(), END, "up ends").await;
    assert!(second.wait().unwrap().success(), "an orderly end is a success");
    nothing_is_left(&dir).await;
}
