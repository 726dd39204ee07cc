//! Payments as fast as they go: streamed, as calls of their own, on-us.

use crate::load::{LoadOptions, LoadReport};

use super::stage::{Stage, latency_ms, run};
use super::{BenchError, Results, Sizes};

pub(super) async fn measure(
    stage: &Stage,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    run(&stage.streamed(sizes.payments(400_000), 40_960)).await?;
    let mut cpu = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..sizes.runs {
        let before = stage.central_bank_cpu();
        let report = run(&stage.streamed(sizes.payments(400_000), 40_960)).await?;
        let used = stage.central_bank_cpu().saturating_sub(before);
        cpu.push(used.as_secs_f64() * 1e6 / report.tally.completed as f64);
        rates.push(report.throughput());
    }
    results.set("streamed_40960", rates, "");
    results.set("central_bank_cpu", cpu, "at 40,960 outstanding");
    rate("streamed_4096", &stage.streamed(sizes.payments(400_000), 4096), sizes, results).await?;
    rate("streamed_512", &stage.streamed(sizes.payments(200_000), 512), sizes, results).await?;
    rate("unary_512", &stage.unary(sizes.payments(80_000), 512), sizes, results).await?;
    let reports =
        rate("unary_64", &stage.unary(sizes.payments(40_000), 64), sizes, results).await?;
    results.set("unary_64_p99", latencies(&reports, 0.99), "");
    one_caller(stage, sizes, results).await
}

/// Payments between wallets of one operator, which need nobody else.
pub(super) async fn on_us(
    stage: &Stage,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let on_us = LoadOptions { on_us: true, ..stage.streamed(sizes.payments(600_000), 40_960) };
    rate("on_us", &on_us, sizes, results).await?;
    Ok(())
}

/// The rate of a load, over several runs after one to warm up.
async fn rate(
    name: &'static str,
    options: &LoadOptions,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<Vec<LoadReport>, BenchError> {
    run(&LoadOptions { payments: options.payments / 4 + 1, ..options.clone() }).await?;
    let mut reports = Vec::new();
    for _ in 0..sizes.runs {
        reports.push(run(options).await?);
    }
    results.set(name, reports.iter().map(LoadReport::throughput).collect(), "");
    Ok(reports)
}

async fn one_caller(stage: &Stage, sizes: &Sizes, results: &mut Results) -> Result<(), BenchError> {
    run(&stage.unary(sizes.payments(400), 1)).await?;
    let mut reports = Vec::new();
    for _ in 0..sizes.runs {
        reports.push(run(&stage.unary(sizes.payments(2_000), 1)).await?);
    }
    results.set("unary_1_p50", latencies(&reports, 0.5), "");
    results.set("unary_1_p99", latencies(&reports, 0.99), "");
    Ok(())
}

fn latencies(reports: &[LoadReport], quantile: f64) -> Vec<f64> {
    reports.iter().map(|report| latency_ms(report, quantile)).collect()
}
