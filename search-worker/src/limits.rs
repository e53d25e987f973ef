//! Every bound of a search in one place.

/// The longest text, in bytes.
pub const TEXT_BYTES: usize = 256;
/// The most words of a text.
pub const WORDS: usize = 16;
/// The most tags of a filter.
pub const TAGS: usize = 20;
/// The longest tag of a filter, in bytes: 50 characters of UTF-8.
pub const TAG_BYTES: usize = 200;
/// The most states of a filter; there are not more.
pub const STATES: usize = 8;
/// The longest domain, in bytes.
pub const DOMAIN_BYTES: usize = 253;
/// The most hits of one page.
pub const PAGE: usize = 100;
