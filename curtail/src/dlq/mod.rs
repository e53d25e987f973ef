//! `curtail dlq`: what could not be handled.

mod list;
mod show;

use std::path::Path;

use anyhow::{Context as _, ensure};
use curtail_streams::{DeadLetters, EntryId, Redriven};

use crate::{cli::Dlq, settings, terminal};

/// Runs one of the commands.
///
/// # Errors
/// When Redis is unavailable, or a letter that was named is not there.
pub(crate) async fn run(dir: &Path, command: Dlq) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    let pool = curtail_streams::connect(&config.redis).await?;
    let letters = |stream: &str| DeadLetters::of(pool.clone(), stream);
    match command {
        Dlq::List { stream: None } => list::counts(&pool).await,
        Dlq::List { stream: Some(stream) } => list::letters(&letters(&stream)).await,
        Dlq::Show { stream, id } => show::letter(&letters(&stream), id).await,
        Dlq::Redrive { stream, which } => redrive(&letters(&stream), named(which)?).await,
        Dlq::Drop { stream, which } => discard(&letters(&stream), named(which)?).await,
    }
}

/// The letters that a command is about: some by id, or all (of one group).
enum Named {
    These(Vec<EntryId>),
    All(Option<String>),
}

fn named(which: crate::cli::Letters) -> anyhow::Result<Named> {
    ensure!(which.all == which.ids.is_empty(), "name letters by their ids, or say --all");
    Ok(if which.all { Named::All(which.group) } else { Named::These(which.ids) })
}

async fn ids(letters: &DeadLetters, named: &Named) -> anyhow::Result<Vec<EntryId>> {
    Ok(match named {
        Named::These(ids) => ids.clone(),
        Named::All(group) => {
            let heads = letters.heads().await.context("Redis")?;
            let wanted = |of: &str| group.as_deref().is_none_or(|group| group == of);
            heads.into_iter().filter(|head| wanted(&head.group)).map(|head| head.id).collect()
        }
    })
}

async fn redrive(letters: &DeadLetters, named: Named) -> anyhow::Result<()> {
    let (mut back, mut stay) = (0, 0);
    for id in ids(letters, &named).await? {
        match letters.redrive(id).await.context("Redis")? {
            Redriven::Yes => back += 1,
            Redriven::Gone => stay += missing(&named, id),
            Redriven::NoGroup => {
                terminal::complain(&format!("{id}: nobody reads {} for its group", letters.stream()));
                stay += 1;
            }
        }
    }
    terminal::say(&format!("{back} handed out once more."));
    ensure!(stay == 0, "{stay} could not be handed out");
    Ok(())
}

async fn discard(letters: &DeadLetters, named: Named) -> anyhow::Result<()> {
    let (mut gone, mut stay) = (0, 0);
    for id in ids(letters, &named).await? {
        if letters.discard(id).await.context("Redis")? { gone += 1 } else { stay += missing(&named, id) }
    }
    terminal::say(&format!("{gone} thrown away."));
    ensure!(stay == 0, "{stay} were not there");
    Ok(())
}

/// Says that a letter is not there, unless someone else was faster with all of them. How many that counts for.
fn missing(named: &Named, id: EntryId) -> u64 {
    match named {
        Named::All(_) => 0,
        Named::These(_) => {
            terminal::complain(&format!("{id}: there is no such letter"));
            1
        }
    }
}
