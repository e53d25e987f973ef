//! The socket of a connection, with the bounds that hyper has no hook for.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::connection::Closing;
use crate::frames::{self, FrameBudget, FrameEvent, FrameParser};
use crate::limiter::Permit;
use crate::{Connection, metrics};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a closed connection is read on, so that a reset does not overtake the last response.
const LINGER: Duration = Duration::from_secs(2);
/// How many bytes are read and thrown away in that time.
const LINGER_BYTES: usize = 1 << 20;

/// Makes the response to a request that hyper refuses by itself, with headers of ours. It gets the status and the value of `Date`.
pub type Refusal = fn(StatusCode, &str) -> Bytes;

/// A connection with its place among the open ones.
///
/// - Until the protocol is known, and on HTTP/2 until the first header block is complete, reads fail after
///   [`Bounds::header_timeout`](crate::Bounds::header_timeout). Later header blocks have that time from their beginning. On
///   HTTP/1.1 hyper measures the same time.
/// - Frames of HTTP/2 that ask for nothing have a budget. It ends with GOAWAY, as do too many refusals.
/// - A client that takes responses too slowly is cut off.
pub struct GuardedStream {
    /// `None` once it is dropped.
    socket: Option<TcpStream>,
    permit: Permit,
    inbound: Inbound,
    outbound: FrameParser,
    deadline: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    blocked: Option<Blocked>,
    refusal: Option<Refusal>,
    /// A response in place of hyper's, and how much of it is written.
    replacement: Option<(Bytes, usize)>,
    lingers: bool,
}

enum Inbound {
    /// So many bytes are those of the preface of HTTP/2.
    Unknown(usize),
    Http1,
    Http2(Box<Http2>),
}

struct Http2 {
    frames: FrameParser,
    budget: FrameBudget,
    last_stream: u32,
    exhausted: bool,
}

/// A write that waits for the client.
struct Blocked {
    since: Instant,
    written: u64,
    timer: Pin<Box<Sleep>>,
}

impl GuardedStream {
    /// A stream of HTTP/1.1 or HTTP/2.
    pub fn new(socket: TcpStream, permit: Permit) -> Self {
        let deadline = Some(Instant::now() + permit.bounds().header_timeout);
        Self::with(socket, permit, Inbound::Unknown(0), deadline, None)
    }

    /// A stream of HTTP/1.1 alone. `refusal` makes the responses to what hyper cannot parse.
    pub fn http1(socket: TcpStream, permit: Permit, refusal: Refusal) -> Self {
        Self::with(socket, permit, Inbound::Http1, None, Some(refusal))
    }

    fn with(
        socket: TcpStream,
        permit: Permit,
        inbound: Inbound,
        deadline: Option<Instant>,
        refusal: Option<Refusal>,
    ) -> Self {
        // A response is one write. Without it, the second one of a connection may wait for a delayed acknowledgement.
        // What fails here fails at the first read, too.
        let _ = socket.set_nodelay(true);
        Self {
            socket: Some(socket),
            permit,
            inbound,
            outbound: FrameParser::default(),
            deadline,
            timer: None,
            blocked: None,
            refusal,
            replacement: None,
            lingers: false,
        }
    }

    /// What is known of the connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.permit.connection
    }

    fn socket(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.socket.as_mut().expect("the socket is there until the stream is dropped"))
    }

    /// Fails if this side has decided to end the connection.
    fn check_closing(&mut self) -> io::Result<()> {
        match self.permit.connection.closing() {
            None => Ok(()),
            Some(Closing::Evicted) => {
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed for another connection"))
            }
            Some(Closing::Refused) => Err(self.go_away("too many refusals")),
        }
    }

    /// Sends GOAWAY if that is possible now.
    fn go_away(&mut self, why: &'static str) -> io::Error {
        metrics::connection_ended(why);
        if let Inbound::Http2(http2) = &self.inbound
            && self.outbound.is_at_boundary()
            && let Some(socket) = &self.socket
        {
            let _ = socket.try_write(&frames::go_away(http2.last_stream));
        }
        self.lingers = true;
        io::Error::new(io::ErrorKind::ConnectionAborted, why)
    }

    /// Follows what was read.
    fn inspect(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if let Inbound::Unknown(matched) = &mut self.inbound {
            let compared = bytes.len().min(PREFACE.len() - *matched);
            if bytes.is_empty() || bytes[..compared] != PREFACE[*matched..*matched + compared] {
                // From here on, hyper measures the time for headers.
                (self.inbound, self.deadline) = (Inbound::Http1, None);
                return Ok(());
            }
            *matched += compared;
            if *matched < PREFACE.len() {
                return Ok(());
            }
            self.inbound = Inbound::Http2(Box::new(Http2::new()));
            bytes = &bytes[compared..];
        }
        let Inbound::Http2(http2) = &mut self.inbound else { return Ok(()) };
        let Http2 { frames, budget, last_stream, exhausted } = &mut **http2;
        let (deadline, bounds) = (&mut self.deadline, self.permit.bounds());
        frames.feed(bytes, |event| match event {
            FrameEvent::Begin(frame) => {
                if frame.begins_headers() {
                    *last_stream = frame.stream.max(*last_stream);
                    deadline.get_or_insert_with(|| Instant::now() + bounds.header_timeout);
                }
                *exhausted |= !budget.charge(frame, Instant::now);
            }
            FrameEvent::End(frame) if frame.ends_headers() => *deadline = None,
            FrameEvent::End(_) => {}
        });
        if *exhausted { Err(self.go_away("too many frames")) } else { Ok(()) }
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
        if timer.deadline().into_std() != deadline {
            timer.as_mut().reset(deadline.into());
        }
        timer.as_mut().poll(context)
    }

    /// Follows the outcome of a write.
    fn written(&mut self, outcome: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(count)) => {
                if let Some(blocked) = &mut self.blocked {
                    blocked.written += count as u64;
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(error) => Poll::Ready(error),
            Poll::Pending => {
                let bounds = self.permit.bounds();
                let (timeout, rate) = (bounds.send_timeout, bounds.send_bytes_per_second.max(1));
                let blocked = self.blocked.get_or_insert_with(|| Blocked {
                    since: Instant::now(),
                    written: 0,
                    timer: Box::pin(tokio::time::sleep(timeout)),
                });
                let due = blocked.since + timeout + Duration::from_millis(blocked.written * 1000 / rate);
                if blocked.timer.deadline().into_std() != due {
                    blocked.timer.as_mut().reset(due.into());
                }
                ready!(blocked.timer.as_mut().poll(context));
                metrics::connection_ended("responses not taken");
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not take its responses")))
            }
        }
    }

    fn count_sent(&mut self, bytes: &[u8]) {
        let Inbound::Http2(http2) = &mut self.inbound else { return };
        self.outbound.feed(bytes, |event| {
            if let FrameEvent::End(frame) = event
                && frame.kind == frames::DATA
            {
                http2.budget.credit();
            }
        });
    }

    /// Writes our own response instead of one that hyper made. `None`: this is none of hyper's.
    fn poll_refusal(&mut self, context: &mut Context<'_>, hypers: &[u8]) -> Option<Poll<io::Result<usize>>> {
        let refusal = self.refusal?;
        if self.replacement.is_none() {
            if self.permit.connection.answered.swap(false, Ordering::Relaxed) {
                return None;
            }
            let (status, date) = parse_refusal(hypers)?;
            self.replacement = Some((refusal(status, date), 0));
            self.lingers = true;
        }
        let (bytes, mut at) = self.replacement.take()?;
        while at < bytes.len() {
            match self.socket().poll_write(context, &bytes[at..]) {
                Poll::Ready(Ok(count)) => at += count,
                Poll::Ready(error) => return Some(Poll::Ready(error)),
                Poll::Pending => {
                    self.replacement = Some((bytes, at));
                    return Some(self.written(Poll::Pending, context));
                }
            }
        }
        Some(Poll::Ready(Ok(hypers.len())))
    }
}

/// The status and the date of a response that hyper made by itself: an error without a body and without headers of ours.
fn parse_refusal(response: &[u8]) -> Option<(StatusCode, &str)> {
    let rest = response.strip_prefix(b"HTTP/1.1 ").or_else(|| response.strip_prefix(b"HTTP/1.0 "))?;
    if rest.first() != Some(&b'4') || rest.len() > 256 {
        return None;
    }
    let status = StatusCode::from_bytes(rest.get(..3)?).ok()?;
    let mut lines = std::str::from_utf8(rest).ok()?.strip_suffix("\r\n\r\n")?.split("\r\n").skip(1);
    Some((status, lines.find_map(|line| line.strip_prefix("date: ")).unwrap_or_default()))
}

impl Http2 {
    fn new() -> Self {
        let budget = FrameBudget::new(Instant::now());
        Self { frames: FrameParser::default(), budget, last_stream: 0, exhausted: false }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_closing()?;
        let before = buf.filled().len();
        match this.socket().poll_read(context, buf) {
            Poll::Ready(Ok(())) => {
                if !matches!(this.inbound, Inbound::Http1) {
                    this.inspect(&buf.filled()[before..])?;
                    // A client that is never quiet must not escape the time for headers.
                    if this.deadline.is_some_and(|deadline| Instant::now() > deadline) {
                        return Poll::Ready(Err(headers_too_slow()));
                    }
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(error) => Poll::Ready(error),
            Poll::Pending => {
                this.permit.connection.reader.register(context.waker());
                // Again, because it may have been closed before the waker was known.
                this.check_closing()?;
                ready!(this.poll_deadline(context));
                Poll::Ready(Err(headers_too_slow()))
            }
        }
    }
}

fn headers_too_slow() -> io::Error {
    metrics::connection_ended("headers too slow");
    io::Error::new(io::ErrorKind::TimedOut, "the client took too long for its headers")
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(outcome) = this.poll_refusal(context, buf) {
            return outcome;
        }
        let outcome = this.socket().poll_write(context, buf);
        if let Poll::Ready(Ok(count)) = &outcome {
            this.count_sent(&buf[..*count]);
        }
        this.written(outcome, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let first = slices.first().map_or(&[][..], |slice| slice);
        if let Some(outcome) = this.poll_refusal(context, first) {
            return outcome;
        }
        let outcome = this.socket().poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(mut count)) = outcome
            && matches!(this.inbound, Inbound::Http2(_))
        {
            for slice in slices {
                let sent = count.min(slice.len());
                this.count_sent(&slice[..sent]);
                count -= sent;
            }
        }
        this.written(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Everything at hand was written.
        this.blocked = None;
        this.socket().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket().poll_shutdown(context)
    }
}

impl Drop for GuardedStream {
    fn drop(&mut self) {
        let Some(socket) = self.socket.take() else { return };
        // Bytes that were not read make the system send a reset, which may overtake the last response.
        let unread = || matches!(socket.try_read(&mut [0; 512]), Ok(count) if count > 0);
        let evicted = self.permit.connection.closing() == Some(Closing::Evicted);
        if (self.lingers || !evicted && unread())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(linger(socket));
        }
    }
}

async fn linger(mut socket: TcpStream) {
    let drain = async {
        socket.shutdown().await?;
        let (mut left, mut buffer) = (LINGER_BYTES, vec![0; 4096]);
        while left > 0 {
            match socket.read(&mut buffer).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        io::Result::Ok(())
    };
    // Nothing depends on how it ends.
    let _ = tokio::time::timeout(LINGER, drain).await;
}
