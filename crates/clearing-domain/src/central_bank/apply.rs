//! The one transition of the ledger: a row is appended, and what follows from it changes.
//!
//! Commands are decided into rows. What a row changes is changed here alone, live and at a start,
//! and cannot fail; messages and what watchers are told are made by the commands.

use crate::link::OperationId;
use crate::money::{OperatorNumber, Timestamp};

use super::cycle::CycleRow;
use super::ledger::CentralBankLedger;
use super::operation::{Action, Operation};
use super::rows::CentralBankRow;
use super::settlement_mode::Manner;
use super::transfer::{Step, Transfer, TransferEvent, TransferRow, TransferSlot};

impl CentralBankLedger {
    /// Appends a row: gives it its number, hashes it, takes it in and keeps it for the store.
    pub(super) fn append(&mut self, row: impl Into<CentralBankRow>) {
        let mut row = row.into();
        self.number(&mut row);
        self.apply(&row);
        self.keep(row);
    }

    /// Keeps a row for the store. Without a file the batch counts all the same.
    fn keep(&mut self, row: CentralBankRow) {
        if self.hasher.is_off() {
            self.changes.state = true;
        } else {
            self.changes.rows.push(row);
        }
    }

    /// Appends an event of a transfer. Its slot is known here and need not be looked for.
    pub(super) fn append_event(&mut self, slot: TransferSlot, step: Step, at: Timestamp) {
        let mut event = TransferEvent { row: 0, of: self.transfers[slot].row, at, step };
        event.row = self.chain.row + 1;
        let mut row = event.into();
        self.number(&mut row);
        self.apply_event(slot, &event);
        self.keep(row);
    }

    /// Appends an operation and gives it back as recorded.
    pub(super) fn append_operation(
        &mut self,
        id: Option<OperationId>,
        operator: Option<OperatorNumber>,
        action: Action,
        now: Timestamp,
    ) -> Operation {
        let at = self.business_time(now);
        let operation = Operation { row: 0, id, operator, at, action };
        self.append(operation);
        Operation { row: self.chain.row, ..operation }
    }

    fn number(&mut self, row: &mut CentralBankRow) {
        self.chain.row += 1;
        row.set_number(self.chain.row);
        debug_assert_eq!(self.check(row), Ok(()), "what is appended could be read back");
        if !self.hasher.is_off() {
            row.hash_into(self.hasher.bytes());
        }
    }

    /// Takes a row in; the one place for live operation and for a start.
    pub(super) fn apply(&mut self, row: &CentralBankRow) {
        match row {
            CentralBankRow::Transfer(row) => self.apply_transfer(row),
            CentralBankRow::Event(event) => {
                if let Some(slot) = self.transfers.slot_of_row(event.of) {
                    self.apply_event(slot, event);
                }
            }
            CentralBankRow::Operation(operation) => self.apply_operation(operation),
            CentralBankRow::Advice(row) => self.advices.push(*row),
            CentralBankRow::Position(row) => self.cycles.take_position(row),
            CentralBankRow::Cycle(row) => self.apply_closing(row),
            CentralBankRow::Alias(row) => self.directory.take(row),
        }
    }

    fn apply_transfer(&mut self, row: &TransferRow) {
        self.time = self.time.max(row.admitted_at);
        let transfer = row.transfer(self.mode().manner());
        if !transfer.state.is_final() {
            let Transfer { payer_operator, amount, manner, .. } = transfer;
            self.accounts.reserve(payer_operator, amount, manner);
            self.limits.admit(&transfer);
            self.touch(payer_operator);
        }
        self.transfers.push(transfer);
    }

    fn apply_event(&mut self, slot: TransferSlot, event: &TransferEvent) {
        self.time = self.time.max(event.at);
        // It leaves the place in the queue that it had before the event.
        if let Some(entry) = self.transfers[slot].queued.as_deref() {
            self.queue.remove(entry, slot, &self.transfers[slot]);
        }
        self.transfers.step(slot, event);
        let transfer = &self.transfers[slot];
        match event.step {
            Step::Delivered => {}
            Step::Queued { .. } | Step::Prioritised { .. } => {
                if let Some(entry) = transfer.queued.as_deref() {
                    self.queue.insert(entry, slot, transfer);
                }
            }
            Step::Refused { .. } => self.apply_ending(slot, None),
            Step::Cleared { .. } => {
                self.apply_ending(slot, Some(event.at));
                self.move_money(slot, event.at);
            }
        }
    }

    /// A transfer ends, cleared at a time or refused: it counts against its payer no longer.
    fn apply_ending(&mut self, slot: TransferSlot, cleared_at: Option<Timestamp>) {
        let transfer = &self.transfers[slot];
        let Transfer { payer_operator, amount, manner, .. } = *transfer;
        self.limits.finish(transfer, cleared_at);
        self.accounts.release(payer_operator, amount, manner);
        self.touch(payer_operator);
    }

    fn move_money(&mut self, slot: TransferSlot, at: Timestamp) {
        let Transfer { payer_operator: payer, payee_operator: payee, amount, manner, .. } =
            self.transfers[slot];
        if manner == Manner::Net {
            self.cycles.add(slot, payer, payee, amount);
            self.accounts.owe(payer, payee, amount);
        } else {
            self.accounts.pay(payer, payee, amount, at, &self.settings);
        }
        self.touch(payee);
    }

    fn apply_operation(&mut self, operation: &Operation) {
        let Operation { operator, at, ref action, .. } = *operation;
        self.time = self.time.max(at);
        if let Some(operator) = operator {
            self.accounts.book(operator, action, at, &self.settings);
            self.touch(operator);
        }
        self.modes.take(operation);
        match (*action, operator) {
            (Action::AdoptMode { mode }, _) => {
                // The cut-offs before are of the mode before.
                self.queue.look_at(at);
                if mode.manner() == Manner::Net {
                    self.cycles.begin(at);
                }
                self.changes.state = true;
            }
            (Action::Freeze { .. }, _) => self.apply_freeze(at),
            (Action::SetBilateralLimit { counterparty, bound: limit }, Some(operator)) => {
                self.limits.set_bilateral(operator, counterparty, limit);
            }
            (Action::SetReceiverCap { bound: limit }, Some(operator)) => {
                self.limits.set_receiver_cap(operator, limit);
            }
            _ => {}
        }
        self.operations.push(*operation);
        self.queue.mark_changed();
    }

    fn apply_freeze(&mut self, at: Timestamp) {
        self.cycles.freeze(self.accounts.peaks(), at);
        self.accounts.begin_cycle();
        self.touch_all();
    }

    /// Moves the settlement accounts by the positions that came before, and gives what is carried
    /// to the next cycle.
    fn apply_closing(&mut self, row: &CycleRow) {
        self.time = self.time.max(row.closed_at);
        // It must be computed before any account moves: it follows from what they cover.
        let left = self.cycles.next_to_close().map(|ended| self.left_over(ended, row.state));
        let left = left.unwrap_or_default();
        let carried = left.carried.iter().map(|slot| self.transfers[*slot].amount).sum();
        let was_open = self.cycles.close(row, left, carried);
        if let Some(cycle) = self.cycles.closed().last() {
            self.accounts.close(&cycle.positions, row.closed_at, &self.settings);
        }
        if was_open {
            self.accounts.begin_cycle();
        }
        self.touch_all();
        self.queue.mark_changed();
    }

    fn touch_all(&mut self) {
        for operator in self.accounts.list().numbers() {
            self.touch(operator);
        }
        self.changes.state = true;
    }

    /// Every row, in the one order of the ledger.
    pub fn rows(&self) -> impl Iterator<Item = CentralBankRow> + '_ {
        super::rows::CentralBankRows::merge(
            self.transfers.list().iter().map(Transfer::as_appended),
            self.transfers.events().into_iter(),
            self.operations.rows().iter().copied(),
            self.advices.rows().iter().copied(),
            self.cycles.closed().iter().flat_map(super::cycle::Cycle::positions_as_appended),
            self.cycles.closed().iter().map(super::cycle::Cycle::as_appended),
            self.directory.rows().iter().cloned(),
        )
    }
}
