//! Snowflake ids: 64 bits that sort by time and that no two processes ever share.
//!
//! ```text
//! 0 | 41 bits: milliseconds since 2025-01-01 UTC | 10 bits: worker | 12 bits: sequence
//! ```
//!
//! A process leases its worker number in PostgreSQL ([`Generator`]). With every renewal it reserves the time up to which
//! it may mint, and the next holder of the number starts after that reservation. So ids stay apart even when a holder is
//! stopped and wakes up later, and when clocks disagree; the lease's end only decides who *may* try.
//!
//! Ids are for inside: they show when something was made, and how much of it. What strangers see is a random code.

mod generator;
mod lease;
mod minter;

use time::OffsetDateTime;

pub use generator::Generator;

/// 2025-01-01T00:00:00Z in Unix milliseconds: the instant of id 0.
pub const EPOCH_MS: i64 = 1_735_689_600_000;

/// How many workers there can be at once.
pub const WORKERS: i16 = 1 << WORKER_BITS;

const WORKER_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const TIME_SHIFT: u32 = WORKER_BITS + SEQUENCE_BITS;
const MAX_TIME: i64 = (1 << 41) - 1;

/// No id can be minted now. Trying again a moment later is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No lease yet, or it was not renewed in time.
    #[error("no lease on a worker number")]
    NoLease,
    /// The clock stands more than 10 ms before the last id. A lease on another number is on its way.
    #[error("the clock went back")]
    ClockWentBack,
    /// More than 4,096 ids in each of the last ten milliseconds.
    #[error("ids of this millisecond are used up")]
    Exhausted,
}

/// The least id of an instant. Instants before 2025 give 0.
pub fn first_id_at(instant: OffsetDateTime) -> i64 {
    let unix_ms = instant.unix_timestamp_nanos().div_euclid(1_000_000);
    let ms = (unix_ms - i128::from(EPOCH_MS)).clamp(0, i128::from(MAX_TIME));
    i64::try_from(ms).expect("clamped to 41 bits") << TIME_SHIFT
}

/// When an id was minted, to the millisecond.
pub fn time_of(id: i64) -> OffsetDateTime {
    let unix_ms = (id >> TIME_SHIFT) + EPOCH_MS;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Puts an id together. `unix_ms` lies after the epoch, `worker` and `sequence` in their bits.
fn compose(unix_ms: i64, worker: i16, sequence: u16) -> i64 {
    ((unix_ms - EPOCH_MS) << TIME_SHIFT) | (i64::from(worker) << SEQUENCE_BITS) | i64::from(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_id_tells_its_time() {
        let instant = datetime!(2026-11-21 02:30:57.123 UTC);
        let first = first_id_at(instant);
        assert_eq!(time_of(first), instant);
        let last = compose(EPOCH_MS + (first >> TIME_SHIFT), 1023, 4095);
        assert_eq!(time_of(last), instant);
        assert_eq!(last + 1, first_id_at(instant + time::Duration::milliseconds(1)));
    }

    #[test]
    fn instants_outside_the_range_are_clamped() {
        assert_eq!(first_id_at(datetime!(2024-12-31 23:59:59 UTC)), 0);
        assert_eq!(first_id_at(datetime!(2025-01-01 0:00 UTC)), 0);
        assert_eq!(first_id_at(datetime!(9999-01-01 0:00 UTC)), MAX_TIME << TIME_SHIFT);
        assert!(first_id_at(datetime!(9999-01-01 0:00 UTC)) > 0);
    }
}
