//! Outcomes, settlements, legs and deliveries as they reach an operator.

use clearing_domain::operator::{InboundState, PaymentState};

use crate::operator::Inbound;
use crate::rule::Rule;

use super::Local;

impl Local<'_> {
    /// An operator that gives a leg to its own payee hears the outcome for both of its sides.
    pub(super) fn cleared(&mut self, id: usize, cycle: usize) {
        let plan = self.config.plans[id];
        if plan.debits(self.operator) {
            self.leg_cleared(id, cycle);
        }
        if plan.payee == self.operator {
            self.inbound_cleared(id, cycle, plan.total());
        }
    }

    fn leg_cleared(&mut self, id: usize, cycle: usize) {
        match self.payment(id) {
            Some(PaymentState::InTransit) => self.ledger().complete(id, cycle),
            Some(PaymentState::Completed) => {}
            Some(PaymentState::Returned | PaymentState::Rejected) | None => self.alarm(),
        }
    }

    pub(super) fn inbound_cleared(&mut self, id: usize, cycle: usize, amount: i8) {
        let ledger = self.ledger();
        match ledger.inbound[id] {
            Some(Inbound::Is(InboundState::Accepted)) => ledger.uncleared -= amount,
            Some(Inbound::Is(InboundState::Held)) => ledger.wallets += amount,
            Some(Inbound::Is(InboundState::Final)) => return,
            Some(Inbound::Is(InboundState::Rejected) | Inbound::Dropped) | None => {
                return self.alarm();
            }
        }
        ledger.inbound[id] = Some(Inbound::Is(InboundState::Final));
        ledger.position_view[cycle] += amount;
    }

    pub(super) fn refused(&mut self, id: usize) {
        let plan = self.config.plans[id];
        if plan.debits(self.operator) {
            self.leg_refused(id);
        }
        if plan.payee == self.operator {
            self.inbound_refused(id);
        }
    }

    fn inbound_refused(&mut self, id: usize) {
        match self.inbound(id) {
            Some(Inbound::Is(InboundState::Held)) => {
                self.ledger().inbound[id] = Some(Inbound::Dropped)
            }
            Some(Inbound::Is(InboundState::Rejected) | Inbound::Dropped) => {}
            None if self.config.votes() => {}
            // What was refused before its delivery is told to those alone who gave a leg.
            None if self.config.plans[id].debits(self.operator) => {}
            Some(Inbound::Is(InboundState::Accepted | InboundState::Final)) | None => self.alarm(),
        }
    }

    fn leg_refused(&mut self, id: usize) {
        let plan = self.config.plans[id];
        match self.payment(id) {
            Some(PaymentState::InTransit) if self.config.has(Rule::ReturnIsNeverRefused) => {
                self.ledger().give_back(id)
            }
            // A sponsor that was never asked, or would not, has nothing to give back.
            None if plan.payer == self.operator => self.alarm(),
            Some(PaymentState::InTransit | PaymentState::Returned | PaymentState::Rejected)
            | None => {}
            Some(PaymentState::Completed) => self.alarm(),
        }
    }

    pub(super) fn settle(&mut self, settled: i8) {
        let ledger = self.ledger();
        if ledger.settled {
            return;
        }
        ledger.settled = true;
        let rest = ledger.position_view[0] - settled;
        ledger.held_view += settled;
        ledger.position_view[0] = rest;
        if rest != 0 {
            self.alarm();
        }
    }

    /// The sponsor holds its leg or declines, once.
    pub(super) fn fund(&mut self, id: usize, declines: bool) {
        match self.payment(id) {
            None if declines => self.ledger().payments[id] = Some(PaymentState::Rejected),
            None => self.ledger().hold(id),
            Some(_) => {}
        }
        match self.payment(id) {
            Some(PaymentState::InTransit) => self.out.funded.insert(id),
            Some(PaymentState::Rejected) => self.out.declined.insert(id),
            Some(PaymentState::Completed | PaymentState::Returned) | None => {}
        }
    }

    pub(super) fn deliver(&mut self, id: usize, rejects: bool) {
        let known = self.inbound(id).is_some() && self.config.has(Rule::DecisionsAreRecorded);
        match (known, rejects) {
            (true, _) => {}
            (false, true) => self.ledger().inbound[id] = Some(Inbound::Is(InboundState::Rejected)),
            (false, false) if self.config.votes() => {
                self.ledger().inbound[id] = Some(Inbound::Is(InboundState::Held))
            }
            (false, false) => {
                let total = self.config.plans[id].total();
                self.ledger().credit(id, total);
            }
        }
        self.say_decision(id);
    }

    pub(super) fn revoke(&mut self, id: usize) {
        if self.inbound(id).is_none() {
            if !self.config.has(Rule::RevokeWritesRow) {
                return self.out.rejected.insert(id);
            }
            self.ledger().inbound[id] = Some(Inbound::Is(InboundState::Rejected));
        }
        self.say_decision(id);
    }

    pub(super) fn say_decision(&mut self, id: usize) {
        self.state.operators[self.operator].live.say_decision(id, &mut self.out);
    }
}
