//! Looking at dead letters, handing them out once more, throwing them away.

use std::sync::LazyLock;

use curtail_proto::events::v1::Envelope;
use fred::clients::Pool;
use fred::error::Error;
use fred::interfaces::{KeysInterface as _, StreamsInterface as _};
use fred::types::Value;
use fred::types::scan::ScanType;
use fred::types::scripts::Script;
use prost::Message as _;

use super::{ABOUT, DeadLetter, Head};
use crate::topology::{DEAD_LETTER_SUFFIX as SUFFIX, TO_FIELD, dead_letter_stream};
use crate::{ENVELOPE_FIELD, Entry, EntryId, entry};

/// How many heads are read at once.
const PAGE: u64 = 200;

/// The heads of a page. What the letters carry may be large and stays in Redis.
static HEADS: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local heads = {}
         for _, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
             local about, bytes = {}, 0
             for i = 1, #letter[2], 2 do
                 if i <= 2 * ARGV[3] then about[letter[2][i]] = letter[2][i + 1]
                 else bytes = bytes + #letter[2][i + 1] end
             end
             local of = function(name) return about[name] or '' end
             heads[#heads + 1] = {letter[1], of('reason'), of('error'), of('attempts'), of('group'), of('entry'), bytes}
         end
         return heads",
    )
});

/// Puts a letter back and takes it from the dead in one step, so that asking twice hands it out once. Answers with 1, with
/// 0 when there is no such letter, and with -1 when no one reads for its group.
static REDRIVE: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
         if not found then return 0 end
         local group, original = '', {}
         for i = 1, #found[2], 2 do
             if i > 2 * ARGV[2] then
                 original[#original + 1] = found[2][i]
                 original[#original + 1] = found[2][i + 1]
             elseif found[2][i] == 'group' then group = found[2][i + 1] end
         end
         local known = false
         if redis.call('EXISTS', KEYS[2]) == 1 then
             for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
                 if info[2] == group then known = true end
             end
         end
         if not known then return -1 end
         redis.call('XADD', KEYS[2], '*', ARGV[3], group, unpack(original))
         redis.call('XDEL', KEYS[1], ARGV[1])
         if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
         return 1",
    )
});

/// Throws a letter away. Answers with how many there were of it.
static DROP: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "local dropped = redis.call('XDEL', KEYS[1], ARGV[1])
         if dropped == 1 and redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
         return dropped",
    )
});

/// What became of a letter that was to be handed out once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// It is back in its stream, for the group that could not handle it and for no other.
    Yes,
    /// There is no such letter (any more).
    Gone,
    /// No one reads the stream for its group: it stays where it is.
    NoGroup,
}

/// The dead letters of one stream.
pub struct DeadLetters {
    pool: Pool,
    stream: String,
    dead: String,
}

impl DeadLetters {
    /// Those of `stream`; there need not be any.
    pub fn of(pool: Pool, stream: &str) -> Self {
        Self { pool, stream: stream.to_owned(), dead: dead_letter_stream(stream) }
    }

    /// The names of all streams that have dead letters, in order.
    pub async fn streams(pool: &Pool) -> Result<Vec<String>, Error> {
        let (mut names, mut cursor) = (Vec::new(), "0".to_owned());
        loop {
            let pattern = format!("*{SUFFIX}");
            let (next, keys): (String, Vec<String>) =
                pool.next().scan_page(cursor, pattern, Some(1_000), Some(ScanType::Stream)).await?;
            names.extend(keys.iter().filter_map(|key| key.strip_suffix(SUFFIX)).map(ToOwned::to_owned));
            if next == "0" {
                break;
            }
            cursor = next;
        }
        // A scan may tell a key twice.
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The stream whose letters these are.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// All of them, the oldest first, without what they carry.
    pub async fn heads(&self) -> Result<Vec<Head>, Error> {
        let (mut heads, mut from) = (Vec::new(), "-".to_owned());
        loop {
            let args: Vec<Value> = vec![from.into(), PAGE.to_string().into(), ABOUT.to_string().into()];
            let page: Vec<Value> = HEADS.evalsha_with_reload(self.pool.next(), self.dead.clone(), args).await?;
            let full = page.len() as u64 == PAGE;
            for head in page {
                let (id, reason, error, attempts, group, entry, bytes): (String, _, _, _, _, _, _) = head.convert()?;
                heads.push(Head { id: id.parse()?, reason, error, attempts, group, entry, bytes });
            }
            match heads.last() {
                Some(last) if full => from = format!("({}", last.id),
                _ => return Ok(heads),
            }
        }
    }

    /// One of them.
    pub async fn get(&self, id: EntryId) -> Result<Option<DeadLetter>, Error> {
        let found: Value = self.pool.xrange(&self.dead, id.to_string(), id.to_string(), None).await?;
        Ok(entry::of_list(found)?.pop().map(DeadLetter::of))
    }

    /// Hands a letter out once more, to the group that could not handle it. Under a new entry id, at the end of the stream,
    /// and with the same event id.
    pub async fn redrive(&self, id: EntryId) -> Result<Redriven, Error> {
        let args: Vec<Value> = vec![id.to_string().into(), ABOUT.to_string().into(), TO_FIELD.into()];
        let keys = vec![self.dead.clone(), self.stream.clone()];
        let answer: i64 = REDRIVE.evalsha_with_reload(self.pool.next(), keys, args).await?;
        Ok(match answer {
            1 => Redriven::Yes,
            0 => Redriven::Gone,
            _ => Redriven::NoGroup,
        })
    }

    /// Throws away the letters whose event `unwanted` picks, and returns how many. What is no event stays.
    pub async fn discard_events(&self, unwanted: impl Fn(&Envelope) -> bool) -> Result<u64, Error> {
        let is_unwanted = |letter: &Entry| {
            let event = letter.field(ENVELOPE_FIELD).map(|payload| Envelope::decode(payload.clone()));
            event.is_some_and(|event| event.is_ok_and(|event| unwanted(&event)))
        };
        self.discard_where("+", is_unwanted).await
    }

    /// Throws away the letters that died before an instant (milliseconds since 1970), and returns how many.
    pub async fn discard_before(&self, ms: u64) -> Result<u64, Error> {
        self.discard_where(&format!("({ms}-0"), |_| true).await
    }

    /// Throws away those up to the id `until` that `unwanted` picks.
    async fn discard_where(&self, until: &str, unwanted: impl Fn(&Entry) -> bool) -> Result<u64, Error> {
        let (mut gone, mut from) = (0, "-".to_owned());
        loop {
            let found: Value = self.pool.xrange(&self.dead, from.as_str(), until, Some(PAGE)).await?;
            let letters = entry::of_list(found)?;
            for letter in letters.iter().filter(|letter| unwanted(letter)) {
                gone += u64::from(self.discard(letter.id).await?);
            }
            match letters.last() {
                Some(last) if letters.len() as u64 == PAGE => from = format!("({}", last.id),
                _ => return Ok(gone),
            }
        }
    }

    /// Throws a letter away; `false` when there is no such letter.
    pub async fn discard(&self, id: EntryId) -> Result<bool, Error> {
        let dropped: u64 = DROP.evalsha_with_reload(self.pool.next(), self.dead.clone(), vec![id.to_string()]).await?;
        Ok(dropped == 1)
    }
}
