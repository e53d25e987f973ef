//! Children that cannot outlive the test process.
//!
//! Linux sends a child its parent-death signal when the *thread* that started it ends. Test threads end all the time, so
//! every server is started by one thread that lives as long as the process.

use std::io;
use std::process::{Child, Command};
use std::sync::{LazyLock, mpsc};

type Order = (Command, mpsc::Sender<io::Result<Child>>);

static KEEPER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (orders, inbox) = mpsc::channel::<Order>();
    std::thread::Builder::new()
        .name("testkit-keeper".into())
        .spawn(move || {
            for (mut command, reply) in inbox {
                // A caller that disappeared takes its child with it: no one would ever stop it otherwise.
                if let Err(mpsc::SendError(Ok(mut child))) = reply.send(command.spawn()) {
                    let _ = child.kill();
                }
            }
        })
        .expect("a thread for the test servers");
    orders
});

/// A command that receives `signal` when this process ends, however it ends.
pub(crate) fn mortal(signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]);
    command
}

/// Starts `command` from the thread that lives as long as the process.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = mpsc::channel();
    KEEPER.send((command, reply)).expect("the keeper never stops");
    answer.recv().expect("the keeper always answers")
}

/// Sends a signal by its name (`QUIT`, `STOP`, `CONT`) to a running child.
pub(crate) fn signal(child: &Child, name: &str) -> io::Result<()> {
    // `kill` of the shell: there is no safe call in std and not every machine has /bin/kill.
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("kill -{name} {}: {status}", child.id()))) }
}
