//! An operator's ledger: the payments of its wallets, the transfers into them, and its books.

use clearing_domain::operator::{InboundState, PaymentState};

use crate::config::{Config, PAYMENTS};
use crate::ids::Ids;
use crate::wire::ToBank;

/// Where a transfer into a wallet stands at the payee's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inbound {
    /// As without offsetting.
    Is(InboundState),
    /// Final: held, then refused by the central bank.
    Dropped,
}

/// An operator's ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Operator {
    /// Payments of its wallets and legs it sponsors.
    pub payments: [Option<PaymentState>; PAYMENTS],
    /// Transfers into its wallets.
    pub inbound: [Option<Inbound>; PAYMENTS],
    /// What its wallets hold.
    pub wallets: i8,
    /// Debited from wallets, outcome unknown.
    pub in_transit: i8,
    /// Credited to wallets, not told cleared.
    pub uncleared: i8,
    /// Its own view of what the central bank holds for it.
    pub held_view: i8,
    /// Its own view of its position, by cycle.
    pub position_view: [i8; 2],
    /// The settlement of the first cycle is applied.
    pub settled: bool,
    /// Its file is an old copy, and what is missing has not been booked.
    pub behind: bool,
}

impl Operator {
    /// A ledger whose wallets hold what is held for it.
    pub fn open(opening: i8) -> Self {
        Self { wallets: opening, held_view: opening, ..Self::default() }
    }

    /// `held_view + position_view + uncleared = wallets + in transit`.
    pub fn is_balanced(&self) -> bool {
        let position: i8 = self.position_view.iter().sum();
        self.held_view + position + self.uncleared == self.wallets + self.in_transit
    }

    /// Debits a leg into transit.
    pub fn hold(&mut self, id: usize) {
        self.payments[id] = Some(PaymentState::InTransit);
        self.wallets -= 1;
        self.in_transit += 1;
    }

    /// Gives a leg back.
    pub fn give_back(&mut self, id: usize) {
        self.payments[id] = Some(PaymentState::Returned);
        self.in_transit -= 1;
        self.wallets += 1;
    }

    /// Moves a leg from transit to the position of a cycle.
    pub fn complete(&mut self, id: usize, cycle: usize) {
        self.payments[id] = Some(PaymentState::Completed);
        self.in_transit -= 1;
        self.position_view[cycle] -= 1;
    }

    /// Credits a wallet against uncleared inflow.
    pub fn credit(&mut self, id: usize, amount: i8) {
        self.inbound[id] = Some(Inbound::Is(InboundState::Accepted));
        self.wallets += amount;
        self.uncleared += amount;
    }

    /// Payments and transfers whose outcome is applied.
    pub fn finished(&self) -> Ids {
        let inbound = |id: &usize| self.inbound[*id] == Some(Inbound::Is(InboundState::Final));
        let paid = |id: &usize| self.payments[*id].is_some_and(PaymentState::is_final);
        (0..PAYMENTS).filter(|id| inbound(id) || paid(id)).collect()
    }

    /// Payments of its clients, which it must not lose.
    pub fn submitted(&self) -> Ids {
        (0..PAYMENTS).filter(|id| self.payments[*id].is_some()).collect()
    }

    /// Adds the recorded decision on a delivery to a message.
    pub fn say_decision(&self, id: usize, message: &mut ToBank) {
        match self.inbound[id] {
            Some(Inbound::Is(InboundState::Rejected)) => message.rejected.insert(id),
            Some(
                Inbound::Is(InboundState::Accepted | InboundState::Final)
                | Inbound::Is(InboundState::Held)
                | Inbound::Dropped,
            ) => {
                message.accepted.insert(id);
            }
            None => {}
        }
    }

    /// All that the central bank may not have heard.
    pub fn resend(&self, config: &Config, number: usize) -> ToBank {
        let mut message = ToBank { resend_complete: true, ..ToBank::default() };
        for (id, plan) in config.plans.iter().enumerate() {
            if matches!(
                self.inbound[id],
                Some(Inbound::Is(InboundState::Accepted) | Inbound::Is(InboundState::Held))
            ) {
                self.say_decision(id, &mut message);
            }
            if self.payments[id] == Some(PaymentState::InTransit) {
                let asked = if plan.payer == number {
                    &mut message.instructions
                } else {
                    &mut message.funded
                };
                asked.insert(id);
            }
        }
        if config.forgets {
            message.acknowledged = self.finished();
        }
        message
    }
}
