//! The open connections of a process, and what each of them holds.

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

/// What a client sends before anything else: the preface of HTTP/2 and an empty frame of settings.
const GREETING_BYTES: usize = 24 + 9;
/// So much of each message is counted apart, so that ordinary calls go on whatever large ones hold.
const SMALL_BYTES: usize = 16 * 1024;

/// The open connections of a process.
#[derive(Debug)]
pub struct Connections {
    pub(super) limits: TransportLimits,
    pub(super) refusals: Arc<Refusals>,
    open: Mutex<HashMap<u64, Entry>>,
    next: AtomicU64,
    /// Bytes of unfinished messages in all: of the first 16 KiB of each, and of the rest.
    bytes: [AtomicUsize; 2],
    started: Instant,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    /// Dropped, it cuts the connection.
    _open: oneshot::Sender<Infallible>,
}

/// What one connection holds.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    peer: SocketAddr,
    /// Bytes heard, as far as the greeting.
    greeted: AtomicUsize,
    streams: AtomicU32,
    /// When it last had nothing to do, in milliseconds since the process began to serve.
    idle_since_ms: AtomicU64,
    /// When a call of it last began, said a message or was answered.
    active_ms: AtomicU64,
    /// Bytes of its unfinished messages.
    bytes: AtomicUsize,
    waiting: WaitingAnswers,
    /// Whether its client proved to be an operator.
    proven: AtomicBool,
}

impl Connections {
    /// No connections yet.
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

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes a connection, unless every other is busy.
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

    /// Cuts the connection that would miss least: one that has said nothing, else the one idle for
    /// longest, else the one whose calls have been quiet for longest. That of a proven operator is
    /// never cut.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.lock();
        let handshake = u64::from(self.limits.handshake_seconds) * 1000;
        let quiet_before = self.now_ms().saturating_sub(handshake);
        let candidates = open.values().map(|entry| &entry.connection);
        let may_go = candidates
            .filter(|connection| !connection.is_busy() || connection.is_quiet_since(quiet_before));
        let least = may_go.min_by_key(|connection| {
            let busy = connection.is_busy();
            let since = if busy { &connection.active_ms } else { &connection.idle_since_ms };
            (busy, connection.has_greeted(), since.load(Ordering::Relaxed), connection.id)
        });
        let Some(connection) = least.map(Arc::clone) else { return false };
        open.remove(&connection.id);
        drop(open);
        self.refuse("it made room for another", connection.peer);
        true
    }

    /// Cuts connections that have not greeted in time, those that do not take their answers, and
    /// those that have been idle for long.
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

    /// Counts more bytes of an unfinished message of so many; `false` when there is no room for
    /// them.
    pub(super) fn hold(&self, connection: &Connection, before: usize, now: usize) -> bool {
        let more = parts(before, now);
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

    /// Of an unfinished message fewer bytes are held, or none.
    pub(super) fn let_go(&self, connection: &Connection, before: usize, now: usize) {
        if before == now {
            return;
        }
        connection.bytes.fetch_sub(before - now, Ordering::Relaxed);
        for (all, less) in self.bytes.iter().zip(parts(now, before)) {
            all.fetch_sub(less, Ordering::Relaxed);
        }
    }

    /// A call of the connection is alive.
    pub(super) fn note(&self, connection: &Connection) {
        connection.active_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// The stretch of time in which answers are counted that wait from now on.
    fn stretch(&self) -> u64 {
        self.now_ms() / (u64::from(self.limits.message_seconds) * 1000).max(1)
    }

    /// Counts a connection that was not served further.
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

    /// Whether its calls have been quiet since then; a proven operator's may be.
    fn is_quiet_since(&self, then: u64) -> bool {
        !self.is_proven() && self.active_ms.load(Ordering::Relaxed) <= then
    }

    fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Its client has proven to be an operator.
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

/// What a call knows of its connection.
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

    /// Its answer waits for the client from now on; gives where that is counted.
    pub(super) fn wait(&self) -> usize {
        self.0.note(&self.1);
        self.1.waiting.begin(self.0.stretch())
    }

    /// Its answer goes on, if it waited.
    pub(super) fn go_on(&self, waits: Option<usize>) {
        if let Some(place) = waits {
            self.1.waiting.end(place);
        }
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        self.1.idle_since_ms.store(self.0.now_ms(), Ordering::Relaxed);
        self.1.streams.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What comes to a message that grows: to its first 16 KiB, and to the rest.
fn parts(from: usize, to: usize) -> [usize; 2] {
    let small = to.min(SMALL_BYTES) - from.min(SMALL_BYTES);
    [small, to - from - small]
}

/// How long a message may take.
pub(super) fn message_time(connections: &Connections) -> std::time::Duration {
    seconds(connections.limits.message_seconds)
}
