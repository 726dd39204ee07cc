//! A ledger from its file: balances are what the rows say, in the order they were appended.

use thiserror::Error;

use crate::link::RosterEntry;
use crate::money::{Amount, Position, RequestKey, Total, WalletNumber};
use crate::seal::Chain;

use super::accounts::Account;
use super::changes::OperatorChanges;
use super::index::RequestRef;
use super::ledger::{OperatorLedger, OperatorSettings};
use super::limits::WalletClass;
use super::link::LinkState;
use super::lockstep::TickState;
use super::payment::{
    Inbound, InboundState, OutcomeRow, Payment, PaymentState, WalletEvent, WalletEventKind,
};
use super::slot::{InboundSlot, PaymentSlot, WalletSlot};
use super::statement::EntrySource;
use super::wallet::{Holder, WalletStatus};

/// What a ledger file holds, each list in ascending order of its rows.
#[derive(Debug, Default)]
pub struct LoadedOperator {
    /// Wallets in the order they were opened.
    pub wallets: Vec<(WalletNumber, Holder)>,
    /// Wallet events with their wallets.
    pub events: Vec<(WalletNumber, WalletEvent)>,
    /// Payments as appended, with their payers.
    pub payments: Vec<(WalletNumber, Payment)>,
    /// Transfers as appended.
    pub inbound: Vec<Inbound>,
    /// Outcomes of payments and transfers.
    pub outcomes: Vec<OutcomeRow>,
    /// The stored balances of the accounts.
    pub accounts: Vec<(Account, Position)>,
    /// The link.
    pub link: LinkState,
    /// The ticks.
    pub tick: TickState,
    /// The operators known.
    pub roster: Vec<RosterEntry>,
    /// The hash chain.
    pub chain: Chain,
    /// The digest of the file's own texts.
    pub file: [u8; 32],
}

/// Why the rows of a file cannot be the history of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// A row speaks of a wallet that was never opened.
    #[error("row {row} names wallet {wallet}, which was never opened")]
    WalletUnknown {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A row debits more than the wallet held, or credits beyond what any sum can be.
    #[error("row {row} leaves wallet {wallet} with {balance} yuan")]
    Balance {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
        /// What it would hold.
        balance: Total,
    },
    /// An outcome has no record in flight.
    #[error("row {row} is the outcome of row {of}, which is not in flight")]
    Outcome {
        /// The row.
        row: u64,
        /// The record it names.
        of: u64,
    },
    /// Something that is not in transit is said to wait for cover.
    #[error("row {0} is said to wait for cover, but is no payment in transit")]
    Queued(u64),
    /// A record carries what its state does not have.
    #[error("row {row} gives a reason for what was not refused")]
    Reason {
        /// The row.
        row: u64,
    },
    /// A wallet has no row of its opening.
    #[error("wallet {0} is kept, but no row opened it")]
    NeverOpened(WalletNumber),
    /// A row is missing, doubled or out of order.
    #[error("row {found} follows row {previous}")]
    Order {
        /// The row before.
        previous: u64,
        /// The row found.
        found: u64,
    },
}

impl OperatorLedger {
    /// Builds the ledger again from what its file holds.
    pub fn restore(
        settings: OperatorSettings,
        loaded: LoadedOperator,
    ) -> Result<Self, RestoreError> {
        let mut ledger = Self::empty(settings);
        ledger.reserve(&loaded);
        (ledger.link, ledger.tick, ledger.roster) = (loaded.link, loaded.tick, loaded.roster);
        for (account, balance) in loaded.accounts {
            ledger.accounts.load(account, balance);
        }
        let mut holders = loaded.wallets.into_iter();
        let mut events = loaded.events.into_iter().peekable();
        let mut payments = loaded.payments.into_iter().peekable();
        let mut inbound = loaded.inbound.into_iter().peekable();
        let mut outcomes = loaded.outcomes.into_iter().peekable();
        loop {
            let heads = [
                events.peek().map_or(u64::MAX, |(_, event)| event.row),
                payments.peek().map_or(u64::MAX, |(_, payment)| payment.row),
                inbound.peek().map_or(u64::MAX, |inbound| inbound.row),
                outcomes.peek().map_or(u64::MAX, |outcome| outcome.row),
            ];
            let Some((kind, row)) = heads.into_iter().enumerate().min_by_key(|(_, row)| *row)
            else {
                break;
            };
            if row == u64::MAX {
                break;
            }
            ledger.restore_order(row)?;
            match kind {
                0 => ledger.restore_event(events.next(), &mut holders)?,
                1 => ledger.restore_payment(payments.next())?,
                2 => ledger.restore_inbound(inbound.next())?,
                _ => ledger.restore_outcome(outcomes.next())?,
            }
        }
        if let Some((wallet, _)) = holders.next() {
            return Err(RestoreError::NeverOpened(wallet));
        }
        ledger.restore_order(loaded.chain.row + 1)?;
        ledger.restore_queued()?;
        (ledger.chain, ledger.file) = (loaded.chain, loaded.file);
        ledger.changes = OperatorChanges::default();
        Ok(ledger)
    }

    /// Marks the payments that waited for cover when the last batch was written.
    fn restore_queued(&mut self) -> Result<(), RestoreError> {
        for row in self.link.queued.iter() {
            let slot = self.payments.binary_search_by_key(&row, |payment| payment.row).ok();
            let payment = slot.and_then(|slot| self.payments.get_mut(slot));
            let payment = payment.filter(|payment| payment.state == PaymentState::InTransit);
            payment.ok_or(RestoreError::Queued(row))?.queued = true;
            self.unanswered -= 1;
        }
        Ok(())
    }

    /// Spares the indexes growing on the way.
    fn reserve(&mut self, loaded: &LoadedOperator) {
        let named = loaded.events.iter().filter(|(_, event)| event.request_id.is_some()).count();
        self.payment_index.reserve(loaded.payments.len());
        self.inbound_index.reserve(loaded.inbound.len());
        self.requests.reserve(loaded.payments.len() + named);
    }

    fn restore_order(&mut self, row: u64) -> Result<(), RestoreError> {
        let previous = self.chain.row;
        if row != previous + 1 {
            return Err(RestoreError::Order { previous, found: row });
        }
        self.chain.row = row;
        Ok(())
    }

    fn restore_event(
        &mut self,
        event: Option<(WalletNumber, WalletEvent)>,
        holders: &mut impl Iterator<Item = (WalletNumber, Holder)>,
    ) -> Result<(), RestoreError> {
        let Some((number, mut event)) = event else { return Ok(()) };
        let unknown = RestoreError::WalletUnknown { row: event.row, wallet: number };
        let class = WalletClass::new(event.class).ok_or_else(|| unknown.clone())?;
        if event.kind == WalletEventKind::Opened {
            let (_, holder) = holders
                .next()
                .filter(|(held, _)| *held == number)
                .ok_or_else(|| unknown.clone())?;
            if number.serial() != self.slots.next_serial(number.kind().digit()) {
                return Err(unknown);
            }
            self.append_wallet(number, class, holder, event.at);
        }
        let slot = self.slot_of(number).ok_or(unknown)?;
        event.wallet = slot;
        self.pass(event.at);
        let (row, source, amount) = (event.row, self.events.next_slot(), event.amount);
        if let Some(request_id) = &event.request_id {
            let scope = (event.kind != WalletEventKind::Opened).then_some(number);
            let key = scope.map_or_else(
                || RequestKey::without_wallet(request_id),
                |number| RequestKey::new(number, request_id),
            );
            self.requests.insert(&key, RequestRef::Event(source));
        }
        let kind = event.kind;
        self.events.push(event);
        let wallet = &mut self.wallets[slot];
        match kind {
            WalletEventKind::Opened => {}
            WalletEventKind::ExchangedOut => self.restore_balance(
                row,
                slot,
                amount.position(),
                Some(EntrySource::ExchangedOut(source)),
            )?,
            WalletEventKind::ExchangedBack => {
                self.restore_balance(
                    row,
                    slot,
                    -amount.position(),
                    Some(EntrySource::ExchangedBack(source)),
                )?;
            }
            WalletEventKind::Frozen => wallet.status = WalletStatus::Frozen,
            WalletEventKind::MadeReceiveOnly => wallet.status = WalletStatus::ReceiveOnly,
            WalletEventKind::Unfrozen => wallet.status = WalletStatus::Normal,
            WalletEventKind::Upgraded => wallet.class = class,
            WalletEventKind::Closed => {
                wallet.status = WalletStatus::Closed;
                self.giving_up.insert(number);
            }
            WalletEventKind::AliasesGivenUp => drop(self.giving_up.remove(&number)),
        }
        Ok(())
    }

    fn restore_balance(
        &mut self,
        row: u64,
        slot: WalletSlot,
        change: Position,
        entry: Option<EntrySource>,
    ) -> Result<(), RestoreError> {
        let wallet = &mut self.wallets[slot];
        let balance = Total::from(wallet.balance) + change;
        let broken = RestoreError::Balance { row, wallet: wallet.number, balance };
        wallet.balance = balance.position().and_then(Amount::from_sum).ok_or(broken)?;
        if let Some(source) = entry {
            self.enter(slot, source);
        }
        Ok(())
    }

    fn restore_payment(
        &mut self,
        payment: Option<(WalletNumber, Payment)>,
    ) -> Result<(), RestoreError> {
        let Some((payer, mut payment)) = payment else { return Ok(()) };
        let unknown = RestoreError::WalletUnknown { row: payment.row, wallet: payer };
        payment.payer = self.slot_of(payer).ok_or(unknown)?;
        let (row, state, amount, at) =
            (payment.row, payment.state, payment.amount, payment.submitted_at);
        let (payer_slot, payee) = (payment.payer, payment.payee);
        if payment.reason.is_some()
            && matches!(state, PaymentState::InTransit | PaymentState::Completed)
        {
            return Err(RestoreError::Reason { row });
        }
        self.pass(at);
        let slot = self.payments.next_slot();
        self.payment_index.insert(&payment.id, slot);
        let key = RequestKey::new(payer, &payment.request_id);
        self.requests.insert(&key, RequestRef::Payment(slot));
        self.payments.push(payment);
        self.payers.push(payer_slot);
        if matches!(state, PaymentState::Rejected | PaymentState::Returned) {
            return Ok(());
        }
        self.restore_balance(row, payer_slot, -amount.position(), Some(EntrySource::Sent(slot)))?;
        let wallet = &mut self.wallets[payer_slot];
        wallet.consume_limits(amount, at.date());
        if state == PaymentState::InTransit {
            wallet.in_transit += amount;
            self.unanswered += 1;
            return Ok(());
        }
        let payee_slot =
            self.slot_of(payee).ok_or(RestoreError::WalletUnknown { row, wallet: payee })?;
        self.restore_balance(
            row,
            payee_slot,
            amount.position(),
            Some(EntrySource::ReceivedOnUs(slot)),
        )
    }

    fn restore_inbound(&mut self, inbound: Option<Inbound>) -> Result<(), RestoreError> {
        let Some(mut inbound) = inbound else { return Ok(()) };
        let slot = self.inbound.next_slot();
        let (row, amount, state) = (inbound.row, inbound.amount, inbound.state);
        if inbound.reason.is_some() && state != InboundState::Rejected {
            return Err(RestoreError::Reason { row });
        }
        self.pass(inbound.decided_at);
        self.inbound_index.insert(&inbound.id, slot);
        inbound.held = state == InboundState::Held;
        let payee =
            inbound.payee.filter(|_| matches!(state, InboundState::Accepted | InboundState::Held));
        inbound.wallet = payee.and_then(|payee| self.slot_of(payee));
        let wallet = inbound.wallet;
        self.inbound.push(inbound);
        let Some(payee) = payee else { return Ok(()) };
        let wallet = wallet.ok_or(RestoreError::WalletUnknown { row, wallet: payee })?;
        if state == InboundState::Held {
            self.hold_room(wallet, amount);
            return Ok(());
        }
        self.restore_balance(row, wallet, amount.position(), Some(EntrySource::Received(slot)))
    }

    fn restore_outcome(&mut self, outcome: Option<OutcomeRow>) -> Result<(), RestoreError> {
        let Some(outcome) = outcome else { return Ok(()) };
        self.pass(outcome.at);
        if let Ok(slot) = self.payments.binary_search_by_key(&outcome.of, |payment| payment.row) {
            return self.restore_payment_outcome(slot, outcome);
        }
        let unknown = RestoreError::Outcome { row: outcome.row, of: outcome.of };
        let slot = self
            .inbound
            .binary_search_by_key(&outcome.of, |inbound| inbound.row)
            .map_err(|_| unknown.clone())?;
        self.restore_inbound_outcome(slot, outcome, unknown)
    }

    fn restore_inbound_outcome(
        &mut self,
        slot: InboundSlot,
        outcome: OutcomeRow,
        unknown: RestoreError,
    ) -> Result<(), RestoreError> {
        let inbound = &mut self.inbound[slot];
        let state = match (inbound.state, outcome.reason) {
            (InboundState::Accepted | InboundState::Held, None) => InboundState::Final,
            (InboundState::Held, Some(_)) => InboundState::Rejected,
            (InboundState::Accepted | InboundState::Rejected | InboundState::Final, _) => {
                return Err(unknown);
            }
        };
        (inbound.state, inbound.reason, inbound.cycle) = (state, outcome.reason, outcome.cycle);
        (inbound.finished_at, inbound.outcome_row) = (outcome.at, outcome.row);
        let (amount, held) = (inbound.amount, inbound.held);
        let Some(wallet) = inbound.wallet else { return Err(unknown) };
        if held {
            self.release_room(wallet, amount);
        }
        if !held || state == InboundState::Rejected {
            return Ok(());
        }
        self.restore_balance(
            outcome.row,
            wallet,
            amount.position(),
            Some(EntrySource::Received(slot)),
        )
    }

    fn restore_payment_outcome(
        &mut self,
        slot: PaymentSlot,
        outcome: OutcomeRow,
    ) -> Result<(), RestoreError> {
        let payment = &mut self.payments[slot];
        if payment.state != PaymentState::InTransit {
            return Err(RestoreError::Outcome { row: outcome.row, of: outcome.of });
        }
        payment.state =
            if outcome.reason.is_some() { PaymentState::Returned } else { PaymentState::Completed };
        (payment.reason, payment.cycle) = (outcome.reason, outcome.cycle);
        (payment.finished_at, payment.outcome_row) = (outcome.at, outcome.row);
        let (payer, amount, date) = (payment.payer, payment.amount, payment.submitted_at.date());
        let wallet = &mut self.wallets[payer];
        wallet.in_transit = wallet.in_transit.checked_sub(amount).unwrap_or_default();
        self.unanswered -= 1;
        if outcome.reason.is_none() {
            return Ok(());
        }
        wallet.restore_limits(amount, date);
        self.restore_balance(
            outcome.row,
            payer,
            amount.position(),
            Some(EntrySource::Returned(slot)),
        )
    }
}

#[cfg(test)]
mod tests;
