//! A large process: what wallets and payments hold of memory, and how long it takes to start again.

use std::time::Instant;

use super::stage::{Stage, Workshop, run};
use super::{BenchError, Results, Sizes, machine};
use crate::cluster::Member;
use crate::load::{LoadOptions, open_wallets};

pub(super) async fn measure(
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let mut stage = workshop.cluster("large", 1).await?;
    let measured = measure_on(&mut stage, sizes, results).await;
    // Stopped also when a measurement failed.
    stage.stop().await?;
    measured
}

async fn measure_on(
    stage: &mut Stage,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let Some((operator, address)) =
        stage.cluster.members().get(1).copied().zip(stage.operators().first().copied())
    else {
        return Ok(());
    };
    let held =
        |stage: &Stage| stage.cluster.pid(operator).and_then(machine::memory_of).unwrap_or(0.0);
    // What a process holds with nothing in it is no part of a wallet.
    let empty = held(stage);
    open_wallets(address, sizes.large, 1).await?;
    let with_wallets = held(stage);
    let each = |bytes: f64| vec![bytes / sizes.large as f64];
    let count = format!("{} wallets", sizes.large);
    results.set("wallet_memory", each(with_wallets - empty), &count);
    run(&LoadOptions { on_us: true, ..stage.streamed(sizes.large, 40_960) }).await?;
    results.set(
        "payment_memory",
        each(held(stage) - with_wallets),
        &format!("{} payments", sizes.large),
    );
    let mut restarts = Vec::new();
    for _ in 0..sizes.runs {
        restarts.push(restart(stage, operator).await?);
    }
    results.set("restart", restarts, &format!("{count} and as many payments, after SIGKILL"));
    Ok(())
}

async fn restart(stage: &mut Stage, operator: Member) -> Result<f64, BenchError> {
    // Killed and not stopped: a start after a crash also recovers the log.
    stage.cluster.kill(operator).await?;
    let begun = Instant::now();
    stage.cluster.spawn(operator)?;
    stage.cluster.wait_ready(operator).await?;
    Ok(begun.elapsed().as_secs_f64())
}
