//! The same load under two conditions, in turns, so that both meet the same machine.

use crate::load::LoadOptions;

use super::stage::{Stage, Workshop, run};
use super::{BenchError, Results, Sizes};

/// Random request ids against ids in the order of time.
pub(super) async fn random_ids(stage: &Stage, sizes: &Sizes, results: &mut Results) -> Result<(), BenchError> {
    let ordered = stage.streamed(sizes.payments(400_000), 40_960);
    let random = LoadOptions { random_ids: true, ..ordered.clone() };
    let mut losses = Vec::new();
    for _ in 0..sizes.runs {
        let (ordered, random) = (run(&ordered).await?.throughput(), run(&random).await?.throughput());
        losses.push((1.0 - random / ordered) * 100.0);
    }
    results.set("random_ids", losses, "below 0: random ids were faster");
    Ok(())
}

/// Ten positions that every payment moves against several times as many.
pub(super) async fn positions(
    stage: &Stage,
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let many = workshop.cluster("many", sizes.many_operators).await?;
    let ratios = positions_on(stage, &many, sizes).await;
    many.stop().await?;
    results.set("hot_positions", ratios?, &format!("many: {} positions in as many processes", sizes.many_operators));
    Ok(())
}

async fn positions_on(hot: &Stage, many: &Stage, sizes: &Sizes) -> Result<Vec<f64>, BenchError> {
    let (hot, many) = [hot, many].map(|stage| stage.streamed(sizes.payments(400_000), 40_960)).into();
    run(&many).await?;
    let mut ratios = Vec::new();
    for _ in 0..sizes.runs {
        ratios.push(run(&hot).await?.throughput() / run(&many).await?.throughput());
    }
    Ok(ratios)
}
