//! Starting a cluster, and processes that have nothing to do.

use super::stage::Workshop;
use super::{BenchError, Results, Sizes};

pub(super) async fn measure(
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    let (mut up, mut memory) = (Vec::new(), Vec::new());
    for run in 0..=sizes.runs {
        let stage = workshop.cluster("start", 10).await?;
        // The first reads the program from the disk.
        if run > 0 {
            up.push(stage.up.as_secs_f64());
            memory.push(stage.memory_largest() / 1e6);
        }
        stage.stop().await?;
    }
    results.set("up", up, "");
    results.set("idle_memory", memory, "the largest of eleven processes");
    Ok(())
}
