//! The physical limit of gRPC: full messages of the link, sent and sent back, with nothing done to
//! them.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::time::{Duration, Instant};

use clearing_api::v1;
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_api::v1::interbank_service_server::{InterbankService, InterbankServiceServer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use super::BenchError;
use super::machine::cpu_of;
use crate::load::connect;

/// Items of a message, as many as the interface takes.
const ITEMS: u64 = 1000;
/// Messages under way, so that neither end waits for the other.
const UNDER_WAY: u64 = 8;

/// What an echo costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Echo {
    /// Items echoed a second, both ends on this machine.
    pub(super) items_per_second: f64,
    /// Processor time of an item at one end of one message, in microseconds.
    pub(super) us_per_end: f64,
}

/// Sends every list of instructions back as deliveries.
struct Mirror;

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl InterbankService for Mirror {
    type ExchangeStream = Streamed<v1::ExchangeResponse>;
    type AnswerQuestionsStream = Streamed<v1::AnswerQuestionsResponse>;

    async fn exchange(
        &self,
        request: Request<Streaming<v1::ExchangeRequest>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let messages = request.into_inner().map(|message| message.map(delivered));
        Ok(Response::new(Box::pin(messages)))
    }

    async fn answer_questions(
        &self,
        _: Request<Streaming<v1::AnswerQuestionsRequest>>,
    ) -> Result<Response<Self::AnswerQuestionsStream>, Status> {
        Err(Status::unimplemented("only links are mirrored"))
    }

    async fn ask(&self, _: Request<v1::AskRequest>) -> Result<Response<v1::AskResponse>, Status> {
        Err(Status::unimplemented("only links are mirrored"))
    }
}

fn delivered(message: v1::ExchangeRequest) -> v1::ExchangeResponse {
    let deliveries = message.instructions.map(|instructions| v1::Deliveries {
        payment_ids: instructions.payment_ids,
        payer_wallets: instructions.payer_wallets,
        payee_wallets: instructions.payee_wallets,
        amounts_fen: instructions.amounts_fen,
        submit_times_ms: instructions.submit_times_ms,
        expire_times_ms: instructions.expire_times_ms,
        hold: Vec::new(),
        details: instructions.details,
    });
    v1::ExchangeResponse { sequence: message.sequence, deliveries, ..Default::default() }
}

/// A message as full as one may be.
fn message() -> v1::ExchangeRequest {
    let instructions = v1::Instructions {
        payment_ids: vec![0x5a; 16 * ITEMS as usize],
        request_keys: vec![0x5a; 16 * ITEMS as usize],
        payer_wallets: vec![21_000_000_000_013; ITEMS as usize],
        payee_wallets: vec![33_000_000_000_019; ITEMS as usize],
        amounts_fen: vec![1230; ITEMS as usize],
        submit_times_ms: vec![1_790_000_000_000; ITEMS as usize],
        expire_times_ms: vec![1_790_000_030_000; ITEMS as usize],
        details: None,
    };
    v1::ExchangeRequest { instructions: Some(instructions), ..Default::default() }
}

/// A mirror on a thread of its own, as the other process would be. It ends with this program.
pub(super) async fn mirror() -> Result<SocketAddr, BenchError> {
    let failed = |source| BenchError::Io { what: "listen for echoes", source };
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    // A listener is made here, so that its port is known before the thread runs.
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener)?;
            // The same settings as between processes, or the limit would be of something else.
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            let window = 4 * 1024 * 1024;
            let server = Server::builder()
                .initial_stream_window_size(window)
                .initial_connection_window_size(4 * window)
                .add_service(InterbankServiceServer::new(Mirror));
            server.serve_with_incoming(incoming).await.map_err(std::io::Error::other)
        })
    });
    Ok(address)
}

/// Echoes for some time.
pub(super) async fn echo(address: SocketAddr, time: Duration) -> Result<Echo, BenchError> {
    let call = BenchError::call("Exchange");
    let (sender, outgoing) = unbounded_channel();
    let mut client = InterbankServiceClient::new(connect(address).await?);
    for _ in 0..UNDER_WAY {
        // The receiver lives as long as the stream.
        let _ = sender.send(message());
    }
    let responses = client.exchange(UnboundedReceiverStream::new(outgoing)).await.map_err(&call)?;
    let mut responses = responses.into_inner();
    let before = cpu_of(std::process::id()).unwrap_or_default();
    let begun = Instant::now();
    let mut items = 0;
    while begun.elapsed() < time && responses.message().await.map_err(&call)?.is_some() {
        items += ITEMS;
        let _ = sender.send(message());
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let used = cpu_of(std::process::id()).unwrap_or_default().saturating_sub(before);
    let items = items.max(1) as f64;
    // An echo is two messages with two ends each, all in this process.
    Ok(Echo {
        items_per_second: items / elapsed,
        us_per_end: used.as_secs_f64() * 1e6 / items / 4.0,
    })
}
