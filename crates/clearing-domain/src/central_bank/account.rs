//! What the central bank keeps of the money and the standing of an operator.

use crate::Regime;
use crate::link::Head;
use crate::money::{Amount, OperatorCode, Position, Prefix, Timestamp};

use super::cycle::CyclePosition;
use super::guarantees::Guarantees;
use super::lending::Lending;
use super::operation::Action;
use super::settings::{CentralBankSettings, OperatorOpening, Overdrafts};
use super::settlement_mode::Manner;

/// An operator's accounts, cap and standing at the central bank.
#[derive(Clone, Debug)]
pub struct OperatorAccount {
    /// Its code.
    pub code: OperatorCode,
    /// Its English name.
    pub name: Box<str>,
    /// Its Chinese name.
    pub name_zh: Box<str>,
    /// The prefix of its wallets.
    pub prefix: Prefix,
    /// Whether it may pay and be paid.
    pub active: bool,
    /// Its net debit cap; `None` is unlimited.
    pub cap: Option<Amount>,
    /// What it has put up for the cap.
    pub guarantees: Guarantees,
    /// How far its reserve account may go below zero; configured, not stored.
    pub credit: Amount,
    /// Its reserve account.
    pub reserves: Position,
    /// What the central bank lent it; follows from the rows.
    pub lending: Lending,
    /// e-CNY issued and attributed to it.
    pub held: Position,
    /// e-CNY of withdrawals it has been asked to set aside; still part of `held`.
    pub withdrawing: Amount,
    /// Cleared and not yet settled, over all cycles; negative is owed.
    pub unsettled: Position,
    /// Admitted payments of its wallets that are not decided.
    pub outstanding: Amount,
    /// The lowest `unsettled` of the open cycle, as an amount owed.
    pub peak_net_debit: Amount,
    /// The cap that was set last, which holds while nothing is put up for one.
    cap_as_set: Option<Amount>,
    /// The part of `outstanding` that settles gross: its cover is set aside.
    committed: Amount,
}

/// The balances and the standing of an operator as a ledger file stores them, with what it has
/// reported on its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its code.
    pub code: OperatorCode,
    /// Whether it may pay and be paid.
    pub active: bool,
    /// Its net debit cap; `None` is unlimited.
    pub cap: Option<Amount>,
    /// What it has put up for the cap.
    pub guarantees: Guarantees,
    /// Its reserve account.
    pub reserves: Position,
    /// e-CNY issued and attributed to it.
    pub held: Position,
    /// e-CNY of withdrawals it has been asked to set aside.
    pub withdrawing: Amount,
    /// Cleared and not yet settled.
    pub unsettled: Position,
    /// Admitted payments that are not decided.
    pub outstanding: Amount,
    /// The lowest `unsettled` of the open cycle, as an amount owed.
    pub peak_net_debit: Amount,
    /// The highest incarnation of its link.
    pub incarnation: u64,
    /// The highest batch of its ledger that it has reported.
    pub batch_seen: u64,
    /// The head of its hash chain at that batch.
    pub head_seen: Head,
}

impl OperatorAccount {
    /// The accounts of an operator that joins, with nothing on them: what it opens with is booked.
    pub fn open(opening: &OperatorOpening) -> Self {
        Self {
            code: opening.code,
            name: opening.name.clone(),
            name_zh: opening.name_zh.clone(),
            prefix: opening.prefix,
            active: true,
            cap: None,
            guarantees: Guarantees::default(),
            credit: opening.credit,
            reserves: Position::ZERO,
            lending: Lending::default(),
            held: Position::ZERO,
            withdrawing: Amount::ZERO,
            unsettled: Position::ZERO,
            outstanding: Amount::ZERO,
            peak_net_debit: Amount::ZERO,
            cap_as_set: None,
            committed: Amount::ZERO,
        }
    }

    /// Moves the accounts by an operation.
    pub fn book(&mut self, action: &Action, at: Timestamp, settings: &CentralBankSettings) {
        match *action {
            Action::Fund { sum } => self.reserves += sum,
            Action::Lend { amount } => {
                self.reserves += amount;
                self.lending.drawn += amount;
            }
            Action::Repay { amount } => {
                self.reserves -= amount;
                self.lending.repaid += amount;
            }
            Action::Overdraw { amount } => self.lending.close(amount.position(), at),
            Action::Issue { amount } => {
                self.reserves -= amount;
                self.held += amount;
            }
            // The holding moves only with the answer: until then it must be there for settlement.
            Action::RequestWithdrawal { amount } => self.withdrawing += amount,
            Action::Withdraw { amount } => {
                self.held -= amount;
                self.reserves += amount;
                self.end_withdrawal(amount);
            }
            Action::DeclineWithdrawal { amount } => self.end_withdrawal(amount),
            Action::Remit { amount } => self.reserves -= amount,
            Action::SetCap { bound: limit } => {
                self.cap = limit;
                self.cap_as_set = limit;
            }
            Action::Suspend => self.active = false,
            Action::Resume => self.active = true,
            Action::Pledge { .. } | Action::Earmark { .. } => self.put_up(action, settings),
            Action::SetBilateralLimit { .. }
            | Action::SetReceiverCap { .. }
            | Action::Reserve { .. }
            | Action::ConfigureMode { .. }
            | Action::ScheduleMode { .. }
            | Action::AdoptMode { .. }
            | Action::CancelMode
            | Action::RequestRemittance { .. }
            | Action::Freeze { .. } => {}
        }
        // Whatever was booked may have changed what is owed, or ended it.
        self.note_credit(settings.regime, at);
    }

    fn end_withdrawal(&mut self, amount: Amount) {
        // A file may end more than was asked for; the audit counts its rows again and finds it.
        self.withdrawing = self.withdrawing.checked_sub(amount).unwrap_or_default();
    }

    /// Every operation is checked for it before it is applied, so there is never less than nothing.
    fn put_up(&mut self, action: &Action, settings: &CentralBankSettings) {
        let Some(guarantees) = self.guarantees.after(action) else {
            panic!("operator {} would have put up less than nothing: {action:?}", self.code)
        };
        self.guarantees = guarantees;
        self.cap = self.cap_under(guarantees, settings.haircut_permille);
    }

    /// The net debit cap under guarantees: it follows from them, and without any is the one that
    /// was set.
    pub fn cap_under(&self, guarantees: Guarantees, haircut_permille: u16) -> Option<Amount> {
        if guarantees == Guarantees::default() {
            return self.cap_as_set;
        }
        Some(guarantees.cap(haircut_permille, self.credit))
    }

    /// How much more the operator may send; `None` is unlimited.
    ///
    /// Unsettled positions of every cycle and undecided admissions count against the cap. Only
    /// cleared inflow restores it.
    pub fn headroom(&self) -> Option<Position> {
        self.cap.map(|cap| cap.position() + self.unsettled - self.outstanding.position())
    }

    /// The account that settlement moves: e-CNY held in the cash regime, reserves in the deposit
    /// regime.
    pub fn settlement_asset(&self, regime: Regime) -> Position {
        match regime {
            Regime::Cash => self.held,
            Regime::Deposit => self.reserves,
        }
    }

    /// What settlement may use: the settlement asset, and in the deposit regime the credit line,
    /// less what is set aside for payments under way.
    pub fn cover(&self, regime: Regime) -> Position {
        let usable = match regime {
            // What a withdrawal asks for still settles: it leaves with the answer of the operator.
            Regime::Cash => self.held,
            Regime::Deposit => self.reserves + self.credit.position(),
        };
        usable - self.committed.position()
    }

    /// Reserves that may leave. Payments under way that settle gross already count on the
    /// settlement asset; what is earmarked stays.
    pub fn free_reserves(&self, regime: Regime) -> Position {
        let free = self.reserves - self.guarantees.earmarked.position();
        match regime {
            Regime::Deposit => free - self.committed.position(),
            Regime::Cash => free,
        }
    }

    /// e-CNY that may be withdrawn.
    pub fn free_held(&self, regime: Regime) -> Position {
        match regime {
            Regime::Cash => self.held - self.committed.position(),
            Regime::Deposit => self.held,
        }
    }

    /// What the operator owes the central bank: what it was lent and has not repaid, and in the
    /// deposit regime what its reserve account is below zero.
    pub fn owed_to_the_central_bank(&self, regime: Regime) -> Position {
        let below = match regime {
            Regime::Deposit => self.reserves.debit().position(),
            Regime::Cash => Position::ZERO,
        };
        self.lending.open() + below
    }

    /// Whether the operator owes since the close of a day what it may not owe overnight, and has
    /// not brought in as much. What funding brings in has repaid already; what else is free of its
    /// reserves repays at the next close.
    pub fn is_in_default(&self, settings: &CentralBankSettings) -> bool {
        let free = self.free_reserves(settings.regime).max(Position::ZERO);
        settings.overdrafts == Overdrafts::Refused
            && self.lending.is_overdue()
            && self.owed_to_the_central_bank(settings.regime) > free
    }

    fn note_credit(&mut self, regime: Regime, at: Timestamp) {
        let owed = self.owed_to_the_central_bank(regime);
        self.lending.note(owed, at);
    }

    /// Moves the settlement asset.
    pub fn settle(&mut self, regime: Regime, sum: Position, at: Timestamp) {
        match regime {
            Regime::Cash => self.held += sum,
            Regime::Deposit => self.reserves += sum,
        }
        self.note_credit(regime, at);
    }

    /// Moves the unsettled position and keeps its lowest point.
    pub fn clear(&mut self, change: Position) {
        self.unsettled += change;
        self.peak_net_debit = self.peak_net_debit.max(self.unsettled.debit());
    }

    /// Settles its position in a cycle.
    pub fn close(&mut self, regime: Regime, position: &CyclePosition, at: Timestamp) {
        self.settle(regime, position.settled, at);
        // Claims leave settlement as money does. What is carried stays owed, and goes on counting
        // against the cap.
        self.unsettled -= position.settled + position.claimed;
    }

    /// Begins to look for the lowest position of another cycle; answers the one of the cycle
    /// before.
    pub fn begin_cycle(&mut self) -> Amount {
        std::mem::replace(&mut self.peak_net_debit, self.unsettled.debit())
    }

    /// A payment of its wallets is under way; one that settles gross has its cover set aside, so
    /// that the next admission sees both.
    pub fn reserve_headroom(&mut self, amount: Amount, manner: Manner) {
        self.outstanding += amount;
        if manner == Manner::Gross {
            self.committed += amount;
        }
    }

    /// A payment of its wallets is under way no longer.
    ///
    /// # Panics
    ///
    /// When less is under way: the headroom would grow beyond the cap.
    pub fn release_headroom(&mut self, amount: Amount, manner: Manner) {
        assert!(
            self.outstanding >= amount,
            "operator {} has less outstanding than {amount}",
            self.code
        );
        self.outstanding = self.outstanding.checked_sub(amount).unwrap_or_default();
        if manner == Manner::Gross {
            self.committed = self.committed.checked_sub(amount).unwrap_or_default();
        }
    }

    /// Takes over what was stored.
    pub fn load(&mut self, row: &AccountRow) {
        // What was lent and what is set aside is not stored: it follows from the rows alone.
        self.active = row.active;
        self.cap = row.cap;
        self.guarantees = row.guarantees;
        self.reserves = row.reserves;
        self.held = row.held;
        self.withdrawing = row.withdrawing;
        self.unsettled = row.unsettled;
        self.outstanding = row.outstanding;
        self.peak_net_debit = row.peak_net_debit;
    }
}
