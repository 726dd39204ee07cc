//! The operator's ledger as it is driven: time passes, and batches are sealed and taken away.
//! A seal covers the rows of its batch and what the file keeps beside the rows.

use crate::Ledger;
use crate::ledger::SealedLedger;
use crate::link::{RosterEntry, TickDone};
use crate::money::Timestamp;
use crate::row::RowWriter;
use crate::seal::{Beside, Canonical, Chain, Invariant, check_beside};

use super::OperatorLedger;
use super::accounts::{Account, OperatorAccounts};
use super::changes::{Appended, OperatorChanges, OperatorEffects};
use super::identity::IdentityHash;
use super::inbound::Inbound;
use super::payment::Payment;
use super::rows::{InboundRow, OperatorRows, PaymentRow};
use super::state::PaymentState;
use super::tick::TickState;
use super::wallet::{Holder, HolderName};

impl Ledger for OperatorLedger {
    type Changes = OperatorChanges;
    type Effects = OperatorEffects;

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.shown = Some(clock);
        // A clock that is set back opens no day again, on which limits would count anew.
        self.time = self.time.max(clock);
        let now = self.business_time(clock);
        if self.settings.lockstep.is_none() {
            self.interest_due(now);
            self.reclaim_due(now);
            self.contracts_due(now);
            self.loans_due(now);
            self.redemptions_due(now);
            self.pay_unclaimed_due(now);
        }
        now
    }

    fn take_batch(&mut self) -> (OperatorChanges, OperatorEffects) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.seal();
        }
        changes.chain = self.chain;
        assert!(
            self.accounts.imbalance().is_zero(),
            "accounts do not balance: {:?}",
            self.accounts
        );
        (changes, self.take_effects())
    }

    fn is_unchanged(changes: &OperatorChanges) -> bool {
        changes.is_empty()
    }

    fn needs_sync(effects: &OperatorEffects) -> bool {
        !effects.messages.is_empty()
    }

    fn send_witness(&mut self) {
        self.session.tell_place(self.chain.row);
    }
}

impl SealedLedger for OperatorLedger {
    fn chain_of(changes: &OperatorChanges) -> Chain {
        changes.chain
    }

    fn cover_file(&mut self, file: [u8; 32]) {
        self.file = file;
        if self.chain.beside != Some(self.beside()) {
            self.changes.state = true;
        }
    }

    fn check_beside(&self) -> Invariant {
        check_beside(self.chain, self.beside())
    }
}

impl OperatorLedger {
    /// Writes the rows that a batch appended.
    ///
    /// # Panics
    ///
    /// When the next batch has begun: its rows would be written under the seal of this one.
    pub fn write_appended<W: RowWriter>(
        &self,
        changes: &OperatorChanges,
        writer: &mut W,
    ) -> Result<(), W::Error> {
        let appended = self.appended_last(changes);
        appended.others.write(writer)?;
        writer.rows(self.appended_payments(appended))?;
        writer.rows(self.appended_inbound(appended))
    }

    /// The rows that a batch appended, as lists; asked before the next batch begins, as
    /// [`write_appended`](Self::write_appended) is.
    pub fn appended(&self, changes: &OperatorChanges) -> OperatorRows {
        let appended = self.appended_last(changes);
        let (payments, inbound) =
            (self.appended_payments(appended), self.appended_inbound(appended));
        OperatorRows {
            payments: payments.collect(),
            inbound: inbound.collect(),
            ..appended.others.clone()
        }
    }

    fn appended_last<'a>(&self, changes: &'a OperatorChanges) -> &'a Appended {
        assert!(changes.chain.row == self.chain.row, "the next batch has begun");
        &changes.appended
    }

    fn appended_payments(&self, appended: &Appended) -> impl Iterator<Item = PaymentRow> {
        let payments = appended.payments.map(|first| self.payments.list().iter_from(first));
        payments.into_iter().flatten().map(|payment| payment.as_row(self.payer_of(payment)))
    }

    fn appended_inbound(&self, appended: &Appended) -> impl Iterator<Item = InboundRow> {
        let inbound = appended.inbound.map(|first| self.inbound.list().iter_from(first));
        inbound.into_iter().flatten().map(Inbound::as_row)
    }

    fn seal(&mut self) {
        self.chain.batch += 1;
        if self.hasher.is_off() {
            return;
        }
        let beside = self.beside();
        self.chain.hash = self.hasher.seal(&self.chain.hash, self.chain.batch, Some(&beside));
        self.chain.beside = Some(beside);
    }

    /// The digest of all that the file holds besides rows after the present batch.
    fn beside(&self) -> [u8; 32] {
        let mut beside = Beside::new(self.chain.batch, &self.file);
        beside.part(&self.accounts).part(&self.link).part(&self.tick).part(self.wallets.holders());
        self.roster.iter().for_each(|entry| {
            beside.part(entry);
        });
        beside.digest()
    }

    /// Every message says how far the ledger is once this batch is written.
    fn take_effects(&mut self) -> OperatorEffects {
        let mut effects = std::mem::take(&mut self.effects);
        let tick_done = if self.session.completes_tick() { self.tick_done() } else { None };
        let (incarnation, advice) = (self.link.incarnation, self.link.advice);
        effects.messages = self.session.take_messages(tick_done, incarnation, advice, &self.chain);
        effects
    }

    /// What tells the central bank that all instructions of the present tick were sent.
    ///
    /// It counts what is in transit and not answered: every payment of an earlier tick is final or
    /// queued by then, and a payment that came between ticks belongs to the next one.
    fn tick_done(&self) -> Option<TickDone> {
        if !self.tick.complete || self.tick.tick_ended >= self.tick.tick {
            return None;
        }
        let unanswered =
            |payment: &&Payment| payment.state == PaymentState::InTransit && !payment.queued;
        let ids = self
            .payments
            .list()
            .iter()
            .rev()
            .filter(unanswered)
            .take(self.payments.unanswered())
            .map(|payment| payment.id)
            .collect();
        Some(TickDone::new(self.tick.tick, ids))
    }
}

impl Canonical for Holder {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.evidence());
        bytes.push(u8::from(self.phone_hash.is_some()));
        bytes.extend(self.phone_hash.unwrap_or_default());
        let identity_hash = self.identity_hash.map_or(0, IdentityHash::number);
        bytes.extend(identity_hash.to_le_bytes());
        bytes.push(u8::from(self.name.is_some()));
        bytes.extend(self.name.as_ref().map_or("", HolderName::as_str).as_bytes());
    }
}

impl Canonical for OperatorAccounts {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        for account in Account::FIXED {
            bytes.extend(self.balance(account).fen().to_le_bytes());
        }
        for (cycle, position) in self.positions() {
            bytes.extend(cycle.number().to_le_bytes());
            bytes.extend(position.fen().to_le_bytes());
        }
        bytes.push(0xff);
    }
}

impl Canonical for TickState {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let Self { tick, next_index, complete, tick_ended } = self;
        bytes.extend(tick.to_le_bytes());
        bytes.extend(next_index.to_le_bytes());
        bytes.push(u8::from(*complete));
        bytes.extend(tick_ended.to_le_bytes());
    }
}

impl Canonical for RosterEntry {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.prefix.get().to_le_bytes());
        self.code.write_canonical(bytes);
    }
}
