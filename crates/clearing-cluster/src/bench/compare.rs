//! The same load under two conditions, in turns, so that both meet the same machine.

use crate::load::LoadOptions;

use super::stage::{Stage, Workshop, run};
use super::{BenchError, Results, Sizes};

/// Random request ids against ids in the order of time.
pub(super) async fn random_ids(
    stage: &Stage,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let ordered = stage.streamed(sizes.payments(400_000), 40_960);
    let random = LoadOptions { random_ids: true, ..ordered.clone() };
    let mut losses = Vec::new();
    for _ in 0..sizes.runs {
        // In turns within a run, so that both meet the same machine and the same sizes of files.
        let (ordered, random) =
            (run(&ordered).await?.throughput(), run(&random).await?.throughput());
        losses.push((1.0 - random / ordered) * 100.0);
    }
    results.set("random_ids", losses, "below 0: random ids were faster");
    Ok(())
}

/// Payments in a message: the same for both, so that only the positions differ.
const BATCH: usize = 500;

/// Ten positions that every payment moves against several times as many, both on new files.
pub(super) async fn positions(
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let hot = workshop.cluster("hot", 10).await?;
    let many = workshop.cluster("many", sizes.many_operators).await?;
    let ratios = positions_on(&hot, &many, sizes).await;
    // Stopped also when a load failed: nothing may run on beside the parts that follow.
    many.stop().await?;
    hot.stop().await?;
    results.set(
        "hot_positions",
        ratios?,
        &format!("many: {} positions in as many processes", sizes.many_operators),
    );
    Ok(())
}

async fn positions_on(hot: &Stage, many: &Stage, sizes: &Sizes) -> Result<Vec<f64>, BenchError> {
    let load = |stage: &Stage| LoadOptions {
        batch: Some(BATCH),
        ..stage.streamed(sizes.payments(400_000), 40_960)
    };
    let (hot, many) = (load(hot), load(many));
    run(&hot).await?;
    run(&many).await?;
    let mut ratios = Vec::new();
    for _ in 0..sizes.runs {
        ratios.push(run(&hot).await?.throughput() / run(&many).await?.throughput());
    }
    Ok(ratios)
}
