//! Every bound of a link in one place. Lengths of text count Unicode scalar values unless they say bytes.

/// The longest destination, as entered and as stored, in bytes.
pub const URL_BYTES: usize = 8_192;
/// The longest alias, all segments and the slashes between them.
pub const ALIAS_CHARS: usize = 255;
/// The longest title.
pub const TITLE_CHARS: usize = 300;
/// The longest description.
pub const DESCRIPTION_CHARS: usize = 1_000;
/// The longest notes.
pub const NOTES_CHARS: usize = 5_000;
/// The longest external id.
pub const EXTERNAL_ID_CHARS: usize = 255;
/// The most tags of one link.
pub const TAGS_PER_LINK: usize = 20;
/// The longest tag name.
pub const TAG_CHARS: usize = 50;
/// The most tags of one workspace.
pub const TAGS_PER_WORKSPACE: usize = 1_000;
/// The longest reason of a take-down, for operators.
pub const REASON_CHARS: usize = 1_000;
/// The longest reason of a take-down, for the owner and visitors.
pub const PUBLIC_REASON_CHARS: usize = 300;
/// The highest click limit of a link.
pub const MAX_CLICKS: u32 = 1_000_000_000;
/// The longest idempotency key, in bytes (visible ASCII only).
pub const IDEMPOTENCY_KEY_BYTES: usize = 128;
/// How long an idempotency key answers as the first time.
pub const IDEMPOTENCY_HOURS: i64 = 24;
/// The most links of one page and of one `BatchGetLinks`.
pub const PAGE: usize = 100;
/// The most links of one `ScanLinks`.
pub const SCAN: usize = 1_000;
/// The most links of one bulk create.
pub const BATCH: usize = 1_000;
/// The length of an event id of a click, in bytes.
pub const EVENT_ID_BYTES: usize = 16;
/// The most links of one call that tends the tables.
pub const UPKEEP_BATCH: u32 = 1_000;
/// How far ahead of an expiry a warning may be asked for, in seconds: 366 days.
pub const WARN_SECONDS: u32 = 366 * 86_400;
/// How many days after its deletion a link may be archived, at the most.
pub const ARCHIVE_DAYS: u32 = 36_500;
/// How long the event id of a consumed click is remembered; redirectors give up asking again long before.
pub const CONSUMED_CLICK_HOURS: i64 = 24;
