//! Closing a cycle while payments go on: how long it takes, and what payments feel of it.

use std::time::{Duration, Instant};

use clearing_api::v1;
use clearing_api::v1::clearing_service_client::ClearingServiceClient;

use super::stage::{Stage, latency_ms, run};
use super::{BenchError, Results, Sizes};
use crate::cluster::Member;
use crate::load::{LoadOptions, Pace, connect};

pub(super) async fn measure(
    stage: &Stage,
    rate_max: f64,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    // A quarter of the maximum: the load must not wait for anything but the close.
    let rate = (rate_max / 4.0).max(1000.0) as u32;
    let time =
        if sizes.divisor > 100 { Duration::from_millis(100) } else { Duration::from_secs(1) };
    let steady = LoadOptions {
        pace: Pace::Rate(rate),
        ..stage.streamed((f64::from(rate) * time.as_secs_f64()) as u64, 1)
    };
    let (mut closes, mut stalls) = (Vec::new(), Vec::new());
    for _ in 0..sizes.runs {
        // The cycle is filled anew for each run, because the close before has emptied it.
        run(&stage.streamed(sizes.cycle_payments, 40_960)).await?;
        let without = run(&steady).await?;
        let (with, close) = tokio::join!(run(&steady), close_after(stage, time / 2));
        closes.push(close?.as_secs_f64() * 1000.0);
        // Over the same load without a close: what remains is what payments feel of the close.
        stalls.push(latency_ms(&with?, 1.0) / latency_ms(&without, 1.0).max(0.001));
    }
    let note = format!("{} payments in the cycle, {rate} a second going on", sizes.cycle_payments);
    results.set("close_cycle", closes, &note);
    results.set("close_stall", stalls, "the largest latency of a second, from the intended start");
    Ok(())
}

async fn close_after(stage: &Stage, wait: Duration) -> Result<Duration, BenchError> {
    let mut client =
        ClearingServiceClient::new(connect(stage.cluster.address(Member::CentralBank)?).await?);
    tokio::time::sleep(wait).await;
    let begun = Instant::now();
    let closed = client.close_cycle(v1::CloseCycleRequest { cycle: None }).await;
    closed.map_err(BenchError::call("CloseCycle"))?;
    Ok(begun.elapsed())
}
