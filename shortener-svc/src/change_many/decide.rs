//! What a bulk change makes of one link.

use curtail_proto::links::v1::BulkChange;
use curtail_rpc::Error;
use time::OffsetDateTime;

use crate::limits;
use crate::link::Link;
use crate::link::event::Fact;
use crate::link::time_field;
use crate::refusal::{self, invalid};
use crate::tags::{self, Tag};

/// What is done with each link.
#[derive(Debug)]
pub(super) enum Change {
    Update(Update),
    Delete,
}

/// A change of fields, checked.
#[derive(Debug, Default)]
pub(super) struct Update {
    disabled: Option<bool>,
    restore: bool,
    expires_at: Option<Option<OffsetDateTime>>,
    pub(super) add_tags: Vec<String>,
    /// The tags of `add_tags`, once they exist.
    pub(super) resolved: Vec<Tag>,
    /// Keys of tags.
    remove_tags: Vec<String>,
}

impl Change {
    pub(super) fn check(change: BulkChange, now: OffsetDateTime) -> Result<Self, Error> {
        if change == BulkChange::default() {
            return Err(invalid("CHANGE_REQUIRED", "", "say what to change"));
        }
        let expires_at = match change.expires_at {
            Some(patch) => Some(time_field::read(patch.value, "expiresAt")?),
            None => None,
        };
        if let Some(expires_at) = expires_at {
            time_field::check_life(None, expires_at, true, now)?;
        }
        let remove_tags = tags::check_all(change.remove_tags, "removeTags")?;
        Ok(Self::Update(Update {
            disabled: change.disabled,
            restore: change.restore,
            expires_at,
            add_tags: tags::check_all(change.add_tags, "addTags")?,
            resolved: Vec::new(),
            remove_tags: remove_tags.iter().map(|name| tags::key(name)).collect(),
        }))
    }

    pub(super) fn is_restore(&self) -> bool {
        matches!(self, Self::Update(update) if update.restore)
    }

    /// The name of the audit entry.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::Update(_) => "links.updated",
            Self::Delete => "links.deleted",
        }
    }

    /// What `link` becomes, and which fact that is; none leaves it as it is.
    pub(super) fn decide(&self, link: &Link, now: OffsetDateTime) -> Result<Option<(Link, Fact)>, Error> {
        if link.block_reason.is_some() {
            return Err(refusal::link_blocked());
        }
        match self {
            Self::Delete if link.deleted_at.is_some() => Ok(None),
            Self::Delete => Ok(Some((Link { deleted_at: Some(now), ..link.clone() }, Fact::Deleted))),
            Self::Update(update) => {
                let changed = update.apply(link, now)?;
                let fact = match link.deleted_at {
                    Some(_) => Fact::Restored,
                    None => Fact::between(link, &changed),
                };
                Ok((changed != *link).then_some((changed, fact)))
            }
        }
    }
}

impl Update {
    fn apply(&self, link: &Link, now: OffsetDateTime) -> Result<Link, Error> {
        if link.deleted_at.is_some() && !self.restore {
            return Err(refusal::link_deleted());
        }
        let mut changed = Link { deleted_at: None, ..link.clone() };
        changed.disabled = self.disabled.unwrap_or(link.disabled);
        if let Some(expires_at) = self.expires_at {
            time_field::check_life(link.starts_at, expires_at, true, now)?;
            changed.expires_at = expires_at;
        }
        if !self.resolved.is_empty() || !self.remove_tags.is_empty() {
            let pairs = link.tags.iter().zip(&link.tag_colors);
            let kept = pairs.filter(|(name, _)| !self.remove_tags.contains(&tags::key(name)));
            let mut all: Vec<Tag> =
                kept.map(|(name, color)| Tag { name: name.clone(), color: color.clone() }).collect();
            all.extend(self.resolved.iter().cloned());
            changed.set_tags(all);
            if changed.tags.len() > limits::TAGS_PER_LINK {
                return Err(tags::too_many_on_link("addTags"));
            }
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::link::testing::link;

    fn tag(name: &str) -> Tag {
        Tag { name: name.to_owned(), color: "#000000".to_owned() }
    }

    fn update(update: Update) -> Change {
        Change::Update(update)
    }

    #[test]
    fn a_change_to_what_is_there_already_is_none() {
        let (link, now) = (link(), link().updated_at);
        assert_eq!(update(Update { disabled: Some(false), ..Update::default() }).decide(&link, now).unwrap(), None);
        let (disabled, fact) =
            update(Update { disabled: Some(true), ..Update::default() }).decide(&link, now).unwrap().unwrap();
        assert!(disabled.disabled && fact == Fact::Disabled);
    }

    #[test]
    fn tags_are_added_and_removed_without_regard_to_case() {
        let mut link = link();
        link.set_tags(vec![tag("News"), tag("old")]);
        let change = update(Update {
            resolved: vec![tag("a")],
            remove_tags: vec![tags::key("NEWS"), tags::key("absent")],
            ..Update::default()
        });
        let (changed, _) = change.decide(&link, link.updated_at).unwrap().unwrap();
        assert_eq!(changed.tags, ["a", "old"]);
        link.set_tags((0..20).map(|number| tag(&format!("t{number}"))).collect());
        assert_eq!(change.decide(&link, link.updated_at).unwrap_err().reason, "TOO_MANY_TAGS");
    }

    #[test]
    fn deleted_links_are_only_restored_and_blocked_ones_stay() {
        let mut gone = link();
        let now = gone.updated_at;
        gone.deleted_at = Some(now);
        let disable = update(Update { disabled: Some(true), ..Update::default() });
        assert_eq!(disable.decide(&gone, now).unwrap_err().reason, "LINK_DELETED");
        let restore = update(Update { restore: true, ..Update::default() });
        let (restored, fact) = restore.decide(&gone, now).unwrap().unwrap();
        assert!(restored.deleted_at.is_none() && fact == Fact::Restored);
        assert_eq!(restore.decide(&link(), now).unwrap(), None);
        assert_eq!(Change::Delete.decide(&gone, now).unwrap(), None);
        let mut blocked = link();
        blocked.block_reason = Some(String::new());
        for change in [Change::Delete, disable] {
            assert_eq!(change.decide(&blocked, now).unwrap_err().reason, "LINK_BLOCKED");
        }
    }

    #[test]
    fn an_expiry_is_held_against_the_start_of_each_link() {
        let mut late = link();
        let now = late.updated_at;
        late.starts_at = Some(now + Duration::DAY);
        let change = update(Update { expires_at: Some(Some(now + Duration::HOUR)), ..Update::default() });
        assert_eq!(change.decide(&late, now).unwrap_err().reason, "EXPIRES_BEFORE_START");
        assert!(change.decide(&link(), now).unwrap().is_some());
    }
}
