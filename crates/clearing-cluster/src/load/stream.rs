//! Payments as items on one stream per payer's operator.

use std::collections::BTreeMap;
use std::time::Instant;

use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::{StreamPaymentsRequest, StreamPaymentsResponse};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;

use super::pace::{STREAM_TICK, Schedule};
use super::{Lane, LoadError, Pace, Tally, wire};
use crate::call::CallError;

/// Drives a lane to its end.
pub(super) async fn drive(lane: Lane) -> Result<Tally, LoadError> {
    let pace = lane.pace;
    let mut flow = Flow::open(lane).await?;
    match pace {
        Pace::Outstanding(outstanding) => closed(&mut flow, outstanding).await?,
        Pace::Rate(rate) => open(&mut flow, rate).await?,
    }
    Ok(flow.tally)
}

/// Every answer makes room for as many payments as it answers.
async fn closed(flow: &mut Flow, outstanding: usize) -> Result<(), LoadError> {
    let batch = flow.lane.batch;
    let mut room = outstanding;
    loop {
        while room > 0 && flow.lane.orders.left() > 0 {
            let now = Instant::now();
            room -= flow.submit(batch.min(room), |_| now)?;
        }
        if flow.in_flight.is_empty() {
            return Ok(());
        }
        room += flow.answer().await?;
    }
}

/// Submits what is due at every tick of the schedule and takes answers meanwhile.
async fn open(flow: &mut Flow, rate: u32) -> Result<(), LoadError> {
    let mut schedule = Schedule::new(rate, STREAM_TICK);
    while flow.lane.orders.left() > 0 || !flow.in_flight.is_empty() {
        tokio::select! {
            due = schedule.due(), if flow.lane.orders.left() > 0 => {
                let mut first = due.start;
                while first < due.end && flow.lane.orders.left() > 0 {
                    let count = (due.end - first).min(flow.lane.batch as u64);
                    flow.submit(count as usize, |index| schedule.start_of(first + index))?;
                    first += count;
                }
            }
            answered = flow.answer(), if !flow.in_flight.is_empty() => { answered?; }
        }
    }
    Ok(())
}

/// A stream with what is under way on it.
struct Flow {
    lane: Lane,
    requests: UnboundedSender<StreamPaymentsRequest>,
    responses: Streaming<StreamPaymentsResponse>,
    sequence: u64,
    /// When the payments of a message started, by its sequence.
    in_flight: BTreeMap<u64, Vec<Instant>>,
    tally: Tally,
}

impl Flow {
    async fn open(lane: Lane) -> Result<Self, LoadError> {
        let (requests, outgoing) = unbounded_channel();
        let mut client = PaymentServiceClient::new(lane.channel.clone())
            .max_decoding_message_size(wire::MESSAGE_BYTES_MAX)
            .max_encoding_message_size(wire::MESSAGE_BYTES_MAX);
        let responses = client
            .stream_payments(UnboundedReceiverStream::new(outgoing))
            .await
            .map_err(CallError::of(lane.address, "StreamPayments"))?
            .into_inner();
        Ok(Self {
            lane,
            requests,
            responses,
            sequence: 0,
            in_flight: BTreeMap::new(),
            tally: Tally::new()?,
        })
    }

    /// Sends the next payments in one message; gives how many there were.
    fn submit(
        &mut self,
        count: usize,
        started: impl Fn(u64) -> Instant,
    ) -> Result<usize, LoadError> {
        let orders = self.lane.orders.take_up_to(count);
        let count = orders.len();
        self.sequence += 1;
        self.in_flight.insert(self.sequence, (0..count as u64).map(started).collect());
        let request = wire::batch(self.sequence, orders);
        self.requests
            .send(request)
            .map_err(|_| self.odd("it closed the stream of payments".to_owned()))?;
        Ok(count)
    }

    /// Waits for one answer and counts its payments; dropping the wait loses nothing.
    async fn answer(&mut self) -> Result<usize, LoadError> {
        let message = self.responses.message().await;
        let message = message.map_err(CallError::of(self.lane.address, "StreamPayments"))?;
        let response =
            message.ok_or_else(|| self.odd("it ended the stream of payments".to_owned()))?;
        // An answer names its message: they may come in another order.
        let started = self.in_flight.remove(&response.sequence);
        let started = started
            .ok_or_else(|| self.odd(format!("no message {} is under way", response.sequence)))?;
        if started.len() != response.outcomes.len() {
            let (asked, answered) = (started.len(), response.outcomes.len());
            return Err(self.odd(format!("{answered} outcomes for {asked} payments")));
        }
        let now = Instant::now();
        let count = started.len();
        for (start, outcome) in started.into_iter().zip(response.outcomes) {
            self.tally.record(now.saturating_duration_since(start), wire::fate_of_outcome(outcome));
        }
        Ok(count)
    }

    fn odd(&self, message: String) -> LoadError {
        LoadError::Answer { address: self.lane.address, message }
    }
}
