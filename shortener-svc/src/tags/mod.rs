//! Tags of a workspace: labels with a colour.
//!
//! A tag is one tag whatever its case. `News`, `news` and `NEWS` are the tag that was created first, and links carry its
//! spelling. [`key`] decides which names are equal; the column `tags.key` holds it, and a unique index keeps it so.

pub mod change;
pub mod store;
pub mod unify;

use std::collections::HashMap;

use curtail_proto::links::v1::{self as pb, ListTagsRequest, ListTagsResponse, SetTagRequest, SetTagResponse};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use sqlx::PgConnection;
use tonic::Request;

pub use self::store::Tag;
use crate::app::App;
use crate::code::alias;
use crate::failure::Failure;
use crate::limits;
use crate::link::text::{self, Lines};
use crate::refusal::{self, invalid};

/// Colours for tags without a chosen one, told apart in light and dark.
const PALETTE: [&str; 8] = ["#2563eb", "#16a34a", "#dc2626", "#d97706", "#7c3aed", "#0891b2", "#db2777", "#65a30d"];

/// The tags of a workspace with how many links carry each.
pub async fn list(app: &App, request: Request<ListTagsRequest>) -> Result<ListTagsResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    curtail_rpc::user(&request)?.require(workspace, Role::Viewer, Scope::Read)?;
    let tags = store::list(&app.pool, workspace).await.map_err(refusal::store)?;
    let message = |tag: store::CountedTag| pb::Tag { name: tag.name, color: tag.color, link_count: tag.links };
    Ok(ListTagsResponse { tags: tags.into_iter().map(message).collect() })
}

/// Creates a tag or changes its colour. Links carry names only: no link changes, so that no event is due.
pub async fn set(app: &App, request: Request<SetTagRequest>) -> Result<SetTagResponse, Error> {
    let workspace = request.get_ref().workspace_id;
    curtail_rpc::user(&request)?.require(workspace, Role::Editor, Scope::Write)?;
    let name = check(&request.get_ref().name, "name")?;
    let color = check_color(&request.get_ref().color)?;
    let mut conn = app.pool.acquire().await.map_err(refusal::store)?;
    let tag = resolve(&mut conn, workspace, std::slice::from_ref(&name), "name").await?.swap_remove(0);
    store::set_color(&mut *conn, workspace, &tag.name, &color).await.map_err(refusal::store)?;
    Ok(SetTagResponse { tag: Some(pb::Tag { name: tag.name, color, link_count: 0 }) })
}

/// What makes two names one tag: the name without regard to case, in NFC.
pub fn key(name: &str) -> String {
    // By way of upper case, so that `ß` equals `SS` and both forms of sigma are one.
    let folded: String = name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    alias::normalise(&folded)
}

/// Checks the tags of a link: spaces around a name do not count, nor does naming a tag twice. The result is sorted.
pub fn check_all(names: Vec<String>, field: &'static str) -> Result<Vec<String>, Error> {
    // Bounded before duplicates are dropped, so that a list without end costs nothing.
    if names.len() > limits::TAGS_PER_LINK {
        return Err(too_many_on_link(field));
    }
    let mut seen = HashMap::new();
    for name in names {
        let name = check(&name, field)?;
        seen.entry(key(&name)).or_insert(name);
    }
    let mut names: Vec<String> = seen.into_values().collect();
    names.sort_unstable();
    Ok(names)
}

/// Refuses a link with more tags than it may carry.
pub fn too_many_on_link(field: &'static str) -> Error {
    invalid("TOO_MANY_TAGS", field, format!("more than {} tags", limits::TAGS_PER_LINK))
}

/// Checks one name: NFC, 1 to [`limits::TAG_CHARS`] characters on one line, all of them visible.
pub fn check(name: &str, field: &'static str) -> Result<String, Error> {
    // Bounded first: composing is work, and it changes the count of characters.
    let name = text::check(name.trim_matches(' ').to_owned(), field, limits::TAG_CHARS * 4, Lines::One)?;
    let name = text::check(alias::normalise(&name), field, limits::TAG_CHARS, Lines::One)?;
    if name.is_empty() {
        return Err(invalid("TAG_EMPTY", field, "a tag needs a name"));
    }
    if curtail_text::invisible::first(&name).is_some() {
        return Err(invalid("INVISIBLE_CHARACTER", field, "holds a character that cannot be seen"));
    }
    Ok(name)
}

/// Checks a colour: `#rrggbb` in any case; stored in lower case.
fn check_color(color: &str) -> Result<String, Error> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
    match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(_) => Ok(color.to_ascii_lowercase()),
        None => Err(invalid("COLOR_INVALID", "color", "a colour looks like #2563eb")),
    }
}

/// The colour of a tag without a chosen one; the same for the same name.
pub fn default_color(name: &str) -> &'static str {
    let sum = name.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    PALETTE[sum % PALETTE.len()]
}

/// The tags of these names, in their order, each created if it is missing. In a transaction they stay until its end.
pub async fn resolve(
    conn: &mut PgConnection,
    workspace: i64,
    names: &[String],
    field: &'static str,
) -> Result<Vec<Tag>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut existing = store::find(&mut *conn, workspace, names).await?;
    let missing: Vec<&String> = names.iter().filter(|name| !existing.contains_key(&key(name))).collect();
    if !missing.is_empty() {
        if room(&mut *conn, workspace).await? < missing.len() {
            return Err(refusal::too_many_tags(field).into());
        }
        store::add(&mut *conn, workspace, &missing).await?;
        // Read again: another request may have created and coloured one at the same moment.
        existing = store::find(&mut *conn, workspace, names).await?;
    }
    Ok(pick(&existing, names))
}

/// How many tags the workspace may still create. Soft: parallel requests do not see each other.
pub async fn room(conn: &mut PgConnection, workspace: i64) -> Result<usize, sqlx::Error> {
    let count = usize::try_from(store::count(conn, workspace).await?).unwrap_or(usize::MAX);
    Ok(limits::TAGS_PER_WORKSPACE.saturating_sub(count))
}

/// The tags of these names, in their order.
pub fn pick(tags: &HashMap<String, Tag>, names: &[String]) -> Vec<Tag> {
    names.iter().filter_map(|name| tags.get(&key(name)).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("t{number:02}")).collect()
    }

    #[test]
    fn twenty_tags_and_one_more() {
        assert_eq!(check_all(names(20), "tags").unwrap().len(), 20);
        assert_eq!(check_all(names(21), "tags").unwrap_err().reason, "TOO_MANY_TAGS");
    }

    #[test]
    fn fifty_characters_and_one_more() {
        assert!(check(&"ü".repeat(50), "tags").is_ok());
        assert_eq!(check(&"ü".repeat(51), "tags").unwrap_err().reason, "TOO_LONG");
        assert_eq!(check("  ", "tags").unwrap_err().reason, "TAG_EMPTY");
        assert_eq!(check("a\nb", "tags").unwrap_err().reason, "CONTROL_CHARACTER");
    }

    #[test]
    fn sorted_without_duplicates_in_nfc() {
        let tags = ["b", " a ", "b", "e\u{301}"].map(str::to_owned);
        assert_eq!(check_all(tags.into(), "tags").unwrap(), ["a", "b", "é"]);
    }

    #[test]
    fn case_makes_no_other_tag_and_the_first_spelling_stays() {
        assert_eq!(check_all(["News", "news", "NEWS"].map(str::to_owned).into(), "tags").unwrap(), ["News"]);
        for (one, other) in [("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("É", "e\u{301}"), ("Новости", "НОВОСТИ")]
        {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("news"), key("new"));
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for name in ["\u{200b}", "a\u{202e}b", "spring\u{200d}", "spring\u{200c}", "spring\u{fe0f}", "\u{2800}x"] {
            assert_eq!(check(name, "tags").unwrap_err().reason, "INVISIBLE_CHARACTER", "{name:?}");
        }
        for name in ["👩‍🚀", "❤️", "نامه\u{200c}ای", "日本"] {
            assert!(check(name, "tags").is_ok(), "{name:?}");
        }
    }

    #[test]
    fn colours() {
        assert_eq!(check_color("#FFaa00").unwrap(), "#ffaa00");
        for color in ["", "#fff", "ffaa00", "#ffaa0g", "#ffaa000", "red", "#ffaa0é", "url(x)"] {
            assert_eq!(check_color(color).unwrap_err().reason, "COLOR_INVALID", "{color}");
        }
        assert!(check_color(default_color("news")).is_ok());
    }
}
