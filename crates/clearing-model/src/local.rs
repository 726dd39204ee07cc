//! What an operator does with what it hears: decide, apply outcomes, and say again.

mod apply;

use clearing_domain::operator::{LinkPhase, PaymentState};

use crate::config::Config;
use crate::ids::Ids;
use crate::operator::{Inbound, Operator};
use crate::rule::Rule;
use crate::state::State;
use crate::wire::{ToBank, ToOperator};

/// A step of an operator: a batch of one command, and what it will release.
pub(crate) struct Local<'a> {
    config: &'a Config,
    state: &'a mut State,
    operator: usize,
    out: ToBank,
    /// Instructions that leave in a message before the others.
    first: Ids,
}

impl<'a> Local<'a> {
    pub(crate) fn new(config: &'a Config, state: &'a mut State, operator: usize) -> Self {
        Self { config, state, operator, out: ToBank::default(), first: Ids::NONE }
    }

    fn ledger(&mut self) -> &mut Operator {
        &mut self.state.operators[self.operator].live
    }

    fn payment(&self, id: usize) -> Option<PaymentState> {
        self.state.operators[self.operator].live.payments[id]
    }

    fn inbound(&self, id: usize) -> Option<Inbound> {
        self.state.operators[self.operator].live.inbound[id]
    }

    fn alarm(&mut self) {
        self.state.seen.alarm = true;
    }

    /// A client submits a payment.
    pub(crate) fn submit(mut self, id: usize) {
        self.ledger().hold(id);
        if self.config.has(Rule::ReplyAfterCommit) {
            self.out.instructions.insert(id);
            let replies = self.config.has(Rule::InstructAfterCommit);
            self.finish(replies);
        } else {
            self.state.seen.promised.insert(id);
        }
    }

    /// A payer's operator that lost patience.
    pub(crate) fn give_up(mut self, id: usize) {
        self.ledger().give_back(id);
        self.finish(false);
    }

    /// Applies a message. Of the deliveries and legs that are new it refuses the given ones.
    pub(crate) fn take(mut self, message: ToOperator, refuses: Ids) {
        let finished = self.ledger().finished();
        if message.roster {
            self.state.phases[self.operator] = LinkPhase::Up;
            message.known.iter().for_each(|id| self.book(id));
            self.ledger().behind = false;
        }
        for (cycle, ids) in message.cleared.into_iter().enumerate() {
            ids.iter().for_each(|id| self.cleared(id, cycle));
        }
        message.refused.iter().for_each(|id| self.refused(id));
        if let Some(settled) = message.settled {
            self.settle(settled);
        }
        message.funds.iter().for_each(|id| self.fund(id, refuses.contains(id)));
        message.deliveries.iter().for_each(|id| self.deliver(id, refuses.contains(id)));
        message.revokes.iter().for_each(|id| self.revoke(id));
        if message.roster {
            self.resend();
        }
        if self.config.forgets && !self.config.has(Rule::AcknowledgementAfterCommit) {
            let news = self.ledger().finished().without(finished);
            self.out.acknowledged = self.out.acknowledged.union(news);
        }
        self.finish(false);
    }

    /// Books a payment that an old file lacks, whatever the balance.
    fn book(&mut self, id: usize) {
        let plan = self.config.plans[id];
        if plan.debits(self.operator) && self.payment(id).is_none() {
            self.ledger().hold(id);
        } else if plan.payee == self.operator && self.inbound(id).is_none() {
            self.ledger().credit(id, plan.total());
        }
    }

    fn resend(&mut self) {
        if !self.config.has(Rule::ResendAfterRegistration) {
            self.out.resend_complete = true;
            return;
        }
        self.out = self.state.operators[self.operator].live.resend(self.config, self.operator);
        if !self.config.has(Rule::DecisionsBeforeInstructions) {
            self.first = std::mem::take(&mut self.out.instructions);
        }
    }

    /// Starts a new link.
    pub(crate) fn register(mut self) {
        self.state.phases[self.operator] = LinkPhase::Registering;
        self.sync();
        let settled = self.ledger().settled;
        let message = ToBank { registration: true, settled, ..ToBank::default() };
        self.state.send_to_bank(self.operator, message);
    }

    /// Everything written is synced, for whatever reason.
    pub(crate) fn sync_now(mut self) {
        self.sync();
        self.release();
    }

    fn sync(&mut self) {
        let disk = self.state.operators[self.operator].disk;
        self.state.operators[self.operator].sync();
        let live = *self.ledger();
        let payers = |id: &usize| self.config.plans[*id].payer == self.operator;
        let promised: Ids = live.submitted().iter().filter(payers).collect();
        if !self.config.has(Rule::ReplyAfterCommit) {
            self.out.instructions = self.out.instructions.union(promised.without(disk.submitted()));
        }
        self.state.seen.promised = self.state.seen.promised.union(promised);
        if self.config.forgets {
            self.out.acknowledged =
                self.out.acknowledged.union(live.finished().without(disk.finished()));
        }
    }

    /// Commits what must not be lost, then releases. Without a link nothing is said.
    fn finish(mut self, replies: bool) {
        let up = self.state.phases[self.operator] == LinkPhase::Up;
        if replies || (up && self.must_wait()) {
            self.sync();
        }
        self.release();
    }

    fn must_wait(&self) -> bool {
        let mut rest = self.out;
        if !self.config.has(Rule::InstructAfterCommit) {
            rest.instructions = Ids::NONE;
        }
        if !self.config.has(Rule::DecisionAfterCommit) {
            (rest.accepted, rest.rejected) = (Ids::NONE, Ids::NONE);
        }
        if !self.config.has(Rule::FundedAfterCommit) {
            (rest.funded, rest.declined) = (Ids::NONE, Ids::NONE);
        }
        if !self.config.has(Rule::AcknowledgementAfterCommit) {
            rest.acknowledged = Ids::NONE;
        }
        !rest.is_empty()
    }

    fn release(self) {
        if self.state.phases[self.operator] == LinkPhase::Up {
            self.state.send_to_bank(
                self.operator,
                ToBank { instructions: self.first, ..ToBank::default() },
            );
            self.state.send_to_bank(self.operator, self.out);
        }
    }
}
