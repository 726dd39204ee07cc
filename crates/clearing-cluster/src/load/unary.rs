//! Payments as calls of their own.

use std::time::{Duration, Instant};

use clearing_api::v1::payment_service_client::PaymentServiceClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::orders::Order;
use super::pace::{CALLS_TICK, Schedule};
use super::tally::Fate;
use super::{Lane, LoadError, Pace, Tally, wire};

/// Calls under way, each with its latency and fate when done.
struct Calls {
    client: PaymentServiceClient<Channel>,
    running: JoinSet<(Duration, Fate)>,
}

impl Calls {
    fn start(&mut self, order: Order, started: Instant) {
        // A clone shares the connection; it only lets calls be under way at the same time.
        let mut client = self.client.clone();
        self.running.spawn(async move {
            let answer = client.create_payment(wire::single(order)).await;
            (started.elapsed(), wire::fate_of_answer(answer))
        });
    }
}

/// Drives a lane to its end.
pub(super) async fn drive(mut lane: Lane) -> Result<Tally, LoadError> {
    let mut calls =
        Calls { client: PaymentServiceClient::new(lane.channel.clone()), running: JoinSet::new() };
    let mut tally = Tally::new()?;
    match lane.pace {
        Pace::Outstanding(outstanding) => {
            closed(&mut lane, &mut calls, &mut tally, outstanding).await?
        }
        Pace::Rate(rate) => open(&mut lane, &mut calls, &mut tally, rate).await?,
    }
    Ok(tally)
}

/// Every call that ends starts the next.
async fn closed(
    lane: &mut Lane,
    calls: &mut Calls,
    tally: &mut Tally,
    outstanding: usize,
) -> Result<(), LoadError> {
    for order in lane.orders.take_up_to(outstanding) {
        calls.start(order, Instant::now());
    }
    while let Some(done) = calls.running.join_next().await {
        let (latency, fate) = done?;
        tally.record(latency, fate);
        if let Some(order) = lane.orders.next() {
            calls.start(order, Instant::now());
        }
    }
    Ok(())
}

/// Starts what is due at every tick of the schedule and takes answers meanwhile.
async fn open(
    lane: &mut Lane,
    calls: &mut Calls,
    tally: &mut Tally,
    rate: u32,
) -> Result<(), LoadError> {
    let mut schedule = Schedule::new(rate, CALLS_TICK);
    while lane.orders.left() > 0 || !calls.running.is_empty() {
        tokio::select! {
            due = schedule.due(), if lane.orders.left() > 0 => {
                for (number, order) in due.zip(lane.orders.by_ref()) {
                    calls.start(order, schedule.start_of(number));
                }
            }
            Some(done) = calls.running.join_next(), if !calls.running.is_empty() => {
                let (latency, fate) = done?;
                tally.record(latency, fate);
            }
        }
    }
    Ok(())
}
