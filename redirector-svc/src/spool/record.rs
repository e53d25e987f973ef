//! How a click lies in a segment: `length u32 LE | CRC-32 u32 LE of length and payload | payload (a Click message)`.

use curtail_proto::events::v1::Click;
use prost::Message as _;

/// Bytes before the payload.
pub const HEADER: usize = 8;
/// The longest payload that is believed. A click's fields are cut to far less before.
pub const MAX_PAYLOAD: usize = 8192;

/// Replaces `buffer` with the framed record of `click`.
pub fn frame(click: &Click, buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.resize(HEADER, 0);
    click.encode(buffer).expect("a Vec grows as needed");
    let length = (buffer.len() - HEADER) as u32;
    let crc = checksum(length, &buffer[HEADER..]);
    buffer[..4].copy_from_slice(&length.to_le_bytes());
    buffer[4..HEADER].copy_from_slice(&crc.to_le_bytes());
}

/// What stands at the beginning of some bytes of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A whole record; the next one starts [`HEADER`] + its length later.
    Click(&'a [u8]),
    /// Not enough bytes for the record that seems to start here.
    Incomplete,
    /// The payload, of this length, does not fit its checksum.
    Corrupt(usize),
    /// Not a record: nothing after this point can be trusted.
    Garbage,
}

/// Reads one record.
pub fn parse(bytes: &[u8]) -> Parsed<'_> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Parsed::Incomplete;
    };
    let [l0, l1, l2, l3, c0, c1, c2, c3] = *header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    let size = length as usize;
    // A click is never empty (it has a time), and zeros are what a power failure leaves behind.
    if size == 0 || size > MAX_PAYLOAD {
        return Parsed::Garbage;
    }
    match rest.get(..size) {
        None => Parsed::Incomplete,
        Some(payload) if checksum(length, payload) == u32::from_le_bytes([c0, c1, c2, c3]) => Parsed::Click(payload),
        Some(_) => Parsed::Corrupt(size),
    }
}

fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(agent: &str) -> Vec<u8> {
        let mut buffer = Vec::new();
        frame(&Click { at_ms: 7, user_agent: agent.to_owned(), ..Click::default() }, &mut buffer);
        buffer
    }

    #[test]
    fn a_record_is_read_back() {
        let bytes = framed("curl");
        let Parsed::Click(payload) = parse(&bytes) else { panic!("{:?}", parse(&bytes)) };
        assert_eq!(Click::decode(payload).unwrap().user_agent, "curl");
    }

    #[test]
    fn every_cut_is_incomplete_and_every_flipped_bit_is_noticed() {
        let bytes = framed("Mozilla/5.0");
        for end in 0..bytes.len() {
            assert_eq!(parse(&bytes[..end]), Parsed::Incomplete, "cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(parse(&flipped), Parsed::Click(_)), "bit {bit}");
        }
    }

    #[test]
    fn lengths_are_believed_up_to_the_bound() {
        let mut at_bound = vec![0; HEADER + MAX_PAYLOAD];
        at_bound[..4].copy_from_slice(&(MAX_PAYLOAD as u32).to_le_bytes());
        assert_eq!(parse(&at_bound), Parsed::Corrupt(MAX_PAYLOAD));
        at_bound[..4].copy_from_slice(&(MAX_PAYLOAD as u32 + 1).to_le_bytes());
        assert_eq!(parse(&at_bound), Parsed::Garbage);
        assert_eq!(parse(&[0; 64]), Parsed::Garbage, "zeros after a power failure");
    }
}
