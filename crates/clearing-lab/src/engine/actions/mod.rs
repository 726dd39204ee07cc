//! The actions of a run: carried out between ticks, so that every engine sees them at the same
//! place.

mod cards;
mod contracts;
mod habits;
mod loans;
mod order;
mod plan;
mod wealth;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use clearing_domain::Reason;
use clearing_domain::money::{PaymentId, Total, WalletNumber};
use clearing_domain::operator::TickItem;

use crate::experiment::Experiment;
use crate::experiment::Script;
use crate::experiment::script::Action;
use crate::workload::{Named, Planned, Workload};

use super::ticks::tick_of;
use super::{Engine, EngineError};
use cards::Chips;
use habits::Habits;
use plan::Plan;

pub(super) use contracts::planned;
pub use contracts::{ContractOrder, PlannedContract};
pub(super) use loans::planned as planned_loans;
pub use loans::{LoanOrder, PlannedLoan, PlannedPayroll};
pub use order::{Acted, Binding, Order, Participant, PlannedCampaign, PlannedCard};
pub use wealth::WealthOrder;
pub(crate) use wealth::code as product_code;

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
    /// The ticks at whose ends grants of campaigns expire, and lessons, contracts and instalments are
    /// due.
    expiries: Vec<u64>,
    records: Vec<ActionRecord>,
    gates: Gates,
    habits: Habits<'a>,
    chips: Chips,
}

/// What a payment needs before it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gate {
    /// That a front-end shows the wallet of the payer.
    FrontEnd(String),
    /// That the payer has claimed money of a campaign.
    Campaign(WalletNumber),
    /// That a campaign is held which is not.
    NotHeld,
}

/// Which wallets may pass which gates, and which payments need one.
#[derive(Default)]
struct Gates {
    open: BTreeSet<(Gate, WalletNumber)>,
    /// The gates of payments, and the places of their series.
    payments: HashMap<PaymentId, (Vec<Gate>, usize)>,
    /// How many payments of each series were not made.
    withheld: Vec<u64>,
}

impl<'a> Actions<'a> {
    pub(super) fn new(experiment: &'a Experiment, workload: &'a Workload) -> Self {
        let script = &experiment.script;
        let lockstep = &experiment.cluster.lockstep;
        let tick = |action: &Action| tick_of(lockstep, action.at);
        let expiries = script.campaigns.iter().map(|one| tick_of(lockstep, one.valid[1]));
        let planned: Vec<_> = script.actions.iter().map(|action| (tick(action), action)).collect();
        let end = lockstep.day(experiment.days).start();
        let due = contracts::due(script).into_iter().chain(loans::due(script, end));
        let due = due.chain(wealth::due(script, end));
        let due = due.map(|at| tick_of(lockstep, at));
        // What is due at a moment is so after it, and thus at the end of that tick or of the next.
        let due = due.flat_map(|tick| [tick, tick + 1]);
        Self {
            plan: Plan { experiment, workload },
            records: vec![ActionRecord::default(); planned.len()],
            planned,
            expiries: expiries.chain(due).collect(),
            gates: Gates::new(script, workload),
            habits: Habits::new(script, workload),
            chips: Chips::new(experiment, workload),
        }
    }

    /// The ticks after which there are actions or grants expire, and those that follow them: what is
    /// instructed then would expire if the next tick came only when somebody pays.
    pub(super) fn ticks(&self) -> impl Iterator<Item = u64> + '_ {
        let planned = self.planned.iter().map(|(tick, _)| *tick);
        planned.chain(self.expiries.iter().copied()).flat_map(|tick| [tick, tick + 1])
    }

    /// Begins a day, counted from 0.
    pub(super) fn begin(&mut self, day: u32) {
        self.habits.begin(day);
    }

    /// What wallets submit: nothing by front-ends that do not show them, and nothing of campaigns that
    /// have given them nothing, and nothing out of a habit that they do not have.
    pub(super) fn shown<'b>(&mut self, lists: Vec<&'b [TickItem]>) -> Vec<Cow<'b, [TickItem]>> {
        if self.gates.payments.is_empty() && self.habits.is_empty() {
            return lists.into_iter().map(Cow::Borrowed).collect();
        }
        let shown = |list: &'b [TickItem]| {
            let items = list.iter().filter(|item| self.makes(item));
            Cow::Owned(items.cloned().collect())
        };
        lists.into_iter().map(shown).collect()
    }

    fn makes(&mut self, item: &TickItem) -> bool {
        let made = self.gates.shows(item) && self.habits.makes(item);
        if made && self.gates.is_of_campaign(item.id) {
            self.habits.form(item.payer);
        }
        made
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
        let orders = match self.chips.orders(&self.plan, place, action) {
            Some(orders) => orders,
            None => self.plan.orders(place, action, engine).await?,
        };
        // Operators in their order, so that a run is the same every time.
        for (operator, orders) in orders.into_iter().enumerate() {
            if orders.is_empty() {
                continue;
            }
            let acted = engine.act(operator, &orders).await?;
            for (order, acted) in orders.iter().zip(acted) {
                self.gates.hear(order, &acted);
                if let (Order::Claim(claim), Ok(_)) = (order, &acted) {
                    self.habits.form(claim.wallet);
                }
                self.chips.hear(order, &acted);
                self.records[place].count(acted);
            }
        }
        Ok(())
    }

    /// The cards of each group, those that were replaced among them.
    pub(super) fn issued_cards(&self) -> Vec<Vec<Named>> {
        self.chips.issued()
    }

    /// What became of the actions, and how many payments of each series were not made.
    pub(super) fn finish(self) -> (Vec<ActionRecord>, Vec<u64>) {
        (self.records, self.gates.withheld)
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

impl Gates {
    fn new(script: &Script, workload: &Workload) -> Self {
        let mut gates = Self { withheld: vec![0; script.series.len()], ..Self::default() };
        for (place, series) in script.series.iter().enumerate() {
            let front_end = series.front_end.clone().map(Gate::FrontEnd);
            let campaign = series.campaign.and_then(|place| {
                let pool = workload.campaigns()[place].map(|pool| Gate::Campaign(pool.number));
                if script.campaigns[place].is_held { pool } else { Some(Gate::NotHeld) }
            });
            if front_end.is_none() && campaign.is_none() {
                continue;
            }
            let gates_of = |payment: &Planned| {
                let campaign = campaign.iter().filter(|_| payment.of_campaign);
                front_end.iter().chain(campaign).cloned().collect::<Vec<_>>()
            };
            let payments = workload.series(place).into_iter();
            let payments = payments.map(|one| (one.id, (gates_of(&one), place)));
            gates.payments.extend(payments.filter(|(_, (gates, _))| !gates.is_empty()));
        }
        gates
    }

    fn hear(&mut self, order: &Order, acted: &Acted) {
        let opened = if let Order::BindFrontEnd(binding) = order {
            Some((Gate::FrontEnd(binding.front_end.clone()), binding.wallet))
        } else if let Order::Claim(claim) = order {
            Some((Gate::Campaign(claim.campaign), claim.wallet))
        } else {
            None
        };
        self.open.extend(opened.filter(|_| acted.is_ok()));
    }

    /// Whether a payment spends money of a campaign.
    fn is_of_campaign(&self, id: PaymentId) -> bool {
        let gates = self.payments.get(&id).map(|(gates, _)| gates);
        gates.is_some_and(|gates| gates.iter().any(|gate| matches!(gate, Gate::Campaign(_))))
    }

    fn shows(&mut self, item: &TickItem) -> bool {
        let Some((gates, series)) = self.payments.get(&item.id) else { return true };
        let shown = gates.iter().all(|gate| self.open.contains(&(gate.clone(), item.payer)));
        self.withheld[*series] += u64::from(!shown);
        shown
    }
}
