//! How the values of a dimension are packed into one column of a day: as protobuf messages of parallel lists, so that a value
//! costs its text and a few bytes. Most links have few clicks a day, each by another human: a list that is the same as that of
//! the clicks is left out.

use prost::{DecodeError, Message};

/// A form of packed columns.
pub trait Packed: Sized {
    /// The table that has them.
    const TABLE: &'static str;

    /// Packs it.
    fn pack(self) -> Vec<u8>;

    /// Reads what [`Packed::pack`] wrote.
    ///
    /// # Errors
    /// When the bytes are something else.
    fn unpack(bytes: &[u8]) -> Result<Self, DecodeError>;
}

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

impl Packed for DayValues {
    const TABLE: &'static str = "dimension_days";

    fn pack(mut self) -> Vec<u8> {
        [&mut self.humans, &mut self.uniques].into_iter().for_each(|list| leave_out(list, &self.clicks));
        self.encode_to_vec()
    }

    fn unpack(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut packed = Self::decode(bytes)?;
        [&mut packed.humans, &mut packed.uniques].into_iter().for_each(|list| put_back(list, &packed.clicks));
        Ok(packed)
    }
}

impl Packed for HourValues {
    const TABLE: &'static str = "dimension_hours";

    fn pack(mut self) -> Vec<u8> {
        [&mut self.humans, &mut self.uniques, &mut self.first, &mut self.last]
            .into_iter()
            .for_each(|list| leave_out(list, &self.clicks));
        self.encode_to_vec()
    }

    fn unpack(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut packed = Self::decode(bytes)?;
        [&mut packed.humans, &mut packed.uniques, &mut packed.first, &mut packed.last]
            .into_iter()
            .for_each(|list| put_back(list, &packed.clicks));
        Ok(packed)
    }
}

fn leave_out(list: &mut Vec<u64>, clicks: &[u64]) {
    if list == clicks {
        list.clear();
    }
}

fn put_back(list: &mut Vec<u64>, clicks: &[u64]) {
    if list.is_empty() {
        list.extend_from_slice(clicks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_they_were_whether_they_are_left_out_or_not() {
        for humans in [vec![1, 2], vec![1, 0], vec![0, 0]] {
            let days = DayValues { clicks: vec![1, 2], uniques: vec![1, 1], humans, ..DayValues::default() };
            assert_eq!(DayValues::unpack(&days.clone().pack()).unwrap(), days);
            let DayValues { clicks, humans, uniques, .. } = days;
            let (first, last) = (clicks.clone(), uniques.clone());
            let hours = HourValues { clicks, humans, uniques, first, last, ..HourValues::default() };
            assert_eq!(HourValues::unpack(&hours.clone().pack()).unwrap(), hours);
        }
        assert!(DayValues::unpack(&[0xff]).is_err());
    }
}
