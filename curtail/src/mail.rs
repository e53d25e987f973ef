//! `curtail mail`: what messages look like, and those that could not be sent.

use std::path::Path;

use anyhow::{Context as _, bail};
use notify_svc::kind::Kind;
use notify_svc::mail::Composer;
use notify_svc::{admin, preview};

use crate::cli::Mail;
use crate::{settings, terminal};

/// Runs a command about mails.
///
/// # Errors
/// When there is no such kind or message, or the database is unavailable.
pub(crate) async fn run(dir: &Path, command: Mail) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    match command {
        Mail::Preview { kind, html, sms } => {
            config.require_secrets(&["notify.master_key"])?;
            let Some(kind) = Kind::from_name(&kind) else {
                bail!("there is no mail {kind:?}; the kinds are {}", Kind::ALL.map(Kind::name).join(", "));
            };
            let text = if sms {
                preview::text(kind)?.with_context(|| format!("{} has no text message", kind.name()))?
            } else {
                let words = preview::mail(&Composer::new(&config)?, kind)?;
                if html { words.html } else { format!("Subject: {}\n\n{}", words.subject, words.text) }
            };
            terminal::say(&text);
        }
        Mail::Dead => {
            let dead = admin::dead(&config).await?;
            if dead.is_empty() {
                terminal::say("No message was given up.");
            }
            for message in dead {
                let (id, tries) = (message.hex_id(), message.attempts);
                terminal::say(&format!("{id}  {}  {tries} tries  {}", message.kind, message.error));
            }
        }
        Mail::Redrive { id, all } => {
            let id = id.as_deref().map(|id| bytes(id).context("an id is 32 hexadecimal digits")).transpose()?;
            if id.is_none() && !all {
                bail!("name a message (`curtail mail dead` lists them) or give --all");
            }
            let count = admin::redrive(&config, id.as_deref()).await?;
            terminal::say(&format!("{count} messages are due again."));
        }
    }
    Ok(())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| (0..32).step_by(2).filter_map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect())
}
