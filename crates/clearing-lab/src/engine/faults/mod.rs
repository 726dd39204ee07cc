//! The faults of a run: applied between ticks, so that every engine sees them at the same place.

mod late;
mod record;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use clearing_domain::Lockstep;
use clearing_domain::money::{Amount, OperatorCode, Position, Timestamp};
use clearing_domain::operator::TickItem;

use crate::experiment::{Experiment, Fault, FaultKind, FaultTarget, Funding};
use clearing_cluster::cluster::Member;

use super::{Engine, EngineError, Standing};
use late::{Late, LatePayments};

pub use record::FaultRecord;

/// The faults of a run and where they stand.
pub(super) struct Faults {
    lockstep: Lockstep,
    end: Timestamp,
    operators: Vec<OperatorCode>,
    /// What of its reserves each operator has earmarked, which cannot leave.
    earmarked: Vec<Amount>,
    /// How far the reserve account of each may go below zero.
    credit: Vec<Amount>,
    planned: Vec<Planned>,
    late: LatePayments,
    /// The operators that the central bank has suspended.
    suspended: Vec<bool>,
}

/// A fault by the ticks after which it begins and ends.
struct Planned {
    fault: Fault,
    from: u64,
    to: Option<u64>,
    begun: Option<Begun>,
}

/// A fault that has begun.
struct Begun {
    record: FaultRecord,
    /// The operator in the order of the configuration; the central bank has none.
    place: Option<usize>,
    over: bool,
}

impl Planned {
    fn new(fault: &Fault, lockstep: &Lockstep) -> Self {
        let ticks_before = |at: Timestamp| {
            let ticks = (at.ms() - lockstep.start.ms()).div_euclid(lockstep.tick_ms);
            u64::try_from(ticks).unwrap_or_default()
        };
        let (from, to) = (ticks_before(fault.at), fault.until.map(ticks_before));
        Self { from, to, fault: fault.clone(), begun: None }
    }

    /// The record of a fault that an operator suffers at present.
    fn running(&mut self, place: usize) -> Option<&mut FaultRecord> {
        let begun = self.begun.as_mut().filter(|begun| begun.place == Some(place) && !begun.over);
        begun.map(|begun| &mut begun.record)
    }
}

impl Faults {
    pub(super) fn new(experiment: &Experiment) -> Self {
        let lockstep = experiment.cluster.lockstep;
        let operators = &experiment.cluster.operators;
        Self {
            lockstep,
            end: lockstep.day(experiment.days).start(),
            operators: operators.iter().map(|operator| operator.code).collect(),
            earmarked: operators.iter().map(|operator| operator.guarantees.earmarked).collect(),
            credit: operators.iter().map(|operator| operator.credit).collect(),
            planned: experiment.faults.iter().map(|fault| Planned::new(fault, &lockstep)).collect(),
            late: LatePayments::default(),
            suspended: vec![false; operators.len()],
        }
    }

    /// The ticks after which faults begin or end, and those in which late payments are due.
    pub(super) fn ticks(&self) -> impl Iterator<Item = u64> + '_ {
        let planned =
            self.planned.iter().flat_map(|planned| [Some(planned.from), planned.to]).flatten();
        planned.chain(self.late.ticks())
    }

    /// Which operators are away or cut off from the central bank.
    pub(super) fn away(&self) -> &[bool] {
        &self.suspended
    }

    /// What operators really submit in a tick: nothing while they are away, and later while they
    /// are slow.
    pub(super) fn lists<'a>(
        &mut self,
        tick: u64,
        lists: Vec<&'a [TickItem]>,
    ) -> Vec<Cow<'a, [TickItem]>> {
        // What is due leaves the list whatever becomes of it here, or it would be submitted twice.
        let mut due = self.late.take(tick);
        let mut submitted = Vec::with_capacity(lists.len());
        for (place, list) in lists.into_iter().enumerate() {
            let late: Vec<Late> = due.extract_if(.., |late| late.place == place).collect();
            submitted.push(self.list(tick, place, list, &late));
        }
        submitted
    }

    fn list<'a>(
        &mut self,
        tick: u64,
        place: usize,
        list: &'a [TickItem],
        late: &[Late],
    ) -> Cow<'a, [TickItem]> {
        let due = late.iter().map(|late| &late.item);
        if let Some(record) = self.suffered(place, FaultKind::closes) {
            // Late payments that fall into an outage are lost like those of their time.
            record.withhold(list.iter().chain(due));
            return Cow::Borrowed(&[]);
        }
        let on_time = match self.slowest(place) {
            None if late.is_empty() => return Cow::Borrowed(list),
            None => list,
            Some((fault, delay)) => {
                let later = |item| Late { place, fault, item: later(&self.lockstep, delay, item) };
                self.late.put(tick + delay, list.iter().map(later));
                &[]
            }
        };
        let mut submitted: Vec<TickItem> = due.chain(on_time).cloned().collect();
        submitted.sort_by_key(|item| item.at);
        for late in late {
            if let Some(begun) = &mut self.planned[late.fault].begun {
                begun.record.delayed += 1;
            }
        }
        Cow::Owned(submitted)
    }

    /// Ends and begins what is due once a tick is over; 0 is before the first.
    pub(super) async fn after<E: Engine>(
        &mut self,
        tick: u64,
        engine: &mut E,
    ) -> Result<(), EngineError> {
        // Nearly all ticks have no fault, and the central bank need not be called after them.
        if !self.planned.iter().any(|planned| planned.from == tick || planned.to == Some(tick)) {
            return Ok(());
        }
        // Faults end before others begin: an operator that fails anew at that moment stays
        // suspended.
        for planned in self.planned.iter_mut().filter(|planned| planned.to == Some(tick)) {
            planned.begun.iter_mut().for_each(|begun| begun.over = true);
        }
        for number in 0..self.planned.len() {
            if self.planned[number].from == tick {
                self.begin(number, engine).await?;
            }
        }
        // Last, and once for all faults: several may suspend one operator, and only what changes is
        // sent.
        self.suspend(engine).await
    }

    async fn begin<E: Engine>(&mut self, number: usize, engine: &mut E) -> Result<(), EngineError> {
        let (fault, from, to) =
            (&self.planned[number].fault, self.planned[number].from, self.planned[number].to);
        // The operator is chosen from the positions of this moment and stays the one that is hit.
        let place = self.place(fault.target, engine).await?;
        let hit =
            place.map_or(Member::CentralBank, |place| Member::Operator(self.operators[place]));
        let until =
            fault.kind.has_duration().then(|| to.map_or(self.end, |to| self.lockstep.end_of(to)));
        let at = self.lockstep.end_of(from);
        let mut record = FaultRecord::new(fault.clone(), hit, at, until);
        match (fault.kind, place) {
            (FaultKind::Crash, _) => engine.crash(hit).await?,
            (FaultKind::LiquidityLoss { share }, Some(place)) => {
                let balance = engine.standings().await?[place].balance;
                // Earmarked reserves stand for the cap and cannot leave.
                let free = balance - self.earmarked[place].position();
                record.lost = share.of(balance).min(free).max(Position::ZERO);
                if !record.lost.is_zero() {
                    engine.fund(place, -record.lost, &format!("fault-{}", number + 1)).await?;
                }
            }
            (FaultKind::Funding { amount }, Some(place)) => {
                record.brought = match amount {
                    Funding::Amount(amount) => amount.position(),
                    Funding::Shortfall => {
                        let standing = engine.standings().await?[place];
                        (-surplus(&standing, self.credit[place])).max(Position::ZERO)
                    }
                };
                if !record.brought.is_zero() {
                    engine.fund(place, record.brought, &format!("funding-{}", number + 1)).await?;
                }
            }
            (
                FaultKind::Outage | FaultKind::Cut | FaultKind::Slow { .. } | FaultKind::Failure,
                _,
            )
            | (FaultKind::LiquidityLoss { .. } | FaultKind::Funding { .. }, None) => {}
        }
        self.planned[number].begun = Some(Begun { record, place, over: false });
        Ok(())
    }

    /// The operator that a fault hits. Of equals it is the first in the order of the configuration.
    async fn place<E: Engine>(
        &self,
        target: FaultTarget,
        engine: &mut E,
    ) -> Result<Option<usize>, EngineError> {
        let least = match target {
            FaultTarget::CentralBank => return Ok(None),
            FaultTarget::Operator(code) => {
                return Ok(self.operators.iter().position(|known| *known == code));
            }
            FaultTarget::LargestNetDebtor => |standing: &Standing, _| standing.net,
            FaultTarget::LargestSender => |standing: &Standing, _| -standing.sent,
            FaultTarget::LargestShortfall => surplus,
        };
        let standings = engine.standings().await?;
        Ok((0..standings.len()).min_by_key(|place| least(&standings[*place], self.credit[*place])))
    }

    /// Suspends whoever is cut off or away, and lets the others take part again.
    async fn suspend<E: Engine>(&mut self, engine: &mut E) -> Result<(), EngineError> {
        for place in 0..self.suspended.len() {
            let suspended = self.suffered(place, FaultKind::suspends).is_some();
            if self.suspended[place] != suspended {
                engine.set_active(place, !suspended).await?;
                self.suspended[place] = suspended;
            }
        }
        Ok(())
    }

    /// The first fault of some kinds that an operator suffers at present.
    fn suffered(
        &mut self,
        place: usize,
        of: impl Fn(FaultKind) -> bool,
    ) -> Option<&mut FaultRecord> {
        let mut running = self.planned.iter_mut().filter_map(|planned| planned.running(place));
        running.find(|record| of(record.fault.kind))
    }

    /// The fault that delays an operator longest at present, and by how many ticks.
    fn slowest(&mut self, place: usize) -> Option<(usize, u64)> {
        let running = self.planned.iter_mut().enumerate();
        let running = running
            .filter_map(|(number, planned)| Some((number, planned.running(place)?.fault.kind)));
        running
            .filter_map(|(number, kind)| Some((number, kind.delay_ticks()?)))
            .max_by_key(|(_, delay)| *delay)
    }

    /// What became of the faults. What is due after the end of the run is never submitted.
    pub(super) fn finish(mut self) -> Vec<FaultRecord> {
        for late in std::mem::take(&mut self.late).rest() {
            if let Some(begun) = &mut self.planned[late.fault].begun {
                begun.record.withhold([&late.item]);
            }
        }
        self.planned
            .into_iter()
            .filter_map(|planned| planned.begun)
            .map(|begun| begun.record)
            .collect()
    }
}

/// What an operator would have left if what is due settled at once; negative is what it is short
/// of.
fn surplus(standing: &Standing, credit: Amount) -> Position {
    standing.balance + credit.position() + standing.due
}

/// A payment that is submitted so many ticks later.
fn later(lockstep: &Lockstep, delay: u64, item: &TickItem) -> TickItem {
    let shift = lockstep.tick_ms.saturating_mul(i64::try_from(delay).unwrap_or(i64::MAX));
    TickItem { at: item.at.plus_ms(shift), ..item.clone() }
}
