//! A steady load for some time: does memory stay flat, do latencies?

use std::time::{Duration, Instant};

use super::machine::memory_available;
use super::stage::{Stage, run};
use super::{BenchError, Results, Sizes};
use crate::load::{LoadOptions, Pace, Tally};

/// Memory that is left to the machine: a soak that would take it ends early and says so.
const MEMORY_KEPT: u64 = 2 << 30;
/// How long one piece of the load is.
const PIECE: Duration = Duration::from_secs(10);

pub(super) async fn measure(
    stage: &Stage,
    rate_max: f64,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let rate = (rate_max / 2.0).max(1000.0) as u32;
    // Memory is counted from a process that has worked: the first payments also grow buffers once.
    run(&stage.streamed(sizes.payments(200_000), 4096)).await?;
    let (before, begun) = (stage.memory(), Instant::now());
    let mut all = Tally::new()?;
    let mut loaded = Duration::ZERO;
    let mut end = "";
    while loaded < sizes.soak {
        if memory_available() < MEMORY_KEPT {
            end = ", ended early because memory ran short";
            break;
        }
        // In pieces, so that memory is looked at between them.
        let piece = PIECE.min(sizes.soak);
        let payments = (f64::from(rate) * piece.as_secs_f64()) as u64;
        let report =
            run(&LoadOptions { pace: Pace::Rate(rate), ..stage.streamed(payments, 1) }).await?;
        all.add(&report.tally);
        loaded += report.elapsed;
    }
    let note = format!("{rate} a second for {:.1} s{end}", begun.elapsed().as_secs_f64());
    let latency = |quantile| vec![all.latency_us.value_at_quantile(quantile) as f64 / 1000.0];
    results.set("soak_p999", latency(0.999), &note);
    results.set("soak_p50", latency(0.5), "");
    results.set("soak_rate", vec![all.completed as f64 / loaded.as_secs_f64()], "");
    let growth = (stage.memory() - before) / all.completed.max(1) as f64;
    results.set(
        "soak_memory",
        vec![growth],
        "not flat: a process keeps every payment that it knows in memory",
    );
    Ok(())
}
