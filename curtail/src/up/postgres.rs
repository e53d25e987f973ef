//! The private PostgreSQL: a cluster of its own, on loopback with a generated password, fsync on.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use curtail_config::Variables;
use rustix::process::Signal;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};

use super::{
    process::{Spec, drop_to},
    workdir::WorkDir,
};
use crate::terminal;

/// Role and database of the services. The superuser is `postgres`.
const APPLICATION: &str = "curtail";

/// A cluster that is ready to be started.
pub(crate) struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    user: Option<User>,
    port: u16,
    password: String,
}

/// The unprivileged user that PostgreSQL runs as when this is root.
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// Makes the cluster unless it exists. `password` is that of both roles, letters and digits.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or the cluster cannot be made; the message says what to do.
    pub(crate) fn prepare(work: &WorkDir, port: u16, password: String) -> anyhow::Result<Self> {
        let bin = installed().context("PostgreSQL is not installed: run scripts/setup.sh, or set DATABASE_URL")?;
        let user = unprivileged()?;
        let home = home(work, user.as_ref())?;
        let postgres = Self { bin, data: home.join("data"), user, port, password };
        if !postgres.data.join("PG_VERSION").exists() {
            postgres.init(&home)?;
        }
        postgres.check_version()?;
        Ok(postgres)
    }

    /// How to run it.
    pub(crate) fn spec(&self, work: &WorkDir) -> Spec {
        let mut command =
            vec![self.bin.join("postgres").display().to_string(), "-D".into(), self.data.display().to_string()];
        command.extend(["-p".to_owned(), self.port.to_string()]);
        for setting in
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=128MB"]
        {
            command.extend(["-c".to_owned(), setting.to_owned()]);
        }
        Spec {
            name: "postgres",
            command,
            variables: Variables::new(),
            directory: self.data.parent().map(Path::to_owned),
            // "Fast": open transactions are rolled back, the cluster is closed properly.
            stop_signal: Signal::INT,
            run_as: self.user.as_ref().map(|user| user.name.clone()),
            log: work.fresh_log("postgres"),
            pid_file: work.path("run/postgres.pid"),
            patience: Duration::from_secs(60),
        }
    }

    /// Waits until the server answers and makes the role and the database of the services.
    ///
    /// # Errors
    /// When it does not answer within a minute.
    pub(crate) async fn wait(&self) -> anyhow::Result<()> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("postgres")
            .password(&self.password)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable);
        let mut tries = 0;
        let mut connection = loop {
            match PgConnection::connect_with(&options).await {
                Ok(connection) => break connection,
                Err(error) if tries >= 300 => return Err(error).context("the private PostgreSQL does not answer"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
            tries += 1;
        };
        let exists = sqlx::query("SELECT 1 FROM pg_roles WHERE rolname = $1").bind(APPLICATION);
        if exists.fetch_optional(&mut connection).await?.is_none() {
            // The password is hexadecimal, made by us.
            let create = format!("CREATE ROLE {APPLICATION} LOGIN PASSWORD '{}'", self.password);
            sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
        }
        let exists = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(APPLICATION);
        if exists.fetch_optional(&mut connection).await?.is_none() {
            let create = format!("CREATE DATABASE {APPLICATION} OWNER {APPLICATION}");
            sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// The address for the services.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{APPLICATION}:{}@127.0.0.1:{}/{APPLICATION}", self.password, self.port)
    }

    /// Runs initdb next to the final place and moves the result there, so that a cluster is whole or absent.
    fn init(&self, home: &Path) -> anyhow::Result<()> {
        let (part, password_file) = (home.join("data.part"), home.join("password"));
        let _ = fs::remove_dir_all(&part);
        fs::write(&password_file, &self.password)?;
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))?;
        self.give(&password_file)?;
        let made = self.initdb(home, &part, &password_file);
        fs::remove_file(&password_file)?;
        made?;
        fs::rename(part, &self.data)?;
        Ok(())
    }

    fn initdb(&self, home: &Path, part: &Path, password_file: &Path) -> anyhow::Result<()> {
        let output = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .args(drop_to(self.user.as_ref().map(|user| user.name.as_str())))
            .arg("--")
            .arg(self.bin.join("initdb"))
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg("-D")
            .arg(part)
            .current_dir(home)
            .stdin(Stdio::null())
            .output()
            .context("setpriv")?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    fn give(&self, path: &Path) -> io::Result<()> {
        self.user.as_ref().map_or(Ok(()), |user| chown(path, Some(user.uid), Some(user.gid)))
    }

    /// A cluster can only be run by the version that made it.
    fn check_version(&self) -> anyhow::Result<()> {
        let made_by = fs::read_to_string(self.data.join("PG_VERSION"))?;
        let output = Command::new(self.bin.join("postgres")).arg("--version").output()?;
        let installed = String::from_utf8_lossy(&output.stdout).into_owned();
        let major = installed.split_whitespace().nth(2).and_then(|version| version.split('.').next());
        ensure!(
            major == Some(made_by.trim()),
            "{} was made by PostgreSQL {}, but {} is installed: install that version, or move the directory away to \
             start empty",
            self.data.display(),
            made_by.trim(),
            installed.trim()
        );
        Ok(())
    }
}

/// The directory that holds the cluster. Below the work directory if the user that PostgreSQL runs as can get there;
/// otherwise, as with a project under /root, in /var/lib. Decided once and remembered, so that the data are always found again.
fn home(work: &WorkDir, user: Option<&User>) -> anyhow::Result<PathBuf> {
    let remembered = work.path("postgres.home");
    if let Ok(home) = fs::read_to_string(&remembered) {
        return Ok(PathBuf::from(home));
    }
    let inside = work.path("postgres");
    make_home(&inside, user)?;
    let home = match user {
        Some(user) if !reachable(&inside, user)? => {
            let mut rng = super::secrets::system_rng();
            let outside = PathBuf::from(format!("/var/lib/curtail-{:08x}", rand::RngExt::random::<u32>(&mut rng)));
            make_home(&outside, Some(user))?;
            fs::remove_dir(&inside)?;
            terminal::say(&format!(
                "PostgreSQL runs as {}, who can not enter {}; its data are in {}.",
                user.name,
                inside.display(),
                outside.display()
            ));
            outside
        }
        _ => inside,
    };
    work.write_private("postgres.home", &home.display().to_string())?;
    Ok(home)
}

fn make_home(home: &Path, user: Option<&User>) -> anyhow::Result<()> {
    fs::create_dir_all(home).with_context(|| home.display().to_string())?;
    fs::set_permissions(home, fs::Permissions::from_mode(0o700))?;
    if let Some(user) = user {
        chown(home, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Whether `user` can write there: asked by trying, as that user.
fn reachable(home: &Path, user: &User) -> anyhow::Result<bool> {
    let status = Command::new("setpriv")
        .args(drop_to(Some(&user.name)))
        .args(["--", "test", "-w"])
        .arg(home)
        .stderr(Stdio::null())
        .status()
        .context("setpriv (package util-linux)")?;
    Ok(status.success())
}

/// Whom to become when this is root: `postgres`, or `nobody` where the package made no such user.
fn unprivileged() -> anyhow::Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    for name in ["postgres", "nobody"] {
        let entry = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name);
        if let Some([_, _, uid, gid, ..]) = entry.as_deref() {
            return Ok(Some(User { name: name.to_owned(), uid: uid.parse()?, gid: gid.parse()? }));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

/// The directory with the programs of the newest PostgreSQL: Debian's places, then `PATH`.
pub(crate) fn installed() -> Option<PathBuf> {
    let newest = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    newest.map(|(_, bin)| bin).or_else(|| crate::path::find("initdb")?.parent().map(Path::to_owned))
}
