//! How fast the ledgers in one process take payments: `cargo bench -p clearing-lab --bench engine`.
//!
//! Only ticks are measured, not drawing what is paid. The time of the thread on its processor is
//! told beside the time on the wall, because it does not grow when others use the machine.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use clearing_lab::engine::{InProcess, drive};
use clearing_lab::experiment::Experiment;
use clearing_lab::workload::Workload;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Days on which nothing queues: a calibrated one with 200,000 wallets, and one between ten
/// wallets.
const DAYS: [(&str, &str); 2] = [
    (
        "calibrated, nearly all between operators",
        "[workload]\non_us_bias = 0.0\npayments_per_day = 1000000",
    ),
    ("random flow, all between operators", "[workload.random_flow]\npayments_per_pair = 11000"),
];

fn main() {
    for (name, workload) in DAYS {
        let text = format!("name = \"bench\"\n[cluster]\ncap = \"unlimited\"\n{workload}");
        let experiment = Experiment::from_text(&text, &[], Some(1)).unwrap();
        let workload = Workload::new(&experiment).unwrap();
        let engine = InProcess::new(&experiment.cluster).unwrap();
        let (mut payments, mut ticks) = (0, Duration::ZERO);
        let (begun, on_processor) = (Instant::now(), processor_time());
        let driven = drive(&experiment, &workload, engine, |progress| {
            (payments, ticks) = (progress.payments, progress.elapsed.ticks)
        });
        let run = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(driven)
            .unwrap();
        let share = (processor_time() - on_processor).as_secs_f64() / begun.elapsed().as_secs_f64();
        let wall = payments as f64 / ticks.as_secs_f64();
        let crossed = run.ledgers.central_bank.transfers().len();
        println!(
            "{name}: {payments} payments ({crossed} between operators), {wall:.0}/s on the wall, {:.0}/s on the processor",
            wall / share
        );
    }
}

/// How long this thread has run.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default(),
    )
}
