//! How many seeds a point needs: as many as make its mean sure enough.

use clearing_config::ConfigError;

use super::keys::{RawUntil, SweepFigure};
use super::row::{FEN, MEASURES, Row};
use super::statistics::Estimate;

/// When a point has enough runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The indicator that must be sure, by its column.
    pub indicator: String,
    /// The most that half of its 95 % interval may be, as a percentage of its mean.
    pub half_width_percent: f64,
    /// The most runs of a point, sure or not.
    pub seeds: u32,
}

impl Until {
    pub(super) fn read(raw: &RawUntil, first: u32) -> Result<Self, ConfigError> {
        let RawUntil { indicator, half_width, seeds } = raw;
        let percent = half_width.strip_suffix('%').and_then(|text| text.trim().parse().ok());
        let percent = percent.filter(|percent: &f64| *percent > 0.0 && percent.is_finite());
        let half_width_percent = percent.ok_or_else(|| {
            let sentence = format!("{half_width:?} is not a percentage above 0, as in \"5%\"");
            ConfigError::value("until.half_width", sentence)
        })?;
        if first < 3 {
            let sentence = format!("{first} is less than 3, with which an interval says something");
            return Err(ConfigError::value("seeds", sentence));
        }
        if *seeds < first {
            let sentence = format!("{seeds} is less than seeds, which is {first}");
            return Err(ConfigError::value("until.seeds", sentence));
        }
        Ok(Self { indicator: indicator.clone(), half_width_percent, seeds: *seeds })
    }

    /// Whether the indicator is a column of the sweep.
    pub(super) fn check_indicator(&self, figures: &[SweepFigure]) -> Result<(), ConfigError> {
        let wanted = self.indicator.as_str();
        let of_script = wanted.strip_suffix(FEN).unwrap_or(wanted);
        let is_figure =
            figures.iter().any(|one| [wanted, of_script].contains(&one.figure.as_str()));
        if is_figure || MEASURES.iter().any(|(name, _)| *name == wanted) {
            return Ok(());
        }
        let sentence = format!("{wanted:?} is no column of every sweep and no figure of this one");
        Err(ConfigError::value("until.indicator", sentence))
    }

    pub(super) fn to_raw(&self) -> RawUntil {
        RawUntil {
            indicator: self.indicator.clone(),
            half_width: format!("{}%", self.half_width_percent),
            seeds: self.seeds,
        }
    }

    /// Whether the runs of a point are enough. An indicator that no run has cannot become sure.
    pub(super) fn is_reached(&self, rows: &[Row]) -> bool {
        let found: Vec<_> = rows.iter().filter_map(|row| row.number(&self.indicator)).collect();
        let Some(estimate) = Estimate::of(&found) else { return true };
        let most = estimate.mean.abs() * self.half_width_percent / 100.0;
        estimate.half_width.is_some_and(|half_width| half_width <= most)
    }

    /// How many runs a point has after a round that did not suffice: half as many again. What other
    /// points do has no part in it, so that a point alone has the same runs.
    pub(super) fn next(&self, runs: u32) -> u32 {
        runs.saturating_add((runs / 2).max(1)).min(self.seeds)
    }
}
