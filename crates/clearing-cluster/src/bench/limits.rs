//! What this machine allows at best, measured in the same run, and the bound it sets on a row.

use std::path::Path;

use serde_json::{Value, json};

use super::figure::Figure;
use super::rows::Limit;
use super::sizes::Sizes;
use super::{BenchError, disk, echo};

/// Processes of a cluster that sync at the same time.
const PROCESSES: usize = 11;

/// The physical limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Items echoed a second in messages of 1,000, both ends on this machine; memory.
    pub echo: Figure,
    /// Processor time of an item at one end of a message, in microseconds; memory.
    pub end_us: Figure,
    /// A sync of one stream alone, in microseconds.
    pub sync_one_us: Figure,
    /// A sync of one stream among eleven, in microseconds.
    pub sync_eleven_us: Figure,
}

/// The best that a row could show.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// In the unit of the row.
    pub value: f64,
    /// What sets it.
    pub by: &'static str,
}

impl Limits {
    pub(super) async fn measure(folder: &Path, sizes: &Sizes) -> Result<Self, BenchError> {
        let failed = |source| BenchError::Io { what: "write a file to sync", source };
        let mirror = echo::mirror().await?;
        echo::echo(mirror, sizes.limit_time).await?;
        let (mut rates, mut ends, mut one, mut eleven) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..sizes.runs {
            // Each run measures all limits, so that a slow moment of the machine meets all of them
            // alike.
            let echo = echo::echo(mirror, sizes.limit_time).await?;
            rates.push(echo.items_per_second);
            ends.push(echo.us_per_end);
            one.push(disk::sync_us(folder, 1, sizes.limit_time).map_err(failed)?);
            eleven.push(disk::sync_us(folder, PROCESSES, sizes.limit_time).map_err(failed)?);
        }
        let figure = |runs| Figure::of(runs).unwrap_or(Figure::single(0.0));
        let (sync_one_us, sync_eleven_us) = (figure(one), figure(eleven));
        Ok(Self { echo: figure(rates), end_us: figure(ends), sync_one_us, sync_eleven_us })
    }

    /// The bound that a limit sets.
    pub fn bound(&self, limit: Limit) -> Option<Bound> {
        match limit {
            Limit::Payments { outstanding, syncs, hops } => {
                // A batch of all outstanding payments shares each sync, and syncs follow one
                // another.
                let disk = outstanding * 1e6 / (syncs * self.sync_eleven_us.median);
                // An echo is two messages.
                let grpc = self.echo.median * 2.0 / hops;
                Some(if disk < grpc {
                    Bound { value: disk, by: "disk" }
                } else {
                    Bound { value: grpc, by: "gRPC" }
                })
            }
            Limit::Syncs(syncs) => {
                Some(Bound { value: syncs * self.sync_one_us.median / 1000.0, by: "disk" })
            }
            Limit::Ends(ends) => Some(Bound { value: ends * self.end_us.median, by: "gRPC" }),
            Limit::None => None,
        }
    }

    pub(super) fn json(&self) -> Value {
        let rate = |us: Figure, streams: usize| 1e6 * streams as f64 / us.median;
        let sync = |us: Figure, streams| json!({ "latency_us": us.json(), "per_second": rate(us, streams) });
        json!({
            "grpc_echo": { "items_per_second": self.echo.json(), "cpu_us_per_end": self.end_us.json(),
                "items_per_message": 1000, "durability": "memory" },
            "fdatasync_one_stream": sync(self.sync_one_us, 1),
            "fdatasync_eleven_streams": sync(self.sync_eleven_us, PROCESSES),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tighter_limit_is_the_bound() {
        let one = Figure::single;
        let limits = Limits {
            echo: one(700_000.0),
            end_us: one(1.0),
            sync_one_us: one(250.0),
            sync_eleven_us: one(1000.0),
        };
        let bound = |outstanding| {
            let bound =
                limits.bound(Limit::Payments { outstanding, syncs: 4.0, hops: 7.0 }).unwrap();
            (bound.value, bound.by)
        };
        assert_eq!(bound(64.0), (16_000.0, "disk"));
        assert_eq!(bound(4096.0), (200_000.0, "gRPC"));
        assert_eq!(limits.bound(Limit::Syncs(4.0)).unwrap().value, 1.0);
    }
}
