//! The operator's ledger as it is driven: time passes, and batches are sealed and taken away.

use crate::Ledger;
use crate::money::Timestamp;
use crate::row::RowWriter;

use super::changes::{Appended, OperatorChanges, OperatorEffects};
use super::inbound::Inbound;
use super::ledger::OperatorLedger;
use super::rows::{InboundRow, OperatorRows, PaymentRow};

impl Ledger for OperatorLedger {
    type Changes = OperatorChanges;
    type Effects = OperatorEffects;

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.shown = Some(clock);
        // A clock that is set back opens no day again, on which limits would count anew.
        self.pass(clock);
        self.business_time(clock)
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

    /// Every message says how far the ledger is once this batch is written.
    fn take_effects(&mut self) -> OperatorEffects {
        let mut effects = std::mem::take(&mut self.effects);
        let tick_done = if self.session.completes_tick() { self.tick_done() } else { None };
        let (incarnation, advice) = (self.link.incarnation, self.link.advice);
        effects.messages = self.session.take_messages(tick_done, incarnation, advice, &self.chain);
        effects
    }
}
