//! `curtail demo`: an account with a dozen links and a month of clicks to look at.
//!
//! The account and its links are made through the GraphQL API like anybody's. Clicks cannot be made in the past through a
//! redirector, so they go into a click stream as batches of a producer of their own, and from there the usual way.

mod api;
mod clicks;
mod publish;
mod story;

use std::{fs, path::Path};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use rand::{RngExt as _, rngs::StdRng};
use serde_json::json;

use self::{api::Api, story::LINKS};
use crate::{settings, terminal, up::secrets::system_rng};

const EMAIL: &str = "demo@example.com";

/// Makes the account, unless an earlier run made it.
///
/// # Errors
/// When the platform does not run.
pub(crate) async fn run(dir: &Path) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    let api = Api::new(&config.domains.app_url)?;
    let password_file = dir.join("secrets/demo_password");
    let known = fs::read_to_string(&password_file).ok();
    if let Some(password) = &known
        && api.login(EMAIL, password).await?
    {
        terminal::say("The demo account exists already.\n");
        terminal::say(&report(&config, password));
        return Ok(());
    }
    let mut rng = system_rng();
    let password = known.unwrap_or_else(|| passphrase(&mut rng));
    if let Some(parent) = password_file.parent() {
        fs::create_dir_all(parent)?;
    }
    write_private(&password_file, &password)?;
    fill(&config, &api, &password, &mut rng).await?;
    terminal::say(&report(&config, &password));
    Ok(())
}

async fn fill(config: &Config, api: &Api, password: &str, rng: &mut StdRng) -> anyhow::Result<()> {
    let account = api.register(EMAIL, password).await.context(
        "the demo account can not be made; if it exists but its password is lost, start anew in another directory",
    )?;
    terminal::say(&format!("Made the account {EMAIL}."));
    let mut made = Vec::new();
    for link in LINKS {
        let id = api
            .create_link(
                &account,
                json!({"url": link.url, "alias": link.alias, "title": link.title, "tags": link.tags}),
            )
            .await
            .with_context(|| format!("the link {}", link.title))?;
        made.push((id, link));
    }
    terminal::say(&format!("Made {} links.", made.len()));
    let clicks = clicks::month(&made, account.workspace_id, &Clock::system(), rng);
    let count = clicks.len();
    publish::send(config, clicks, rng).await?;
    terminal::say(&format!("Counted {count} clicks of the last thirty days.\n"));
    Ok(())
}

fn report(config: &Config, password: &str) -> String {
    let app = &config.domains.app_url;
    format!(
        "Sign in at {app}/playground:\n\n  \
         mutation {{ login(input: {{email: \"{EMAIL}\", password: \"{password}\"}}) {{ tokens {{ accessToken }} }} }}\n\n\
         then ask, with the token as the header Authorization: Bearer …\n\n  \
         {{ links(first: 12) {{ nodes {{ title shortUrl totals {{ clicks uniques }} }} }} }}\n  \
         {{ trendingLinks {{ link {{ title }} }} }}\n"
    )
}

/// Eight words, 48 random bits: no one guesses it, and it can be typed.
fn passphrase(rng: &mut StdRng) -> String {
    let word = |rng: &mut StdRng| story::WORDS[rng.random_range(0..story::WORDS.len())];
    (0..8).map(|_| word(rng)).collect::<Vec<_>>().join("-")
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}
