//! Things that one cell has for itself, because the call uses them up.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::caller::Who;
use super::session::{Session, login, register};
use super::world::{HOME_MARK, Place, World};

/// What a call uses up where it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// Nothing that others need.
    Nothing,
    /// A link.
    Link,
    /// A link that was deleted.
    DeletedLink,
    /// A tag.
    Tag,
    /// An API key.
    Key,
    /// A webhook.
    Webhook,
    /// An invitation.
    Invitation,
    /// A member, who is a viewer.
    Member,
    /// The refresh token of a session of someone.
    Refresh,
    /// A session of the owner.
    Session,
    /// The caller: the account or its session.
    Caller,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An address that no one had before, with `mark` in it.
pub fn address(mark: &str) -> String {
    format!("fresh-{}-{mark}@example.org", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A telephone number that no one had before: few codes are sent to each.
pub fn number() -> String {
    format!("+15005{:06}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The place that the calls are about with what `uses` says made again.
pub async fn place(world: &World, uses: Uses) -> Place {
    let (owner, mut place) = (&world.people[&Who::Owner], world.home.clone());
    match uses {
        Uses::Nothing | Uses::Caller => {}
        Uses::Link | Uses::DeletedLink => {
            (place.link, place.code) = world.link(owner, &place.workspace, HOME_MARK).await;
            if uses == Uses::DeletedLink {
                let query = "mutation($id: ID!) { deleteLink(id: $id) { userErrors { code } } }";
                world.done(owner, query, json!({"id": place.link})).await;
            }
        }
        Uses::Tag => {
            place.tag = format!("fresh-{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let query = "mutation($input: SetTagInput!) { setTag(input: $input) { userErrors { code } } }";
            let input = json!({"workspaceId": place.workspace, "name": place.tag, "color": "#123456"});
            world.done(owner, query, json!({"input": input})).await;
        }
        Uses::Key => (place.key, _) = world.key(Who::Owner, &place.workspace, "READ", HOME_MARK).await,
        Uses::Webhook => place.webhook = world.webhook(owner, &place.workspace, HOME_MARK).await,
        Uses::Invitation => {
            (place.invitation, place.token) =
                world.invite(owner, &place.workspace, &address(HOME_MARK), "VIEWER").await;
        }
        Uses::Member => {
            let member = register(&world.platform, &address(HOME_MARK)).await;
            world.join(&member, "VIEWER").await;
            place.member = member.user;
        }
        Uses::Session => {
            let session = login(&world.platform, &owner.email).await;
            let sessions = world.done(&session, "{ viewer { sessions { id current } } }", json!({})).await;
            let sessions = sessions["sessions"].as_array().cloned().unwrap_or_default();
            let own = sessions.into_iter().find(|one| one["current"] == true).unwrap_or_default();
            place.session = own["id"].as_str().unwrap_or_default().to_owned();
        }
        Uses::Refresh => place.refresh = register(&world.platform, &address(HOME_MARK)).await.refresh,
    }
    place
}

/// Someone who is to `who` as a twin: another account in the same role.
pub async fn twin(world: &World, who: Who) -> Session {
    let email = address(if who.is_inside() { HOME_MARK } else { "twin" });
    let session = register(&world.platform, &email).await;
    match who {
        Who::Viewer | Who::Editor | Who::Admin | Who::Owner => world.join(&session, &who.name().to_uppercase()).await,
        Who::Operator => {
            return world.promote(&email).await;
        }
        _ => {}
    }
    session
}
