//! The payments of a day as ordered lists by operator.

use clearing_domain::money::{Amount, OperatorCode, PaymentId, Timestamp, WalletNumber};
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

/// The payments of a business day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySchedule {
    /// Those of each operator in the order of the configuration, each list in the order of time.
    pub lists: Vec<Vec<TickItem>>,
    /// What listed payments are called in their list.
    pub references: Vec<(PaymentId, String)>,
    /// The listed payments that go before normal ones in a queue.
    pub priorities: Vec<(PaymentId, Priority)>,
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
        // The three together are distinct, so an unstable sort gives one order.
        drafts.sort_unstable_by_key(|draft| (draft.operator, draft.at, draft.order));
        let mut lists: Vec<Vec<TickItem>> = vec![Vec::new(); operators.len()];
        for Draft { operator, at, payer, payee, amount, .. } in drafts {
            let list = &mut lists[usize::from(operator)];
            // The day is the high half: ids of one day cannot meet those of another, however many
            // payments it has.
            let sequence = u64::from(day) << 32 | (list.len() as u64 + 1);
            let id = PaymentId::in_run(seed, operators[usize::from(operator)], sequence);
            list.push(TickItem { id, payer, payee, amount, at, details: None });
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
        self.references.push((item.id, reference));
        if priority != Priority::default() {
            self.priorities.push((item.id, priority));
        }
        self.lists[usize::from(operator)].push(item);
    }

    /// How many payments the day has.
    pub fn payments(&self) -> usize {
        self.lists.iter().map(Vec::len).sum()
    }
}
