//! What the central bank does with what it hears: admit, clear, refuse, and tell.

use clearing_domain::central_bank::TransferState::{
    self, Admitted, Cleared, Delivered, Funding, Queued, Refused,
};

mod admit;
mod clear;
mod clock;

use crate::bank::{Outcome, Row};
use crate::config::{Config, OPERATORS, Plan};
use crate::ids::Ids;
use crate::rule::Rule;
use crate::state::{Link, State};
use crate::wire::{ToBank, ToOperator};

/// A step of the central bank: a batch of one command, and what it will release.
pub(crate) struct Central<'a> {
    config: &'a Config,
    state: &'a mut State,
    out: [ToOperator; OPERATORS],
}

impl<'a> Central<'a> {
    pub(crate) fn new(config: &'a Config, state: &'a mut State) -> Self {
        Self { config, state, out: [ToOperator::default(); OPERATORS] }
    }

    fn plan(&self, id: usize) -> Plan {
        self.config.plans[id]
    }

    fn row(&self, id: usize) -> Option<Row> {
        self.state.bank.live.rows[id]
    }

    fn set(&mut self, id: usize, standing: TransferState) {
        let row = self.state.bank.live.rows[id].get_or_insert(Row::new(standing));
        row.standing = standing;
    }

    fn is_ready(&self, operator: usize) -> bool {
        self.state.links[operator] == Link::Ready
    }

    /// Applies a message: decisions before instructions.
    pub(crate) fn take(mut self, operator: usize, message: ToBank) {
        if message.registration {
            self.register(operator, message.settled);
        }
        message.accepted.iter().for_each(|id| self.decide(operator, id, true));
        message.rejected.iter().for_each(|id| self.decide(operator, id, false));
        message.funded.iter().for_each(|id| self.funded(id, true));
        message.declined.iter().for_each(|id| self.funded(id, false));
        message.instructions.iter().for_each(|id| self.instruct(id));
        message.forged.iter().for_each(|id| self.other_content(id));
        let acknowledged = &mut self.state.bank.live.acknowledged[operator];
        *acknowledged = acknowledged.union(message.acknowledged);
        if message.resend_complete {
            self.link_ready(operator);
        }
        self.finish();
    }

    /// A new link: everything of the one before is fenced.
    fn register(&mut self, operator: usize, settled: bool) {
        self.state.told[operator] = settled;
        self.state.links[operator] = Link::Resending;
        self.state.meets[operator] = true;
        if self.config.has(Rule::FenceFirst) {
            self.state.old[operator].to_bank.clear();
        }
        self.out[operator].roster = true;
        if self.state.operators[operator].live.behind && self.config.has(Rule::BookBeforeServing) {
            self.list_all(operator);
        }
        if !self.config.has(Rule::NoticesBeforeSettlement) {
            self.out[operator].settled = self.state.bank.live.settled(operator);
        }
    }

    /// Everything of which an operator with an old file must have a record.
    fn list_all(&mut self, operator: usize) {
        for id in self.config.ids() {
            let Some(row) = self.row(id) else { continue };
            let plan = self.plan(id);
            let cleared = matches!(row.outcome(), Some(Outcome::Cleared(_)));
            if plan.debits(operator) || (plan.payee == operator && cleared) {
                self.out[operator].known.insert(id);
                self.notify(id, operator);
            }
        }
    }

    /// Everything undecided has come again: what waited for this moment is sent.
    fn link_ready(&mut self, operator: usize) {
        self.state.links[operator] = Link::Ready;
        if !self.state.told[operator] {
            self.out[operator].settled = self.state.bank.live.settled(operator);
        }
        for id in self.config.ids() {
            let (plan, expired) = (self.plan(id), self.state.expired.contains(id));
            match self.row(id).map(|row| row.standing) {
                Some(Delivered) if plan.payee == operator && expired => {
                    self.out[operator].revokes.insert(id);
                }
                Some(Delivered) if plan.payee == operator => {
                    self.out[operator].deliveries.insert(id)
                }
                Some(Admitted) if plan.payee == operator && expired => self.refuse(id),
                Some(Admitted) if plan.payee == operator => self.deliver(id),
                Some(Funding) if plan.sponsor == Some(operator) => {
                    self.out[operator].funds.insert(id)
                }
                Some(Admitted | Delivered | Funding | Queued | Cleared | Refused) | None => {}
            }
        }
    }

    /// Commits what must not be lost, then releases.
    fn finish(mut self) {
        self.release_queue();
        if self.out.iter().any(|message| self.must_wait(message)) {
            self.state.bank.sync();
        }
        for (operator, message) in self.out.into_iter().enumerate() {
            self.state.send_to_operator(operator, message);
        }
    }

    fn must_wait(&self, message: &ToOperator) -> bool {
        let mut rest = *message;
        if !self.config.has(Rule::DurableAdmission) {
            (rest.deliveries, rest.funds) = (Ids::NONE, Ids::NONE);
        }
        if !self.config.has(Rule::NoticeAfterCommit) {
            (rest.cleared, rest.refused) = ([Ids::NONE; 2], Ids::NONE);
        }
        !rest.is_empty()
    }
}
