//! How the values of a dimension are packed into one column of a day: as protobuf messages of parallel lists, so that a value
//! costs its text and a few bytes.

use prost::Message;

/// The sums of a day. The lists have an entry for each value, the most clicked first.
#[derive(Clone, PartialEq, Message)]
pub struct DayValues {
    /// Texts; empty for not known.
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
    /// Humans and bots.
    #[prost(uint64, repeated, tag = "2")]
    pub clicks: Vec<u64>,
    /// Humans.
    #[prost(uint64, repeated, tag = "3")]
    pub humans: Vec<u64>,
    /// Different humans.
    #[prost(uint64, repeated, tag = "4")]
    pub uniques: Vec<u64>,
    /// The latest click in milliseconds of the day.
    #[prost(uint32, repeated, tag = "5")]
    pub last_ms: Vec<u32>,
    /// Clicks of values that are not in the lists.
    #[prost(uint64, tag = "6")]
    pub left_out: u64,
}

/// The same by hours. `values` and `lengths` have an entry for each value, all other lists one for each hour of a value in which
/// it was clicked, value by value.
#[derive(Clone, PartialEq, Message)]
pub struct HourValues {
    /// Texts; empty for not known.
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
    /// How many hours each value has.
    #[prost(uint32, repeated, tag = "2")]
    pub lengths: Vec<u32>,
    /// 0-23, in order.
    #[prost(uint32, repeated, tag = "3")]
    pub hours: Vec<u32>,
    /// Humans and bots.
    #[prost(uint64, repeated, tag = "4")]
    pub clicks: Vec<u64>,
    /// Humans.
    #[prost(uint64, repeated, tag = "5")]
    pub humans: Vec<u64>,
    /// Different humans of the hour.
    #[prost(uint64, repeated, tag = "6")]
    pub uniques: Vec<u64>,
    /// Humans whose first click of the day was in the hour: their sum from midnight on counts different humans.
    #[prost(uint64, repeated, tag = "7")]
    pub first: Vec<u64>,
    /// Humans whose last click of the day was in the hour: their sum to midnight counts different humans.
    #[prost(uint64, repeated, tag = "8")]
    pub last: Vec<u64>,
    /// The latest click in milliseconds of the day.
    #[prost(uint32, repeated, tag = "9")]
    pub last_ms: Vec<u32>,
    /// Whether there are values that are not in the lists.
    #[prost(bool, tag = "10")]
    pub left_out: bool,
}
