//! A link as an index keeps it.

use curtail_proto::links::v1::{Link, LinkState};
use percent_encoding::percent_decode_str;
use prost_types::Timestamp;
use url::Url;

use crate::part::{Part, Texts};
use crate::words::{self, compose};

/// A link that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The link.
    pub id: i64,
    /// Its version.
    pub version: i64,
    /// Whose it is.
    pub workspace: i64,
    /// What is searched.
    pub texts: Texts,
    /// Host of its short domain.
    pub domain: String,
    /// The host of its destination in ASCII, if that differs from the host in the texts.
    pub ascii_host: String,
    /// The state without regard to the time: ACTIVE, DISABLED, EXHAUSTED or BLOCKED.
    pub lasting: LinkState,
    /// Microseconds since 1970; [`i64::MIN`] for none.
    pub starts_us: i64,
    /// Microseconds since 1970; [`i64::MAX`] for none.
    pub expires_us: i64,
}

/// What an index has to do about a link. Whatever the order in which changes come, the one of the highest version stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Keep this.
    Put(Box<Entry>),
    /// The link is deleted. Its number and version stay, so that an older event does not bring it back.
    Remove {
        /// The link.
        id: i64,
        /// Its version.
        version: i64,
    },
}

/// A link that no service of ours would send.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unusable {
    /// No number, workspace or version.
    #[error("a link without id, workspace or version")]
    Nameless,
}

impl Change {
    /// What `link` means for an index.
    ///
    /// # Errors
    /// When it cannot be one of ours.
    pub fn of(link: Link) -> Result<Self, Unusable> {
        if link.id <= 0 || link.workspace_id <= 0 || link.version <= 0 {
            return Err(Unusable::Nameless);
        }
        let (id, version) = (link.id, link.version);
        if link.deleted_at.is_some() || link.state() == LinkState::Deleted {
            return Ok(Self::Remove { id, version });
        }
        Ok(Self::Put(Box::new(Entry {
            id,
            version,
            workspace: link.workspace_id,
            lasting: lasting(&link),
            starts_us: link.starts_at.as_ref().map_or(i64::MIN, micros),
            expires_us: link.expires_at.as_ref().map_or(i64::MAX, micros),
            domain: link.domain,
            ascii_host: ascii_host(&link.url),
            texts: Texts {
                destination: destination(&link.url),
                code: compose(link.code),
                title: compose(link.title),
                tags: link.tags.into_iter().map(|tag| compose(tag.name)).collect(),
                description: compose(link.description),
                notes: compose(link.notes),
            },
        })))
    }

    /// The link it is about.
    pub fn id(&self) -> i64 {
        match self {
            Self::Put(entry) => entry.id,
            Self::Remove { id, .. } => *id,
        }
    }

    /// The version of the link.
    pub fn version(&self) -> i64 {
        match self {
            Self::Put(entry) => entry.version,
            Self::Remove { version, .. } => *version,
        }
    }
}

impl Entry {
    /// The words of a part, each once.
    pub fn words(&self, part: Part) -> Vec<String> {
        let mut words: Vec<String> = match part {
            Part::Domain => hosts(&self.domain).iter().flat_map(|host| words::distinct(host)).collect(),
            Part::Destination => {
                [self.texts.destination.as_str(), &self.ascii_host].into_iter().flat_map(words::distinct).collect()
            }
            _ => self.texts.of(part).into_iter().flat_map(words::distinct).collect(),
        };
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// A host in ASCII and in Unicode.
fn hosts(ascii: &str) -> [String; 2] {
    [ascii.to_owned(), unicode_host(ascii)]
}

/// A host as people read it.
fn unicode_host(ascii: &str) -> String {
    idna::domain_to_unicode(ascii).0
}

/// A tag as filters compare it: case does not count.
pub fn tag_key(name: &str) -> String {
    compose(name.trim().to_owned()).to_lowercase()
}

fn lasting(link: &Link) -> LinkState {
    if link.state() == LinkState::Blocked {
        LinkState::Blocked
    } else if link.disabled {
        LinkState::Disabled
    } else if link.max_clicks > 0 && link.used_clicks >= link.max_clicks {
        LinkState::Exhausted
    } else {
        LinkState::Active
    }
}

/// Host in Unicode and path. The query stays out of the index: it may hold secrets.
pub fn destination(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return String::new() };
    let path = percent_decode_str(parsed.path()).decode_utf8_lossy();
    compose(format!("{}{path}", unicode_host(parsed.host_str().unwrap_or_default())))
}

fn ascii_host(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or_default();
    if unicode_host(host) == host { String::new() } else { host.to_owned() }
}

fn micros(at: &Timestamp) -> i64 {
    at.seconds.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link { id: 5, workspace_id: 7, version: 1, url: "https://site.example/".into(), ..Link::default() }
    }

    fn entry(link: Link) -> Entry {
        match Change::of(link) {
            Ok(Change::Put(entry)) => *entry,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_query_of_a_destination_stays_out() {
        assert_eq!(destination("https://shop.example/caf%C3%A9/list?token=secret#top"), "shop.example/café/list");
        assert_eq!(destination("nonsense"), "");
        assert_eq!(destination("https://пример.рф/путь"), "пример.рф/путь");
    }

    #[test]
    fn a_host_is_found_in_both_forms() {
        let entry = entry(Link { url: "https://пример.рф/".into(), domain: "xn--h28h.test".into(), ..link() });
        let has = |part, word: &str| entry.words(part).contains(&word.to_owned());
        assert!(has(Part::Destination, "пример") && has(Part::Destination, "e1afmkfd"));
        assert!(has(Part::Domain, "test") && has(Part::Domain, "😃") && has(Part::Domain, "h28h"));
    }

    #[test]
    fn the_lasting_state_follows_from_the_fields() {
        let mut blocked = Link { disabled: true, ..link() };
        blocked.set_state(LinkState::Blocked);
        assert_eq!(entry(blocked).lasting, LinkState::Blocked);
        assert_eq!(entry(Link { disabled: true, ..link() }).lasting, LinkState::Disabled);
        assert_eq!(entry(Link { max_clicks: 2, used_clicks: 2, ..link() }).lasting, LinkState::Exhausted);
        assert_eq!(entry(Link { max_clicks: 2, used_clicks: 1, ..link() }).lasting, LinkState::Active);
        let mut expired = link();
        expired.set_state(LinkState::Expired);
        assert_eq!(entry(expired).lasting, LinkState::Active, "time is looked at when somebody asks");
    }

    #[test]
    fn a_deleted_link_leaves_number_and_version() {
        let deleted = Link { deleted_at: Some(Timestamp::default()), version: 9, ..link() };
        assert_eq!(Change::of(deleted), Ok(Change::Remove { id: 5, version: 9 }));
    }

    #[test]
    fn a_link_without_a_name_is_refused() {
        for wrong in [Link { id: 0, ..link() }, Link { workspace_id: 0, ..link() }, Link { version: 0, ..link() }] {
            assert_eq!(Change::of(wrong), Err(Unusable::Nameless));
        }
    }
}
