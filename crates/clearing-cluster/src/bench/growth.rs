//! Whether payments cost more when the files are large.

use super::stage::{Stage, Workshop, run};
use super::{BenchError, Results, Sizes};

/// With two operators every payment leaves two rows in each of the three files.
const ROWS_PER_PAYMENT: u64 = 2;

pub(super) async fn measure(
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let Some([few, many]) = sizes.rows else {
        results.miss("ten_million_rows", "left out of --quick, as it takes a minute");
        return Ok(());
    };
    let stage = workshop.cluster("growth", 2).await?;
    let costs = costs_on(&stage, few, many, sizes).await;
    stage.stop().await?;
    let (small, large) = costs?;
    let note = format!("two operators, {few} and {many} rows in each of three files");
    results.set("ten_million_rows", vec![large / small], &note);
    Ok(())
}

/// The cost of a payment at two sizes of the files, in seconds: the median of several runs at each.
async fn costs_on(
    stage: &Stage,
    few: u64,
    many: u64,
    sizes: &Sizes,
) -> Result<(f64, f64), BenchError> {
    let probe = sizes.payments(200_000);
    let at = async |rows: u64| {
        // The probes add rows too, so the fill stops short by one of them.
        let payments = (rows / ROWS_PER_PAYMENT).saturating_sub(probe).max(1);
        run(&stage.streamed(payments, 40_960)).await?;
        let mut costs = Vec::new();
        for _ in 0..sizes.runs {
            costs.push(1.0 / run(&stage.streamed(probe, 40_960)).await?.throughput());
        }
        costs.sort_by(f64::total_cmp);
        Ok::<f64, BenchError>(costs[costs.len() / 2])
    };
    // The same files grow from the small size to the large one.
    let small = at(few).await?;
    let large = at(many - few).await?;
    Ok((small, large))
}
