//! Every name that processes share in Redis: streams, groups, fields, hashes, cache keys and channels.
//!
//! Two processes that exchange data through Redis have a contract, as two processes that call each other have one in `proto/`. Both
//! sides take the names from here. [`CONTRACTS`] lists each of them with its owner and its readers; `docs/understand/redis.md` has
//! the same table, and a test compares the two. Another test finds names that are written out elsewhere.

use std::fmt::{self, Display};

/// Events of accounts: registrations, mails to send, revoked credentials, erased accounts.
pub const ACCOUNTS: &str = "accounts";

/// Events of links: each with a snapshot of the link.
pub const LINKS: &str = "links";

/// Events for members of a workspace: spikes, weekly reports, disabled webhooks.
pub const ALERTS: &str = "alerts";

/// Audit entries of services other than auth.
pub const AUDIT: &str = "audit";

/// The streams of events that members are notified of, which hold an `Envelope` in the field [`ENVELOPE_FIELD`].
pub const EVENT_STREAMS: [&str; 3] = [ACCOUNTS, LINKS, ALERTS];

/// The field with the encoded `curtail.events.v1.Envelope` of an event.
pub const ENVELOPE_FIELD: &str = "e";

/// The field with the encoded `curtail.events.v1.ClickBatch` of an entry of a click stream.
pub const CLICK_BATCH_FIELD: &str = "b";

/// The field of an entry that is addressed to one group only. Other groups and followers without a group skip it.
pub const TO_FIELD: &str = "to";

/// The suffix of a dead-letter stream, after the name of its stream.
pub const DEAD_LETTER_SUFFIX: &str = ":dlq";

/// Hash of producer (hex) to its last counted click: the producer may delete its spool up to there.
pub const CLICKS_COUNTED: &str = "clicks:counted";

/// Hash of producer (hex) to the click from which it must send again.
pub const CLICKS_REPLAY: &str = "clicks:replay";

/// The consumer groups. A group is named after what its service does with the stream.
pub mod group {
    /// analytics-svc, on every stream that it reads.
    pub const ANALYTICS: &str = "analytics";
    /// shortener-svc on `accounts`: erased accounts.
    pub const LINKS: &str = "links";
    /// search-worker on `links`.
    pub const SEARCH: &str = "search";
    /// notify-svc: e-mails and text messages.
    pub const MAIL: &str = "mail";
    /// notify-svc: webhooks.
    pub const WEBHOOKS: &str = "webhooks";
    /// auth-svc on `audit`: entries of other services.
    pub const AUTH: &str = "auth";
    /// expiry-worker on `accounts`: dead letters of erased accounts.
    pub const UPKEEP: &str = "upkeep";
}

/// The stream of a shard of clicks.
pub fn click_stream(shard: impl Display) -> String {
    format!("clicks:{shard}")
}

/// All streams, with as many shards of clicks as are configured.
pub fn all_streams(click_shards: u32) -> Vec<String> {
    let events = EVENT_STREAMS.into_iter().chain([AUDIT]).map(ToOwned::to_owned);
    events.chain((0..click_shards).map(click_stream)).collect()
}

/// The stream that takes the entries of `stream` that could not be processed.
pub fn dead_letter_stream(stream: &str) -> String {
    format!("{stream}{DEAD_LETTER_SUFFIX}")
}

/// The key of a cached link.
pub fn link_key(domain: &str, code: &str) -> String {
    format!("link:{domain}:{code}")
}

/// The key of a bucket of the gateway. `kind` is `key`, `user` or `address`.
pub fn gateway_rate_key(kind: &str, caller: impl Display) -> String {
    format!("gateway:rate:{kind}:{caller}")
}

/// The key of a bucket or gate of auth-svc; `digest` hides the subject.
pub fn auth_limit_key(rule: &str, digest: impl Display) -> String {
    format!("auth:{rule}:{digest}")
}

/// The channels of live clicks. Unlike keys, channels are common to all databases of a Redis server, so the database is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveChannels {
    /// The number of the database.
    pub database: u8,
}

impl LiveChannels {
    /// The channel with the clicks of a workspace.
    pub fn clicks(self, workspace_id: i64) -> String {
        format!("live:{}:clicks:{workspace_id}", self.database)
    }

    /// The pattern of all channels with clicks.
    pub fn clicks_pattern(self) -> String {
        format!("live:{}:clicks:*", self.database)
    }

    /// The workspace of a channel with clicks.
    pub fn workspace(self, channel: &str) -> Option<i64> {
        channel.strip_prefix(&format!("live:{}:clicks:", self.database))?.parse().ok()
    }

    /// The channel on which a replica announces that it has subscribers for a workspace.
    pub fn announcements(self) -> String {
        format!("live:{}:watch", self.database)
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An append-only stream.
    Stream,
    /// A hash.
    Hash,
    /// A key that a Lua script reads and writes.
    Bucket,
    /// A channel of publish and subscribe.
    Channel,
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::Hash => "hash",
            Self::Bucket => "bucket",
            Self::Channel => "channel",
        })
    }
}

/// A process that reads, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Members of this consumer group of the service: each entry is processed once.
    Group(&'static str, &'static str),
    /// Every process of the service sees every entry, without a group.
    Tail(&'static str),
    /// Processes of the service read by command.
    Command(&'static str),
}

impl Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(service, group) => write!(f, "{service} (group `{group}`)"),
            Self::Tail(service) => write!(f, "{service} (every process)"),
            Self::Command(service) => f.write_str(service),
        }
    }
}

/// A name in Redis with its owner and its readers.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// The name; variable parts in braces.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it holds.
    pub content: &'static str,
    /// The services that write it.
    pub writers: &'static [&'static str],
    /// The services that read it.
    pub readers: &'static [Reader],
}

/// All names.
pub const CONTRACTS: &[Contract] = &[
    Contract {
        name: ACCOUNTS,
        kind: Kind::Stream,
        content: "`Envelope` in `e`",
        writers: &["auth"],
        readers: &[
            Reader::Tail("gateway"),
            Reader::Group("shortener", group::LINKS),
            Reader::Group("analytics", group::ANALYTICS),
            Reader::Group("notify", group::MAIL),
            Reader::Group("notify", group::WEBHOOKS),
            Reader::Group("expiry", group::UPKEEP),
        ],
    },
    Contract {
        name: LINKS,
        kind: Kind::Stream,
        content: "`Envelope` in `e`",
        writers: &["shortener"],
        readers: &[
            Reader::Tail("redirector"),
            Reader::Tail("shortener"),
            Reader::Group("analytics", group::ANALYTICS),
            Reader::Group("search", group::SEARCH),
            Reader::Group("notify", group::MAIL),
            Reader::Group("notify", group::WEBHOOKS),
        ],
    },
    Contract {
        name: ALERTS,
        kind: Kind::Stream,
        content: "`Envelope` in `e`",
        writers: &["analytics", "notify"],
        readers: &[Reader::Group("notify", group::MAIL), Reader::Group("notify", group::WEBHOOKS)],
    },
    Contract {
        name: AUDIT,
        kind: Kind::Stream,
        content: "`Envelope` in `e`",
        writers: &["shortener"],
        readers: &[Reader::Group("auth", group::AUTH)],
    },
    Contract {
        name: "clicks:{shard}",
        kind: Kind::Stream,
        content: "`ClickBatch` in `b`",
        writers: &["redirector"],
        readers: &[Reader::Group("analytics", group::ANALYTICS)],
    },
    Contract {
        name: "{stream}:dlq",
        kind: Kind::Stream,
        content: "reason, error, attempts, group, stream, entry, then the original fields",
        writers: &["the readers of the stream"],
        readers: &[Reader::Command("curtail"), Reader::Command("expiry")],
    },
    Contract {
        name: CLICKS_COUNTED,
        kind: Kind::Hash,
        content: "producer → its last counted click",
        writers: &["analytics"],
        readers: &[Reader::Command("redirector")],
    },
    Contract {
        name: CLICKS_REPLAY,
        kind: Kind::Hash,
        content: "producer → the click from which it must send again; the reader deletes it",
        writers: &["analytics"],
        readers: &[Reader::Command("redirector")],
    },
    Contract {
        name: "link:{domain}:{code}",
        kind: Kind::Hash,
        content: "a cached link: `t` is its `Target`, `v` its version, `at` when it was stored",
        writers: &["redirector"],
        readers: &[Reader::Command("redirector")],
    },
    Contract {
        name: "live:{database}:clicks:{workspace}",
        kind: Kind::Channel,
        content: "`WatchClicksResponse`",
        writers: &["analytics"],
        readers: &[Reader::Command("analytics")],
    },
    Contract {
        name: "live:{database}:watch",
        kind: Kind::Channel,
        content: "the id of a workspace that has subscribers",
        writers: &["analytics"],
        readers: &[Reader::Command("analytics")],
    },
    Contract {
        name: "gateway:rate:{kind}:{caller}",
        kind: Kind::Bucket,
        content: "tokens of an API key, a user or a hashed address",
        writers: &["gateway"],
        readers: &[Reader::Command("gateway")],
    },
    Contract {
        name: "auth:{rule}:{digest}",
        kind: Kind::Bucket,
        content: "attempts of a hashed account or address",
        writers: &["auth"],
        readers: &[Reader::Command("auth")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_names_its_workspace_and_no_other_database_has_it() {
        let (ours, theirs) = (LiveChannels { database: 1 }, LiveChannels { database: 2 });
        assert_eq!(ours.workspace(&ours.clicks(70)), Some(70));
        assert_eq!(theirs.workspace(&ours.clicks(70)), None);
        assert_eq!(ours.workspace(&ours.announcements()), None);
    }

    /// A function for names and the entry of the table have the same form.
    #[test]
    fn built_names_have_the_form_of_their_contract() {
        let live = LiveChannels { database: 3 };
        let built = [
            (click_stream(7), "clicks:{shard}"),
            (dead_letter_stream("x"), "{stream}:dlq"),
            (link_key("x", "y"), "link:{domain}:{code}"),
            (live.clicks(9), "live:{database}:clicks:{workspace}"),
            (live.announcements(), "live:{database}:watch"),
            (gateway_rate_key("user", 1), "gateway:rate:{kind}:{caller}"),
            (auth_limit_key("x", "y"), "auth:{rule}:{digest}"),
        ];
        for (name, pattern) in built {
            assert!(CONTRACTS.iter().any(|contract| contract.name == pattern), "{pattern}");
            let (name, pattern): (Vec<_>, Vec<_>) = (name.split(':').collect(), pattern.split(':').collect());
            assert_eq!(name.len(), pattern.len(), "{name:?}");
            for (part, form) in name.iter().zip(&pattern) {
                assert!(form.starts_with('{') || part == form, "{name:?} {pattern:?}");
            }
        }
        assert_eq!(all_streams(2), ["accounts", "links", "alerts", "audit", "clicks:0", "clicks:1"]);
    }
}
