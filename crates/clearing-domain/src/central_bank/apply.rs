//! The one transition of the ledger: a row is appended, and what follows from it changes.
//!
//! Commands are decided into rows. What a row changes is changed here alone, live and at a start,
//! and a row that `check` passes is always applied in full; messages and events are made by the
//! commands.

use crate::link::OperationId;
use crate::money::{OperatorNumber, Timestamp};

use super::CentralBankLedger;
use super::cycle::CycleRow;
use super::cycles::LeftOver;
use super::leg_slot::LegSlot;
use super::operation::{Action, Operation};
use super::rows::CentralBankRow;
use super::settlement_mode::{EndOfDay, Manner, SettlementMode};
use super::transfer::{Step, Transfer, TransferEvent, TransferRow, TransferSlot, TransferState};

/// What was found for a row before it is applied, by the step that appends it or by `check`, so
/// that nothing is looked up or computed twice.
#[derive(Debug)]
pub(super) enum Known {
    /// Nothing: the row names all that it changes.
    Nothing,
    /// The transfer that an event moves on.
    Transfer(TransferSlot),
    /// What the cycle that closes leaves unsettled.
    LeftOver(Box<LeftOver>),
}

impl CentralBankLedger {
    /// Appends a row: numbers it, takes it into the hash of the batch, applies it, and keeps it for
    /// the file.
    pub(super) fn append(&mut self, row: impl Into<CentralBankRow>, known: Known) {
        let mut row = row.into();
        row.set_number(self.chain.row + 1);
        debug_assert_eq!(self.check(&row).err(), None, "{row:?}");
        if self.hasher.is_off() {
            // No file is kept, but the batch counts.
            self.changes.state = true;
            self.apply(&row, known);
        } else {
            row.hash_into(self.hasher.bytes());
            self.apply(&row, known);
            self.changes.rows.push(row);
        }
    }

    /// Appends an event of a transfer. Its slot is known here and need not be looked for.
    pub(super) fn append_event(&mut self, slot: TransferSlot, step: Step, at: Timestamp) {
        let event = TransferEvent { row: 0, of: self.transfers[slot].row, at, step };
        self.append(event, Known::Transfer(slot));
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
        self.append(operation, Known::Nothing);
        Operation { row: self.chain.row, ..operation }
    }

    /// Changes all that follows from a row that [`check`](Self::check) would pass; the one place
    /// for live operation and for a start.
    ///
    /// # Panics
    ///
    /// When a row comes without what its change needs. To skip it would leave a ledger that
    /// disagrees with its own rows, and every later balance would be wrong.
    pub(super) fn apply(&mut self, row: &CentralBankRow, known: Known) {
        self.chain.row = row.number();
        match (row, known) {
            (CentralBankRow::Transfer(row), _) => self.apply_transfer(row),
            (CentralBankRow::Event(event), Known::Transfer(slot)) => self.apply_event(event, slot),
            (CentralBankRow::Operation(operation), _) => self.apply_operation(operation),
            (CentralBankRow::Advice(row), _) => self.advices.push(*row),
            (CentralBankRow::Position(row), _) => self.cycles.add_position(row),
            (CentralBankRow::Cycle(row), Known::LeftOver(left)) => self.apply_closing(row, *left),
            (CentralBankRow::Alias(row), _) => self.directory.record(row),
            (CentralBankRow::Merchant(row), _) => self.merchants.record(row),
            (CentralBankRow::Event(_) | CentralBankRow::Cycle(_), known) => {
                panic!("row {} cannot be applied with {known:?}", row.number())
            }
        }
    }

    fn apply_transfer(&mut self, row: &TransferRow) {
        self.time = self.time.max(row.admitted_at);
        let sponsor = self.sponsor_of(row.payer_operator, row.details.as_deref());
        let transfer = row.transfer(self.manner_with(sponsor), sponsor);
        if !transfer.state.is_final() {
            for leg in transfer.legs() {
                self.accounts.reserve(leg.debtor, leg.amount, transfer.manner);
                self.touch(leg.debtor);
            }
            self.limits.admit(&transfer);
        }
        self.transfers.push(transfer);
    }

    fn apply_event(&mut self, event: &TransferEvent, slot: TransferSlot) {
        self.time = self.time.max(event.at);
        // It leaves its place in the queue first: the event may change what the place is found by.
        if self.transfers[slot].state == TransferState::Queued {
            self.queue.remove(slot, &self.transfers[slot]);
        }
        self.transfers.step(slot, event);
        let transfer = &self.transfers[slot];
        match event.step {
            Step::Delivered | Step::Funded => {}
            Step::Queued { .. } | Step::Prioritised { .. } => self.queue.insert(slot, transfer),
            Step::Refused { .. } => self.apply_ending(slot, None),
            Step::Cleared { .. } => {
                // What was reserved for it is released before its money moves, which needs it.
                self.apply_ending(slot, Some(event.at));
                self.move_money(slot, event.at);
            }
        }
    }

    /// A transfer ends, cleared at a time or refused: it counts against its payer no longer.
    fn apply_ending(&mut self, slot: TransferSlot, cleared_at: Option<Timestamp>) {
        let transfer = &self.transfers[slot];
        self.limits.finish(transfer, cleared_at);
        if let (Some(at), Some(entry)) = (cleared_at, transfer.queued()) {
            self.reservations.spend(transfer.payer_operator, entry.priority, transfer.amount, at);
        }
        let manner = transfer.manner;
        for leg in transfer.legs() {
            self.accounts.release(leg.debtor, leg.amount, manner);
            self.touch(leg.debtor);
        }
        if manner == Manner::Gross {
            // It has brought cover to its payee, or freed that of its payer, for what waits.
            self.queue.mark_changed();
        }
    }

    fn move_money(&mut self, slot: TransferSlot, at: Timestamp) {
        let Transfer { payee_operator, manner, .. } = self.transfers[slot];
        for (number, leg) in self.transfers[slot].legs().enumerate() {
            if manner == Manner::Net {
                self.cycles.add(LegSlot::new(slot, number), leg);
                self.accounts.owe(leg.debtor, leg.creditor, leg.amount);
            } else {
                self.accounts.pay(leg.debtor, leg.creditor, leg.amount, at, &self.settings);
            }
        }
        self.touch(payee_operator);
    }

    fn apply_operation(&mut self, operation: &Operation) {
        let Operation { id, operator, at, ref action, .. } = *operation;
        self.time = self.time.max(at);
        if let Some(operator) = operator {
            self.accounts.book(operator, action, at, &self.settings);
            self.touch(operator);
        }
        match *action {
            Action::ConfigureMode { mode } => self.modes.configure(id, mode, at),
            Action::ScheduleMode { mode } => self.modes.schedule(id, mode, at),
            Action::CancelMode => self.modes.cancel(id),
            Action::AdoptMode { mode } => self.apply_mode(mode, at),
            Action::Freeze { .. } => self.apply_freeze(at),
            Action::SetBilateralLimit { counterparty, bound } => {
                self.limits.set_bilateral(operation.of_operator(), counterparty, bound);
            }
            Action::SetReceiverCap { bound } => {
                self.limits.set_receiver_cap(operation.of_operator(), bound);
            }
            Action::Reserve { level, amount } => {
                self.reservations.set(operation.of_operator(), level, amount);
            }
            // The accounts of the operator are all that these change.
            Action::Fund { .. }
            | Action::Issue { .. }
            | Action::RequestWithdrawal { .. }
            | Action::Withdraw { .. }
            | Action::DeclineWithdrawal { .. }
            | Action::SetCap { .. }
            | Action::Suspend
            | Action::Resume
            | Action::Pledge { .. }
            | Action::Earmark { .. }
            | Action::Lend { .. }
            | Action::Repay { .. }
            | Action::RequestRemittance { .. }
            | Action::Remit { .. }
            | Action::Overdraw { .. } => {}
        }
        self.operations.push(*operation);
        // Money, limits and who is active decide what can leave the queue.
        self.queue.mark_changed();
    }

    fn apply_mode(&mut self, mode: SettlementMode, at: Timestamp) {
        if self.modes.queue_rule().is_some_and(|rule| rule.end_of_day == EndOfDay::Carry) {
            // What was carried so far is of the first day under the mode that comes.
            self.queue.carry_until(at.next_day());
        }
        self.modes.adopt(mode, at);
        // The cut-offs before are of the mode before.
        self.queue.pass_cut_offs(at);
        if mode.manner() == Manner::Net {
            self.cycles.begin(at);
        }
        self.changes.state = true;
    }

    fn apply_freeze(&mut self, at: Timestamp) {
        let peaks = self.accounts.begin_cycle();
        self.cycles.freeze(peaks, at);
        self.touch_all();
    }

    /// Moves the settlement accounts by the positions that came before, and gives what is carried
    /// to the next cycle.
    fn apply_closing(&mut self, row: &CycleRow, left: LeftOver) {
        self.time = self.time.max(row.closed_at);
        let was_open = self.cycles.frozen().is_none();
        let carried = left.carried.iter().map(|leg| self.leg(*leg).amount).sum();
        let closed = self.cycles.close(row, left, carried);
        self.accounts.close(&closed.positions, row.closed_at, &self.settings);
        // Behind a frozen cycle the next one has run for long, and its lowest positions stay.
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
            self.merchants.rows().iter().copied(),
        )
    }
}
