//! Every bound of webhooks in one place. That of the URL is `curtail_outbound::MAX_URL_BYTES`.

/// The most webhooks of one workspace.
pub const PER_WORKSPACE: i64 = 20;
/// The longest description, in Unicode scalar values.
pub const DESCRIPTION_CHARS: usize = 200;
/// The most deliveries of one page.
pub const PAGE: u32 = 100;
/// How many tries of a delivery are told.
pub const ATTEMPTS_SHOWN: i64 = 20;
/// How much of an answer is kept, in bytes.
pub const ANSWER_BYTES: usize = 1_024;
/// How long the secret before the present one goes on signing, in hours.
pub const OVERLAP_HOURS: i64 = 24;
