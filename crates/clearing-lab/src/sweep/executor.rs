//! Runs the points that are missing, several at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::experiment::RunInfo;

use super::liquidity::BoundsFound;
use super::one_run::Detail;
use super::row::{PointResult, Row};
use super::store::Store;
use super::{Point, Sweep, SweepError, tables};

/// How a sweep is made and where its results go.
#[derive(Clone, Debug)]
pub struct SweepOptions {
    /// The folder of the results.
    pub folder: PathBuf,
    /// How many runs at a time.
    pub jobs: usize,
    /// Only this point, counted from 0; no tables are written.
    pub index: Option<usize>,
    /// Whether what an earlier sweep left in the folder is removed.
    pub replace: bool,
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many points the grid has.
    pub points: usize,
    /// How many were there already.
    pub found: usize,
    /// How many runs were made.
    pub runs: usize,
    /// The table of every run, when all points are there.
    pub table: Option<PathBuf>,
}

/// The points of a sweep, each in its file.
pub(crate) struct Finished {
    pub(crate) points: Vec<Point>,
    pub(crate) store: Store,
    /// How many were there already.
    pub(crate) found: usize,
    /// How many runs were made.
    pub(crate) runs: usize,
}

/// The runs to make and those that are done.
struct Work<'a> {
    sweep: &'a Sweep,
    detail: Detail,
    store: &'a Store,
    tasks: Vec<(&'a Point, u64)>,
    /// How many runs the points of these tasks have after them.
    runs: u32,
    next: AtomicUsize,
    stopped: AtomicBool,
    bounds: BoundsFound,
    /// The rows of points that are not finished.
    rows: Mutex<BTreeMap<usize, Vec<Row>>>,
    /// Runs that earlier tasks made.
    before: usize,
    done: AtomicUsize,
}

impl Sweep {
    /// Makes the runs of the points that are not there yet, then the tables. Every point is checked
    /// before the first run.
    pub fn execute(
        &self,
        options: &SweepOptions,
        info: &RunInfo,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Swept, SweepError> {
        let Finished { points, store, found, runs } =
            self.finish_points(options, info, Detail::Indicators, progress)?;
        let table = match options.index {
            None => Some(tables::write(self, &points, &store)?),
            Some(_) => None,
        };
        Ok(Swept { points: points.len(), found, runs, table })
    }

    /// Makes the runs of the points that are not there yet.
    pub(crate) fn finish_points(
        &self,
        options: &SweepOptions,
        info: &RunInfo,
        detail: Detail,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Finished, SweepError> {
        let points = self.points();
        let chosen = match options.index {
            None => &points[..],
            Some(index) => {
                let last = points.len().saturating_sub(1);
                points.get(index..=index).ok_or(SweepError::NoPoint { index, last })?
            }
        };
        // A key that one point of hundreds gets wrong should not show after hours.
        chosen.iter().try_for_each(|point| self.experiment(point, self.first_seed).map(|_| ()))?;
        let store = Store::open(&options.folder, self, info, options.replace)?;
        let mut missing = Vec::new();
        for point in chosen {
            if store.read(point.index)?.is_none() {
                missing.push(point);
            }
        }
        let found = chosen.len() - missing.len();
        let runs = self.make(&store, &missing, detail, options.jobs, &progress)?;
        Ok(Finished { points, store, found, runs })
    }

    fn make(
        &self,
        store: &Store,
        missing: &[&Point],
        detail: Detail,
        jobs: usize,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<usize, SweepError> {
        let mut work = Work {
            sweep: self,
            detail,
            store,
            tasks: Vec::new(),
            runs: 0,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            bounds: BoundsFound::default(),
            rows: Mutex::default(),
            before: 0,
            done: AtomicUsize::new(0),
        };
        let mut points = missing.to_vec();
        let mut runs = self.seeds;
        // One round, unless points must become sure: those that are not have further runs.
        while !points.is_empty() {
            work.begin(&points, runs);
            work.round(jobs, progress)?;
            let rows = work.rows.lock().unwrap_or_else(PoisonError::into_inner);
            points.retain(|point| rows.contains_key(&point.index));
            runs = self.until.as_ref().map_or(runs, |until| until.next(runs));
        }
        Ok(work.done.into_inner())
    }
}

impl<'a> Work<'a> {
    /// Plans the runs that points need to have so many.
    fn begin(&mut self, points: &[&'a Point], runs: u32) {
        let seed = |number: u32| self.sweep.first_seed + u64::from(number);
        let seeds = (self.runs..runs).map(seed);
        let tasks = points.iter().flat_map(|point| seeds.clone().map(move |seed| (*point, seed)));
        self.tasks = tasks.collect();
        self.runs = runs;
        self.next = AtomicUsize::new(0);
        self.before = *self.done.get_mut();
    }

    fn round(
        &self,
        jobs: usize,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<(), SweepError> {
        progress(self.before, self.before + self.tasks.len());
        thread::scope(|scope| {
            let workers: Vec<_> =
                (0..jobs.max(1)).map(|_| scope.spawn(|| self.take_turns(progress))).collect();
            let ended = workers
                .into_iter()
                .map(|worker| worker.join().map_err(|_| SweepError::Thread).flatten());
            ended.collect::<Vec<_>>().into_iter().collect::<Result<(), _>>()
        })
    }

    /// Takes run after run until there are no more, or one failed.
    fn take_turns(&self, progress: &(impl Fn(usize, usize) + Sync)) -> Result<(), SweepError> {
        // The counter alone decides who makes which run, and rows are kept under a lock, so no
        // order between threads is needed.
        while let Some((point, seed)) = self.tasks.get(self.next.fetch_add(1, Ordering::Relaxed))
            && !self.stopped.load(Ordering::Relaxed)
        {
            let row = self.sweep.row(point, *seed, &self.bounds, self.detail);
            let ended = row.and_then(|row| self.keep(point, row));
            // The others end with the run they have under way: what is finished can be used by the
            // next start.
            if ended.is_err() {
                self.stopped.store(true, Ordering::Relaxed);
            }
            ended?;
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(done, self.before + self.tasks.len());
        }
        Ok(())
    }

    /// Keeps a row, and writes the point once it has all of them.
    fn keep(&self, point: &Point, row: Row) -> Result<(), SweepError> {
        // The lock is held while a row is kept, not while a file is written.
        let finished = {
            let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            let of_point = rows.entry(point.index).or_default();
            of_point.push(row);
            // Runs end in any order, and a table of the same sweep must have the same bytes: how sure
            // a mean is, too, is found from the runs in one order.
            of_point.sort_unstable_by_key(|row| row.seed);
            let until = self.sweep.until.as_ref();
            let goes_on = |rows: &[Row]| {
                until.is_some_and(|until| self.runs < until.seeds && !until.is_reached(rows))
            };
            if of_point.len() < self.runs as usize || goes_on(of_point) {
                return Ok(());
            }
            rows.remove(&point.index).unwrap_or_default()
        };
        self.store.write(&PointResult {
            sweep: self.store.id().to_owned(),
            point: point.index,
            experiment: self.sweep.experiment(point, self.sweep.first_seed)?.to_toml(None),
            rows: finished,
        })
    }
}

/// Where the results of a sweep lie unless something else is asked for.
pub fn default_folder(sweep: &Sweep) -> PathBuf {
    Path::new("clearing-data").join("sweeps").join(&sweep.name)
}
