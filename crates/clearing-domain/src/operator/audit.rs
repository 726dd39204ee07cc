//! What must hold in every operator's ledger, computed again from its rows.

use crate::money::{Position, Total};
use crate::seal::{BatchHasher, BatchSeal, Invariant};
use crate::slots::Slot;

use super::accounts::Account;
use super::ledger::OperatorLedger;
use super::payment::{InboundState, PaymentState};
use super::slot::{EventSlot, InboundSlot, PaymentSlot};

impl OperatorLedger {
    /// Checks every invariant of the ledger against its rows and the stored seals.
    pub fn audit(&self, seals: &[BatchSeal]) -> Vec<Invariant> {
        let mut invariants = self.audit_in_memory();
        invariants.push(self.check_chain(seals));
        invariants.push(self.check_beside());
        invariants
    }

    /// Checks what needs no seals.
    pub fn audit_in_memory(&self) -> Vec<Invariant> {
        let wallets = self.wallets.iter().map(|wallet| wallet.balance).sum();
        let in_transit =
            self.payments.iter().filter(|payment| payment.state == PaymentState::InTransit);
        let in_transit = in_transit.map(|payment| payment.amount).sum();
        let reserved = self.wallets.iter().map(|wallet| wallet.in_transit).sum();
        let uncleared =
            self.inbound.iter().filter(|inbound| inbound.state == InboundState::Accepted);
        let uncleared = uncleared.map(|inbound| inbound.amount).sum();
        let withdrawing = self.link.withdrawing.iter().map(|(_, amount)| *amount).sum();
        vec![
            self.check_books(),
            self.check_account("wallets", Account::Wallets, wallets),
            self.check_account("in transit", Account::InTransit, in_transit),
            self.check_account("in transit by wallet", Account::InTransit, reserved),
            self.check_account("uncleared inflow", Account::Uncleared, uncleared),
            self.check_account("withdrawing", Account::Withdrawing, withdrawing),
            self.check_stock(),
            self.check_room(),
        ]
    }

    /// Assets equal liabilities: the equation of money in one file.
    fn check_books(&self) -> Invariant {
        let imbalance = self.accounts.imbalance();
        let detail = Account::FIXED
            .into_iter()
            .map(|account| (account.name(), self.accounts.balance(account)))
            .filter(|(_, balance)| !balance.is_zero())
            .map(|(name, balance)| format!("{name} {balance}"));
        let position: Total = self.accounts.positions().map(|(_, position)| position).sum();
        let detail = detail.chain([format!("position {position}")]).collect::<Vec<_>>().join(", ");
        Invariant::new(
            "books balance",
            imbalance.is_zero(),
            format!("{detail}; difference {imbalance}"),
        )
    }

    fn check_account(&self, name: &'static str, account: Account, computed: Total) -> Invariant {
        let stored = self.accounts.balance(account);
        Invariant::new(
            name,
            Total::from(stored) == computed,
            format!("account {stored}, sum of rows {computed}"),
        )
    }

    fn check_stock(&self) -> Invariant {
        let [stock, deposits] =
            [Account::Stock, Account::OtherDeposits].map(|account| self.accounts.balance(account));
        let ok = stock >= Position::ZERO && deposits >= Position::ZERO;
        Invariant::new(
            "nothing to distribute is negative",
            ok,
            format!("stock {stock}, other deposits {deposits}"),
        )
    }

    /// Room held in wallets is what waits for cover elsewhere.
    fn check_room(&self) -> Invariant {
        let waiting = self.inbound.iter().filter(|inbound| inbound.state == InboundState::Held);
        let waiting: Total = waiting.map(|inbound| inbound.amount).sum();
        #[expect(clippy::disallowed_methods, reason = "a sum is the same in any order")]
        let room: Total = self.held_room.values().copied().sum();
        Invariant::new(
            "room held for queued payments",
            room == waiting,
            format!("room {room}, sum of rows {waiting}"),
        )
    }

    /// Computes the hash of every batch again.
    fn check_chain(&self, seals: &[BatchSeal]) -> Invariant {
        let mut hasher = BatchHasher::default();
        let mut cursor = Cursor::default();
        crate::seal::check_chain(seals, self.chain, |previous, seal| {
            self.hash_rows(&mut cursor, seal.last_row, &mut hasher);
            hasher.seal(previous, seal.batch, seal.beside.as_ref())
        })
    }

    /// Adds the rows of a batch in the order they were sealed in.
    fn hash_rows(&self, cursor: &mut Cursor, last_row: u64, hasher: &mut BatchHasher) {
        while self
            .events
            .get(EventSlot::from_place(cursor.event))
            .is_some_and(|event| event.row <= last_row)
        {
            hasher.row(&self.event_row(EventSlot::from_place(cursor.event)));
            cursor.event += 1;
        }
        while self
            .payments
            .get(PaymentSlot::from_place(cursor.payment))
            .is_some_and(|payment| payment.row <= last_row)
        {
            hasher.row(&self.payment_row(PaymentSlot::from_place(cursor.payment)));
            cursor.payment += 1;
        }
        while self
            .inbound
            .get(InboundSlot::from_place(cursor.inbound))
            .is_some_and(|inbound| inbound.row <= last_row)
        {
            hasher.row(&self.inbound[InboundSlot::from_place(cursor.inbound)]);
            cursor.inbound += 1;
        }
        if cursor.outcomes.is_empty() && self.chain.row > 0 {
            cursor.outcomes = self.outcomes();
        }
        while cursor.outcomes.get(cursor.outcome).is_some_and(|outcome| outcome.row <= last_row) {
            hasher.row(&cursor.outcomes[cursor.outcome]);
            cursor.outcome += 1;
        }
    }

    /// Every outcome row in ascending order.
    fn outcomes(&self) -> Vec<super::payment::OutcomeRow> {
        let payments = self.payments.iter().filter_map(|payment| payment.outcome());
        let mut outcomes: Vec<_> =
            payments.chain(self.inbound.iter().filter_map(|inbound| inbound.outcome())).collect();
        outcomes.sort_unstable_by_key(|outcome| outcome.row);
        outcomes
    }

    /// The money of wallets, stock and what is under way: what the operator owes.
    pub fn owed(&self) -> Total {
        [Account::Wallets, Account::Stock, Account::Withdrawing, Account::InTransit]
            .map(|account| self.accounts.balance(account))
            .into_iter()
            .sum()
    }
}

#[derive(Default)]
struct Cursor {
    event: usize,
    payment: usize,
    inbound: usize,
    outcome: usize,
    outcomes: Vec<super::payment::OutcomeRow>,
}
