//! StreamPayments: each batch of a stream is answered once, out of order when a later one finishes
//! first.

use std::sync::Arc;

use clearing_api::text;
use clearing_api::v1;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::payment::{Payments, messages};

/// How many batches of a stream may be under way; the client's next batch waits in its connection.
const UNDER_WAY_MAX: usize = 64;

/// Answers the batches of a stream until it ends, or until one is refused as a whole.
pub(super) fn payments_of_stream(
    payments: Payments,
    requests: Streaming<v1::StreamPaymentsRequest>,
) -> impl Stream<Item = Result<v1::StreamPaymentsResponse, Status>> + Send {
    let (answers, stream) = mpsc::channel(UNDER_WAY_MAX);
    tokio::spawn(async move {
        if let Err(status) = take_all(payments, requests, &answers).await {
            // The client may be gone.
            let _ = answers.send(Err(status)).await;
        }
    });
    ReceiverStream::new(stream)
}

async fn take_all(
    payments: Payments,
    mut requests: Streaming<v1::StreamPaymentsRequest>,
    answers: &mpsc::Sender<Result<v1::StreamPaymentsResponse, Status>>,
) -> Result<(), Status> {
    let places = Arc::new(Semaphore::new(UNDER_WAY_MAX));
    let mut stopping = payments.0.stopping.clone();
    loop {
        let request = tokio::select! {
            request = requests.message() => request?,
            // No further batch is read; those under way are answered.
            () = stopping.requested() => None,
        };
        let Some(request) = request else { break };
        text::batch_size("payments", request.payments.len())?;
        // The next batch is read only when a place is free, so a fast client waits in HTTP/2 and
        // the process never holds more than these batches of a stream.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (payments, answers) = (payments.clone(), answers.clone());
        tokio::spawn(async move {
            let outcomes = payments.pay(request.payments, request.wait_ms).await;
            let answer = outcomes.map(|outcomes| v1::StreamPaymentsResponse {
                sequence: request.sequence,
                outcomes: messages(outcomes),
            });
            // The client may be gone; its payments are recorded and continue.
            let _ = answers.send(answer).await;
            drop(place);
        });
    }
    Ok(())
}
