//! Clients that speak HTTP/2 by hand, or only its beginning, and then do not what a client should.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

use super::DEADLINE;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACKNOWLEDGED: u8 = 1;
const END_HEADERS: u8 = 4;
/// The largest frame that needs no agreement.
const FRAME_BYTES: usize = 16_384;

/// A connection on which bytes are sent as they are.
pub(crate) struct TcpClient(TcpStream);

impl TcpClient {
    pub(crate) async fn connect(address: impl ToSocketAddrs) -> Self {
        Self(timeout(DEADLINE, TcpStream::connect(address)).await.unwrap().unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Waits until the other side has closed.
    pub(crate) async fn closed(&mut self) {
        let mut buffer = vec![0; 4096];
        let end = async { while self.0.read(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {} };
        timeout(DEADLINE, end).await.expect("the connection is closed");
    }
}

/// A client that has greeted and answers nothing that is asked of it.
pub(crate) struct RawClient(TcpClient);

impl RawClient {
    /// Connects, greets, and waits until there is room for more than the first bytes.
    pub(crate) async fn connect(address: impl ToSocketAddrs) -> Self {
        let mut client = Self(TcpClient::connect(address).await);
        client.0.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        client.frame(SETTINGS, 0, 0, &[]).await;
        while client.hear().await.0 != WINDOW_UPDATE {}
        // The windows that the server named hold from now on.
        client.frame(SETTINGS, ACKNOWLEDGED, 0, &[]).await;
        client
    }

    /// Opens no window for any answer from now on.
    pub(crate) async fn take_nothing(&mut self) {
        // The initial window of a stream, which is setting 4.
        self.frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]).await;
    }

    /// Begins a call.
    pub(crate) async fn call(&mut self, stream: u32, path: &str, more: &[(&str, &str)]) {
        let usual = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "x"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        let mut block = Vec::new();
        for (name, value) in usual.iter().chain(more) {
            // Literal, not indexed, without Huffman coding.
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.frame(HEADERS, END_HEADERS, stream, &block).await;
    }

    /// Sends the beginning of a message that says to be longer.
    pub(crate) async fn message_part(&mut self, stream: u32, length: u32, part: usize) {
        let prefix = [&[0][..], &length.to_be_bytes()].concat();
        self.frame(DATA, 0, stream, &prefix).await;
        for begin in (0..part).step_by(FRAME_BYTES) {
            self.frame(DATA, 0, stream, &vec![0; FRAME_BYTES.min(part - begin)]).await;
        }
    }

    /// Sends an empty message, which is the last.
    pub(crate) async fn whole_message(&mut self, stream: u32) {
        self.frame(DATA, END_STREAM, stream, &[0; 5]).await;
    }

    /// Waits for an answer to a call, of whatever kind.
    pub(crate) async fn answered(&mut self) {
        while self.hear().await.1 == 0 {}
    }

    pub(crate) async fn closed(&mut self) {
        self.0.closed().await;
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.send(&[&head, payload].concat()).await;
    }

    /// The kind and the stream of the next frame.
    async fn hear(&mut self) -> (u8, u32) {
        let hear = async {
            let mut head = [0; 9];
            self.0.0.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            self.0.0.read_exact(&mut vec![0; length as usize]).await.unwrap();
            (head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]))
        };
        timeout(DEADLINE, hear).await.expect("the server says something")
    }
}
