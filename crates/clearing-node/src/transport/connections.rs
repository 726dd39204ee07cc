//! The open connections of a process, and the calls and bytes of each.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::answer::WaitingAnswers;
use super::seconds;
use crate::refusals::Refusals;
use clearing_config::TransportLimits;

/// The length of a client's first bytes: the preface of HTTP/2 and an empty frame of settings.
const GREETING_BYTES: usize = 24 + 9;
/// This much of each message is counted apart, so that ordinary calls go on when large messages
/// have used up the room of the others.
const SMALL_BYTES: usize = 16 * 1024;

/// The open connections of a process.
#[derive(Debug)]
pub struct Connections {
    pub(super) limits: TransportLimits,
    pub(super) refusals: Arc<Refusals>,
    open: Mutex<HashMap<u64, Entry>>,
    next: AtomicU64,
    /// Bytes of all unfinished messages: of the first 16 KiB of each, and of the rest.
    bytes: [AtomicUsize; 2],
    started: Instant,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    /// Cuts the connection when it is dropped.
    _open: oneshot::Sender<Infallible>,
}

/// The calls and bytes of one connection, and the times by which it is judged.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    peer: SocketAddr,
    /// Received bytes, counted up to the length of the greeting.
    greeted: AtomicUsize,
    streams: AtomicU32,
    /// When its last call ended, in milliseconds since the process began to serve.
    idle_since_ms: AtomicU64,
    /// When a call of it last began, completed a message or was answered.
    active_ms: AtomicU64,
    /// Bytes of its unfinished messages.
    bytes: AtomicUsize,
    waiting: WaitingAnswers,
    /// Whether its client has proven to be an operator.
    proven: AtomicBool,
}

impl Connections {
    /// Starts without connections.
    pub fn new(limits: TransportLimits, refusals: Arc<Refusals>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            refusals,
            open: Mutex::default(),
            next: AtomicU64::new(0),
            bytes: Default::default(),
            started: Instant::now(),
        })
    }

    /// How many connections are open.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Admits a connection, unless the limit is reached and no other can be cut.
    pub(super) fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<ServedConnection> {
        if self.count() >= self.limits.connections && !self.make_room() {
            self.refuse("every other is busy", peer);
            return None;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection {
            id,
            peer,
            greeted: AtomicUsize::new(0),
            streams: AtomicU32::new(0),
            idle_since_ms: AtomicU64::new(self.now_ms()),
            active_ms: AtomicU64::new(self.now_ms()),
            bytes: AtomicUsize::new(0),
            waiting: WaitingAnswers::default(),
            proven: AtomicBool::new(false),
        });
        let (open, cut) = oneshot::channel();
        self.lock().insert(id, Entry { connection: Arc::clone(&connection), _open: open });
        Some(ServedConnection { stream, connection, connections: Arc::clone(self), cut: Some(cut) })
    }

    /// Cuts the connection that loses least: one that has sent nothing, else the one idle for
    /// longest, else the one whose calls have been quiet for longest. The connection of a proven
    /// operator with a call under way is never cut.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.lock();
        let handshake = u64::from(self.limits.handshake_seconds) * 1000;
        // A busy connection may be cut only after a while without progress. Otherwise a flood of
        // new connections would end calls that are being answered.
        let quiet_before = self.now_ms().saturating_sub(handshake);
        let candidates = open.values().map(|entry| &entry.connection);
        let may_go = candidates
            .filter(|connection| !connection.is_busy() || connection.is_quiet_since(quiet_before));
        let least = may_go.min_by_key(|connection| {
            // Idle before busy, ungreeted before greeted, then the longest wait; the id makes the
            // choice unique.
            let busy = connection.is_busy();
            let since = if busy { &connection.active_ms } else { &connection.idle_since_ms };
            (busy, connection.has_greeted(), since.load(Ordering::Relaxed), connection.id)
        });
        let Some(connection) = least.map(Arc::clone) else { return false };
        open.remove(&connection.id);
        // A line of the log takes time that no other connection should wait for.
        drop(open);
        self.refuse("it made room for another", connection.peer);
        true
    }

    /// Cuts connections that have not greeted in time, those that leave their answers unread, and
    /// those that have been idle for too long.
    pub(super) fn sweep(&self) {
        let now = self.now_ms();
        let [handshake, idle] = [self.limits.handshake_seconds, self.limits.idle_seconds]
            .map(|limit| u64::from(limit) * 1000);
        let stretch = self.stretch();
        let mut cut = Vec::new();
        self.lock().retain(|_, entry| {
            let connection = &entry.connection;
            let quiet = now.saturating_sub(connection.idle_since_ms.load(Ordering::Relaxed));
            let busy = connection.is_busy();
            if !busy && !connection.has_greeted() && quiet >= handshake {
                cut.push(("it did not speak HTTP/2 in time", connection.peer));
                return false;
            }
            if !connection.is_proven() && connection.waiting.are_late(stretch) {
                cut.push(("it did not take its answers in time", connection.peer));
                return false;
            }
            busy || quiet < idle
        });
        for (why, peer) in cut {
            self.refuse(why, peer);
        }
    }

    /// Counts an unfinished message that grows from `before` to `now` bytes; `false` when there is
    /// no room for the growth, which is then not counted.
    pub(super) fn hold(&self, connection: &Connection, before: usize, now: usize) -> bool {
        let more = parts(before, now);
        // Add first, compare after: two messages that arrive at once cannot both use the last room.
        let own = connection.bytes.fetch_add(now - before, Ordering::Relaxed) + (now - before);
        let mut fits = own <= self.limits.connection_bytes;
        for (all, more) in self.bytes.iter().zip(more).filter(|(_, more)| *more > 0) {
            fits &= all.fetch_add(more, Ordering::Relaxed) + more <= self.limits.bytes;
        }
        if !fits {
            self.let_go(connection, now, before);
        }
        fits
    }

    /// Counts an unfinished message that shrinks from `before` to `now` bytes.
    pub(super) fn let_go(&self, connection: &Connection, before: usize, now: usize) {
        if before == now {
            return;
        }
        connection.bytes.fetch_sub(before - now, Ordering::Relaxed);
        for (all, less) in self.bytes.iter().zip(parts(now, before)) {
            all.fetch_sub(less, Ordering::Relaxed);
        }
    }

    /// Notes that a call of the connection makes progress.
    pub(super) fn note(&self, connection: &Connection) {
        connection.active_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// The present stretch of time, in which answers that begin to wait are counted.
    fn stretch(&self) -> u64 {
        self.now_ms() / (u64::from(self.limits.message_seconds) * 1000).max(1)
    }

    /// Counts a connection that was closed or refused.
    pub(super) fn refuse(&self, why: &str, peer: SocketAddr) {
        if let Some(left_out) = self.refusals.connections.add() {
            tracing::warn!(%peer, left_out, "a connection was closed: {why}");
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Entry>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn has_greeted(&self) -> bool {
        self.greeted.load(Ordering::Relaxed) >= GREETING_BYTES
    }

    fn is_busy(&self) -> bool {
        self.streams.load(Ordering::Acquire) > 0
    }

    /// Whether its calls have made no progress since then. A proven operator may be quiet for any
    /// time: its link has nothing to send while nobody pays.
    fn is_quiet_since(&self, then: u64) -> bool {
        !self.is_proven() && self.active_ms.load(Ordering::Relaxed) <= then
    }

    fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Notes that its client has proven to be an operator.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    fn hear(&self, bytes: usize) {
        if !self.has_greeted() {
            self.greeted.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// A connection that is counted while it is open.
#[derive(Debug)]
pub struct ServedConnection {
    stream: TcpStream,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    /// Resolves when the connection is to be cut.
    cut: Option<oneshot::Receiver<Infallible>>,
}

impl Drop for ServedConnection {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.connection.id);
    }
}

impl AsyncRead for ServedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_cut = match &mut self.cut {
            Some(cut) => Pin::new(cut).poll(context).is_ready(),
            None => true,
        };
        if is_cut {
            // A receiver that has resolved must not be polled again.
            self.cut = None;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.connection.hear(buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for ServedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The connection of a call.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    pub(super) tcp: TcpConnectInfo,
    pub(super) connection: Arc<Connection>,
}

impl Connected for ServedConnection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        ConnectionInfo { tcp: self.stream.connect_info(), connection: Arc::clone(&self.connection) }
    }
}

/// A call under way; its connection is not idle.
#[derive(Debug)]
pub(super) struct CallUnderWay(Arc<Connections>, Arc<Connection>);

impl CallUnderWay {
    pub(super) fn begin(connections: &Arc<Connections>, connection: &Arc<Connection>) -> Self {
        connections.note(connection);
        connection.streams.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(connections), Arc::clone(connection))
    }

    /// Counts its answer as waiting for the client from now on, and returns the place of the count.
    pub(super) fn wait(&self) -> usize {
        self.0.note(&self.1);
        self.1.waiting.begin(self.0.stretch())
    }

    /// Counts its answer as waiting no longer, if it waited.
    pub(super) fn go_on(&self, waits: Option<usize>) {
        if let Some(place) = waits {
            self.1.waiting.end(place);
        }
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        // The time is stored before the count falls. In the other order a sweep between the two
        // would see an idle connection with the time of an earlier call, and cut it.
        self.1.idle_since_ms.store(self.0.now_ms(), Ordering::Relaxed);
        self.1.streams.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The growth of a message, divided into its first 16 KiB and the rest.
fn parts(from: usize, to: usize) -> [usize; 2] {
    let small = to.min(SMALL_BYTES) - from.min(SMALL_BYTES);
    [small, to - from - small]
}

/// The longest time from the first byte of a message to its last.
pub(super) fn message_time(connections: &Connections) -> std::time::Duration {
    seconds(connections.limits.message_seconds)
}
