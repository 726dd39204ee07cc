//! The actions of a run: carried out between ticks, so that every engine sees them at the same
//! place.

mod order;
mod plan;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use clearing_domain::Reason;
use clearing_domain::money::{PaymentId, Total, WalletNumber};
use clearing_domain::operator::TickItem;

use crate::experiment::Experiment;
use crate::experiment::script::Action;
use crate::workload::Workload;

use super::ticks::tick_of;
use super::{Engine, EngineError};
use plan::Plan;

pub use order::{Acted, Binding, Order};

/// What became of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionRecord {
    /// How many of its orders were carried out.
    pub done: u64,
    /// The money in them.
    pub value: Total,
    /// How many were refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
}

/// The actions of a run and where they stand.
pub(super) struct Actions<'a> {
    plan: Plan<'a>,
    /// Each action with the tick after which it is carried out, in the order of the script.
    planned: Vec<(u64, &'a Action)>,
    records: Vec<ActionRecord>,
    front_ends: FrontEnds,
}

/// Who is shown by which front-end, and who pays by one.
#[derive(Default)]
struct FrontEnds {
    bound: BTreeSet<(String, WalletNumber)>,
    /// The front-ends of payments, and the places of their series.
    payments: HashMap<PaymentId, (String, usize)>,
    /// How many payments of each series were not made, because no front-end showed their wallets.
    withheld: Vec<u64>,
}

impl<'a> Actions<'a> {
    pub(super) fn new(experiment: &'a Experiment, workload: &'a Workload) -> Self {
        let script = &experiment.script;
        let tick = |action: &Action| tick_of(&experiment.cluster.lockstep, action.at);
        let planned: Vec<_> = script.actions.iter().map(|action| (tick(action), action)).collect();
        let by_front_end = |(place, series): (usize, &crate::experiment::script::Series)| {
            let payments =
                if series.front_end.is_some() { workload.series(place) } else { Vec::new() };
            let front_end = series.front_end.clone().unwrap_or_default();
            payments.into_iter().map(move |payment| (payment.id, (front_end.clone(), place)))
        };
        let front_ends = FrontEnds {
            bound: BTreeSet::new(),
            payments: script.series.iter().enumerate().flat_map(by_front_end).collect(),
            withheld: vec![0; script.series.len()],
        };
        Self {
            plan: Plan { experiment, workload },
            records: vec![ActionRecord::default(); planned.len()],
            planned,
            front_ends,
        }
    }

    /// The ticks after which there are actions, and those that follow them: what an action
    /// instructs would expire if the next tick came only when somebody pays.
    pub(super) fn ticks(&self) -> impl Iterator<Item = u64> + '_ {
        self.planned.iter().flat_map(|(tick, _)| [*tick, tick + 1])
    }

    /// What front-ends let wallets submit: nothing of those that they do not show.
    pub(super) fn shown<'b>(&mut self, lists: Vec<&'b [TickItem]>) -> Vec<Cow<'b, [TickItem]>> {
        if self.front_ends.payments.is_empty() {
            return lists.into_iter().map(Cow::Borrowed).collect();
        }
        let shown = |list: &'b [TickItem]| {
            let items = list.iter().filter(|item| self.front_ends.shows(item));
            Cow::Owned(items.cloned().collect())
        };
        lists.into_iter().map(shown).collect()
    }

    /// Carries out what is due once a tick is over, in the order of the script.
    pub(super) async fn after<E: Engine>(
        &mut self,
        tick: u64,
        engine: &mut E,
    ) -> Result<(), EngineError> {
        for place in 0..self.planned.len() {
            let (due, action) = self.planned[place];
            if due == tick {
                self.carry_out(place, action, engine).await?;
            }
        }
        Ok(())
    }

    async fn carry_out<E: Engine>(
        &mut self,
        place: usize,
        action: &Action,
        engine: &mut E,
    ) -> Result<(), EngineError> {
        let orders = self.plan.orders(place, action, engine).await?;
        // Operators in their order, so that a run is the same every time.
        for (operator, orders) in orders.into_iter().enumerate() {
            if orders.is_empty() {
                continue;
            }
            let acted = engine.act(operator, &orders).await?;
            for (order, acted) in orders.iter().zip(acted) {
                self.front_ends.hear(order, &acted);
                self.records[place].count(acted);
            }
        }
        Ok(())
    }

    /// What became of the actions, and how many payments of each series were not made.
    pub(super) fn finish(self) -> (Vec<ActionRecord>, Vec<u64>) {
        (self.records, self.front_ends.withheld)
    }
}

impl ActionRecord {
    fn count(&mut self, acted: Acted) {
        match acted {
            Ok(value) => {
                self.done += 1;
                self.value += value;
            }
            Err(reason) => *self.refused.entry(reason).or_default() += 1,
        }
    }
}

impl FrontEnds {
    fn hear(&mut self, order: &Order, acted: &Acted) {
        if let (Order::BindFrontEnd(binding), Ok(_)) = (order, acted) {
            self.bound.insert((binding.front_end.clone(), binding.wallet));
        }
    }

    fn shows(&mut self, item: &TickItem) -> bool {
        let Some((front_end, series)) = self.payments.get(&item.id) else { return true };
        let shown = self.bound.contains(&(front_end.clone(), item.payer));
        self.withheld[*series] += u64::from(!shown);
        shown
    }
}
