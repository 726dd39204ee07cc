//! The payments of a day as ordered lists by operator and tick.

use clearing_domain::Lockstep;
use clearing_domain::money::{Amount, OperatorCode, PaymentId, Timestamp, Total, WalletNumber};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;

/// A payment before it has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// The place of the payer's operator in the configuration.
    pub(super) operator: u16,
    pub(super) at: Timestamp,
    /// Decides between payments of the same time.
    pub(super) order: u64,
    pub(super) payer: WalletNumber,
    pub(super) payee: WalletNumber,
    pub(super) amount: Amount,
}

/// The payments of a business day by operator, each list in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySchedule {
    lists: Vec<Vec<TickItem>>,
    /// What listed payments are called in their list.
    references: Vec<(PaymentId, String)>,
    /// The listed payments that go before normal ones in a queue.
    priorities: Vec<(PaymentId, Priority)>,
}

/// The tick that a time falls into; one on the end of a tick belongs to the next.
pub fn tick_of(lockstep: &Lockstep, at: Timestamp) -> u64 {
    let ticks = (at.ms() - lockstep.start.ms()).div_euclid(lockstep.tick_ms) + 1;
    u64::try_from(ticks).unwrap_or_default()
}

impl DaySchedule {
    /// Orders the payments of a day and gives each its id: by seed, operator and a sequence that
    /// no other day of the run has.
    pub(super) fn new(
        seed: u64,
        day: u32,
        operators: &[OperatorCode],
        mut drafts: Vec<Draft>,
    ) -> Self {
        drafts.sort_unstable_by_key(|draft| (draft.operator, draft.at, draft.order));
        let mut lists: Vec<Vec<TickItem>> = vec![Vec::new(); operators.len()];
        for Draft { operator, at, payer, payee, amount, .. } in drafts {
            let list = &mut lists[usize::from(operator)];
            let sequence = u64::from(day) << 32 | (list.len() as u64 + 1);
            let id = PaymentId::in_run(seed, operators[usize::from(operator)], sequence);
            list.push(TickItem { id, payer, payee, amount, at });
        }
        Self { lists, ..Self::default() }
    }

    /// A day on which nobody pays, for so many operators.
    pub(super) fn empty(operators: usize) -> Self {
        Self { lists: vec![Vec::new(); operators], ..Self::default() }
    }

    /// Adds the next payment of a list, which has its id and comes in the order of time.
    pub(super) fn list(
        &mut self,
        operator: u16,
        item: TickItem,
        priority: Priority,
        reference: String,
    ) {
        self.lists[usize::from(operator)].push(item);
        self.references.push((item.id, reference));
        if priority != Priority::default() {
            self.priorities.push((item.id, priority));
        }
    }

    /// How many payments the day has.
    pub fn payments(&self) -> usize {
        self.lists.iter().map(Vec::len).sum()
    }

    /// What they are worth together.
    pub fn value(&self) -> Total {
        self.lists.iter().flatten().map(|item| item.amount).sum()
    }

    /// The payments of each operator, in the order of the configuration.
    pub fn lists(&self) -> &[Vec<TickItem>] {
        &self.lists
    }

    /// The listed payments that go before normal ones in a queue.
    pub fn priorities(&self) -> &[(PaymentId, Priority)] {
        &self.priorities
    }

    /// Hands over what listed payments are called in their list; there is nothing left of it then.
    pub fn take_references(&mut self) -> Vec<(PaymentId, String)> {
        std::mem::take(&mut self.references)
    }

    /// The ticks in which somebody pays, ascending.
    pub fn ticks(&self, lockstep: &Lockstep) -> Vec<u64> {
        let mut ticks: Vec<u64> = self
            .lists
            .iter()
            .flat_map(|list| {
                list.chunk_by(|left, right| {
                    tick_of(lockstep, left.at) == tick_of(lockstep, right.at)
                })
                .map(|chunk| tick_of(lockstep, chunk[0].at))
            })
            .collect();
        ticks.sort_unstable();
        ticks.dedup();
        ticks
    }

    /// What each operator is given in a tick.
    pub fn of_tick(&self, lockstep: &Lockstep, tick: u64) -> Vec<&[TickItem]> {
        let slice = |list: &Vec<TickItem>| {
            let from = list.partition_point(|item| tick_of(lockstep, item.at) < tick);
            let to = from + list[from..].partition_point(|item| tick_of(lockstep, item.at) == tick);
            from..to
        };
        self.lists.iter().map(|list| &list[slice(list)]).collect()
    }
}
