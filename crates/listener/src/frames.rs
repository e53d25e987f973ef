//! Counting the frames of HTTP/2 on their way through the socket.
//!
//! h2 bounds streams and resets, but PING, SETTINGS, PRIORITY and WINDOW_UPDATE are free: a client can keep a core busy with
//! them for ever. Each costs a token here. Requests and sent responses give tokens back, because honest clients send window
//! updates and pings in proportion to them.

use std::time::Instant;

/// The length of a frame header (RFC 9113, 4.1).
const HEADER: usize = 9;
/// Frames without use that a connection may send at once.
const BURST: u64 = 2000;
/// Further ones in a second.
const PER_SECOND: u64 = 100;
/// What a request, and a DATA frame of a response, give back: window updates of stream and connection, a ping, a reset.
const CREDIT: u64 = 3;
/// A DATA frame shorter than this counts as a frame without use.
const SHORT_DATA: usize = 64;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

impl FrameHeader {
    fn parse(bytes: &[u8; HEADER]) -> Self {
        let [a, b, c, kind, flags, s, t, u, v] = *bytes;
        Self {
            length: u32::from_be_bytes([0, a, b, c]) as usize,
            kind,
            flags,
            stream: u32::from_be_bytes([s & 0x7f, t, u, v]),
        }
    }

    pub(crate) fn begins_headers(self) -> bool {
        self.kind == HEADERS
    }

    pub(crate) fn ends_headers(self) -> bool {
        matches!(self.kind, HEADERS | CONTINUATION) && self.flags & END_HEADERS != 0
    }

    /// Returns `true` if the frame neither asks for anything nor carries anything.
    fn is_overhead(self) -> bool {
        match self.kind {
            DATA => self.length < SHORT_DATA && self.flags & END_STREAM == 0,
            HEADERS => false,
            _ => true,
        }
    }
}

/// Follows the frames of one direction, whatever pieces they arrive in.
#[derive(Debug, Default)]
pub(crate) struct FrameParser {
    header: [u8; HEADER],
    header_len: usize,
    current: Option<FrameHeader>,
    payload_left: usize,
}

/// What [`FrameParser::feed`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameEvent {
    Begin(FrameHeader),
    End(FrameHeader),
}

impl FrameParser {
    /// Returns `true` between two frames.
    pub(crate) fn is_at_boundary(&self) -> bool {
        self.header_len == 0 && self.current.is_none()
    }

    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut report: impl FnMut(FrameEvent)) {
        while !bytes.is_empty() {
            let Some(frame) = self.current else {
                let taken = bytes.len().min(HEADER - self.header_len);
                self.header[self.header_len..self.header_len + taken].copy_from_slice(&bytes[..taken]);
                self.header_len += taken;
                bytes = &bytes[taken..];
                if self.header_len == HEADER {
                    let frame = FrameHeader::parse(&self.header);
                    self.header_len = 0;
                    report(FrameEvent::Begin(frame));
                    if frame.length == 0 {
                        report(FrameEvent::End(frame));
                    } else {
                        (self.current, self.payload_left) = (Some(frame), frame.length);
                    }
                }
                continue;
            };
            let taken = bytes.len().min(self.payload_left);
            self.payload_left -= taken;
            bytes = &bytes[taken..];
            if self.payload_left == 0 {
                self.current = None;
                report(FrameEvent::End(frame));
            }
        }
    }
}

/// The tokens of one connection.
#[derive(Debug)]
pub(crate) struct FrameBudget {
    tokens: u64,
    refilled: Instant,
}

impl FrameBudget {
    pub(crate) fn new(now: Instant) -> Self {
        Self { tokens: BURST, refilled: now }
    }

    /// Charges a frame of the client. Returns `false` once the budget is used up.
    pub(crate) fn charge(&mut self, frame: FrameHeader, now: impl FnOnce() -> Instant) -> bool {
        if !frame.is_overhead() {
            if frame.kind == HEADERS {
                self.credit();
            }
            return true;
        }
        if self.tokens == 0 {
            let now = now();
            let refill = now.duration_since(self.refilled).as_millis() as u64 * PER_SECOND / 1000;
            if refill == 0 {
                return false;
            }
            (self.tokens, self.refilled) = (refill.min(BURST), now);
        }
        self.tokens -= 1;
        true
    }

    /// Counts a request, or a piece of a response that was sent.
    pub(crate) fn credit(&mut self) {
        self.tokens = (self.tokens + CREDIT).min(BURST);
    }
}

/// A GOAWAY with ENHANCE_YOUR_CALM that names the last stream of the client.
pub(crate) fn go_away(last_stream: u32) -> [u8; HEADER + 8] {
    let [a, b, c, d] = last_stream.to_be_bytes();
    [0, 0, 8, 7, 0, 0, 0, 0, 0, a, b, c, d, 0, 0, 0, 0xb]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn frames_are_recognised_in_pieces_of_any_size() {
        let bytes = [frame(4, 0, 0, &[]), frame(1, 4, 3, &[7; 20]), frame(0, 1, 3, &[1])].concat();
        for size in 1..bytes.len() {
            let (mut parser, mut ends) = (FrameParser::default(), Vec::new());
            for piece in bytes.chunks(size) {
                parser.feed(piece, |event| {
                    if let FrameEvent::End(frame) = event {
                        ends.push((frame.kind, frame.length, frame.stream));
                    }
                });
            }
            assert_eq!(ends, [(4, 0, 0), (1, 20, 3), (0, 1, 3)], "pieces of {size}");
            assert!(parser.is_at_boundary());
        }
    }

    #[test]
    fn frames_without_use_end_the_budget_and_requests_extend_it() {
        let start = Instant::now();
        let ping = FrameHeader { length: 8, kind: 6, flags: 0, stream: 0 };
        let request = FrameHeader { length: 20, kind: HEADERS, flags: END_HEADERS, stream: 1 };
        let mut budget = FrameBudget::new(start);
        for _ in 0..BURST {
            assert!(budget.charge(ping, || start));
        }
        assert!(!budget.charge(ping, || start));
        assert!(budget.charge(request, || start));
        for _ in 0..CREDIT {
            assert!(budget.charge(ping, || start));
        }
        assert!(!budget.charge(ping, || start));
        let later = start + Duration::from_secs(1);
        for _ in 0..PER_SECOND {
            assert!(budget.charge(ping, || later));
        }
        assert!(!budget.charge(ping, || later));
    }

    #[test]
    fn short_data_without_an_end_is_overhead() {
        let data = |length, flags| FrameHeader { length, kind: DATA, flags, stream: 1 };
        assert!(data(0, 0).is_overhead() && data(63, 0).is_overhead());
        assert!(!data(64, 0).is_overhead() && !data(0, END_STREAM).is_overhead());
    }
}
