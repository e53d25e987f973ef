//! A new link as entered, checked, before it has a code.

use curtail_proto::links::v1::NewLink;
use curtail_rpc::Error;
use time::OffsetDateTime;

use super::{Link, text, time_field};
use crate::code::Alias;
use crate::destination::{Destination, Rules};
use crate::domains::Domains;
use crate::limits;
use crate::refusal::{self, invalid};
use crate::tags::{self, Tag};

/// The default redirect status.
const FOUND: i16 = 302;

/// A new link of which every field is within its bounds.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where it leads.
    pub destination: Destination,
    /// One of our domains.
    pub domain: String,
    /// The wanted code; none: a random one.
    pub alias: Option<Alias>,
    title: String,
    description: String,
    notes: String,
    external_id: String,
    /// Sorted, without duplicates.
    pub tags: Vec<String>,
    starts_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    max_clicks: i32,
    redirect_status: i16,
    forward_query: bool,
    fallback_url: String,
}

impl Draft {
    /// Checks what was entered. The error names the first field that is wrong.
    pub fn check(new: NewLink, rules: &Rules, domains: &Domains, now: OffsetDateTime) -> Result<Self, Error> {
        let destination = rules.check(&new.url).map_err(|refusal| refusal::destination(refusal, "url"))?;
        let domain = domains.find(&new.domain).ok_or_else(refusal::unknown_domain)?;
        let alias = match new.alias.as_str() {
            "" => None,
            alias => Some(Alias::parse(alias).map_err(refusal::alias)?),
        };
        let starts_at = time_field::read(new.starts_at, "startsAt")?;
        let expires_at = time_field::read(new.expires_at, "expiresAt")?;
        time_field::check_life(starts_at, expires_at, true, now)?;
        Ok(Self {
            destination,
            domain: domain.to_owned(),
            alias,
            title: text::title(new.title)?,
            description: text::description(new.description)?,
            notes: text::notes(new.notes)?,
            external_id: text::external_id(new.external_id)?,
            tags: tags::check_all(new.tags, "tags")?,
            starts_at,
            expires_at,
            max_clicks: max_clicks(new.max_clicks)?,
            redirect_status: if new.redirect_status == 0 { FOUND } else { redirect_status(new.redirect_status)? },
            forward_query: new.forward_query,
            fallback_url: fallback_url(&new.fallback_url, rules)?,
        })
    }

    /// The link that it becomes. `tags` are those of the draft's names.
    pub fn into_link(self, id: i64, workspace_id: i64, creator_id: i64, code: String, tags: Vec<Tag>) -> Link {
        let mut link = Link {
            id,
            workspace_id,
            creator_id,
            domain: self.domain,
            code,
            url: self.destination.into_string(),
            title: self.title,
            description: self.description,
            notes: self.notes,
            external_id: self.external_id,
            tags: Vec::new(),
            tag_colors: Vec::new(),
            version: 1,
            updated_at: curtail_ids::time_of(id),
            starts_at: self.starts_at,
            expires_at: self.expires_at,
            max_clicks: self.max_clicks,
            used_clicks: 0,
            redirect_status: self.redirect_status,
            forward_query: self.forward_query,
            fallback_url: self.fallback_url,
            disabled: false,
            block_reason: None,
            deleted_at: None,
        };
        link.set_tags(tags);
        link
    }
}

/// Checks a click limit; 0 is none.
pub(super) fn max_clicks(clicks: u32) -> Result<i32, Error> {
    match i32::try_from(clicks) {
        Ok(number) if clicks <= limits::MAX_CLICKS => Ok(number),
        _ => Err(invalid("MAX_CLICKS_RANGE", "maxClicks", format!("at most {} clicks", limits::MAX_CLICKS))),
    }
}

/// Checks a redirect status.
pub(super) fn redirect_status(status: u32) -> Result<i16, Error> {
    match status {
        301 => Ok(301),
        302 => Ok(302),
        307 => Ok(307),
        308 => Ok(308),
        _ => Err(invalid("REDIRECT_STATUS_INVALID", "redirectStatus", "one of 301, 302, 307 and 308")),
    }
}

/// Checks a fallback URL by the rules of destinations; empty is none.
pub(super) fn fallback_url(url: &str, rules: &Rules) -> Result<String, Error> {
    if url.is_empty() {
        return Ok(String::new());
    }
    let checked = rules.check(url).map_err(|refusal| refusal::destination(refusal, "fallbackUrl"))?;
    Ok(checked.into_string())
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);

    fn check(change: impl FnOnce(&mut NewLink)) -> Result<Draft, (String, String)> {
        let config = curtail_config::Config::for_tests();
        let rules = Rules::new(&config.domains, &config.shortener).unwrap();
        let mut new = NewLink { url: "https://site.example".to_owned(), ..NewLink::default() };
        change(&mut new);
        Draft::check(new, &rules, &Domains::new(&config.domains).unwrap(), NOW)
            .map_err(|error| (error.reason.into_owned(), error.field.unwrap_or_default().into_owned()))
    }

    fn refusal(change: impl FnOnce(&mut NewLink)) -> (String, String) {
        check(change).unwrap_err()
    }

    fn names(reason: &str, field: &str) -> (String, String) {
        (reason.to_owned(), field.to_owned())
    }

    #[test]
    fn defaults() {
        let link = check(|_| {}).unwrap().into_link(1 << 40, 1, 2, "abc".to_owned(), vec![]);
        assert_eq!((link.redirect_status, link.max_clicks, link.version), (302, 0, 1));
        assert_eq!((link.domain.as_str(), link.url.as_str()), ("localhost", "https://site.example/"));
        assert_eq!(link.updated_at, curtail_ids::time_of(1 << 40));
    }

    #[test]
    fn every_bound_at_the_edge_and_one_past() {
        assert!(check(|new| new.max_clicks = 1_000_000_000).is_ok());
        assert_eq!(refusal(|new| new.max_clicks = 1_000_000_001), names("MAX_CLICKS_RANGE", "maxClicks"));
        assert_eq!(refusal(|new| new.max_clicks = u32::MAX), names("MAX_CLICKS_RANGE", "maxClicks"));
        for status in [301, 302, 307, 308] {
            assert!(check(|new| new.redirect_status = status).is_ok());
        }
        for status in [1, 200, 300, 303, 304, 309, 65_838, u32::MAX] {
            assert_eq!(refusal(|new| new.redirect_status = status), names("REDIRECT_STATUS_INVALID", "redirectStatus"));
        }
        type Set = fn(&mut NewLink, String);
        let texts: [(Set, usize, &str); 4] = [
            (|new, text| new.title = text, 300, "title"),
            (|new, text| new.description = text, 1_000, "description"),
            (|new, text| new.notes = text, 5_000, "notes"),
            (|new, text| new.external_id = text, 255, "externalId"),
        ];
        for (set, most, field) in texts {
            assert!(check(|new| set(new, "ü".repeat(most))).is_ok(), "{field}");
            assert_eq!(refusal(|new| set(new, "ü".repeat(most + 1))), names("TOO_LONG", field));
        }
    }

    #[test]
    fn refusals_name_their_field() {
        assert_eq!(refusal(|new| new.url = "javascript:alert(1)".to_owned()), names("URL_SCHEME", "url"));
        assert_eq!(refusal(|new| new.fallback_url = "ftp://a.example".to_owned()), names("URL_SCHEME", "fallbackUrl"));
        assert_eq!(refusal(|new| new.alias = "a//b".to_owned()), names("ALIAS_INVALID", "alias"));
        assert_eq!(refusal(|new| new.domain = "other.example".to_owned()), names("UNKNOWN_DOMAIN", "domain"));
        assert_eq!(refusal(|new| new.tags = vec![String::new()]), names("TAG_EMPTY", "tags"));
        let at = |seconds| Some(Timestamp { seconds: NOW.unix_timestamp() + seconds, nanos: 0 });
        assert_eq!(refusal(|new| new.expires_at = at(0)), names("EXPIRES_IN_PAST", "expiresAt"));
        assert_eq!(
            refusal(|new| (new.starts_at, new.expires_at) = (at(5), at(5))),
            names("EXPIRES_BEFORE_START", "expiresAt")
        );
        let never = Some(Timestamp { seconds: i64::MAX, nanos: 0 });
        assert_eq!(refusal(|new| new.starts_at = never), names("INSTANT_INVALID", "startsAt"));
    }
}
