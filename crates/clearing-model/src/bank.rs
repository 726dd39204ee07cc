//! The central bank's ledger: transfers, positions and what is held for operators.

use clearing_domain::central_bank::TransferState;

use crate::config::{Config, OPERATORS, PAYMENTS};
use crate::ids::Ids;
use crate::rule::Rule;

/// A transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// Where it stands.
    pub standing: TransferState,
    /// The cycle it was cleared in.
    pub cycle: u8,
    /// The sponsor holds its leg.
    pub funded: bool,
    /// The payee's operator accepted before the sponsor answered.
    pub accepted: bool,
}

/// The final outcome of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Cleared in a cycle.
    Cleared(usize),
    /// Refused.
    Refused,
}

/// The central bank's ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bank {
    /// The transfers known.
    pub rows: [Option<Row>; PAYMENTS],
    /// What is held for each operator.
    pub held: [i8; OPERATORS],
    /// Cleared and not settled, by cycle.
    pub position: [[i8; OPERATORS]; 2],
    /// The open cycle.
    pub cycle: u8,
    /// What the first cycle settled to.
    pub settled: Option<[i8; OPERATORS]>,
    /// Payments that it heard accepted, for the checker.
    pub accepted: Ids,
    /// Payments that it heard rejected, for the checker.
    pub rejected: Ids,
    /// Outcomes that each operator acknowledged.
    pub acknowledged: [Ids; OPERATORS],
}

impl Row {
    /// A new row.
    pub const fn new(standing: TransferState) -> Self {
        Self { standing, cycle: 0, funded: false, accepted: false }
    }

    /// The outcome, when it is final.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.standing {
            TransferState::Cleared => Some(Outcome::Cleared(usize::from(self.cycle))),
            TransferState::Refused => Some(Outcome::Refused),
            TransferState::Admitted
            | TransferState::Delivered
            | TransferState::Queued
            | TransferState::Funding => None,
        }
    }
}

impl Bank {
    /// Cleared and unsettled over all cycles; negative is owed.
    pub fn unsettled(&self, operator: usize) -> i8 {
        self.position.iter().map(|cycle| cycle[operator]).sum()
    }

    /// What an operator is to be told of the settlement; nothing when nothing moved.
    pub fn settled(&self, operator: usize) -> Option<i8> {
        self.settled.map(|settled| settled[operator]).filter(|moved| *moved != 0)
    }

    /// Whether a row counts against those who pay it.
    fn is_admitted(&self, config: &Config, id: usize) -> bool {
        let standing = self.rows[id].map(|row| row.standing);
        let counts = |standing: TransferState| {
            matches!(
                standing,
                TransferState::Admitted | TransferState::Delivered | TransferState::Funding
            )
        };
        !config.votes() && standing.is_some_and(counts)
    }

    /// Admitted and undecided payments of an operator.
    pub fn outstanding(&self, config: &Config, operator: usize) -> i8 {
        let admitted = config.ids().filter(|id| self.is_admitted(config, *id));
        admitted.map(|id| i8::from(config.plans[id].owes(operator))).sum()
    }

    fn inflow(&self, config: &Config, operator: usize) -> i8 {
        let admitted = config.ids().filter(|id| self.is_admitted(config, *id));
        admitted
            .filter(|id| config.plans[*id].payee == operator)
            .map(|id| config.plans[id].total())
            .sum()
    }

    /// Whether an operator's cap covers one more leg.
    pub fn has_headroom(&self, config: &Config, operator: usize) -> bool {
        let counts_inflow = !config.has(Rule::OnlyClearedInflowGivesHeadroom);
        let inflow = if counts_inflow { self.inflow(config, operator) } else { 0 };
        let free =
            |cap: i8| cap + self.unsettled(operator) + inflow - self.outstanding(config, operator);
        config.caps[operator].is_none_or(|cap| free(cap) >= 1)
    }

    /// Whether every cap is kept when these payments clear together.
    pub fn covers_together(&self, config: &Config, ids: Ids) -> bool {
        let change = |operator: usize| -> i8 {
            let plans = ids.iter().map(|id| &config.plans[id]);
            plans
                .map(|plan| i8::from(plan.payee == operator) - i8::from(plan.payer == operator))
                .sum()
        };
        let kept = |operator: usize| {
            config.caps[operator]
                .is_none_or(|cap| cap + self.unsettled(operator) + change(operator) >= 0)
        };
        (0..config.operators).all(kept)
    }

    /// Moves the money of a transfer.
    pub fn clear(&mut self, config: &Config, id: usize) {
        let plan = &config.plans[id];
        let position = &mut self.position[usize::from(self.cycle)];
        position[plan.payer] -= 1;
        position[plan.payee] += plan.total();
        if let Some(sponsor) = plan.sponsor {
            position[sponsor] -= 1;
        }
    }
}
