//! What the central bank keeps of an operator.

use crate::Regime;
use crate::link::{Head, OperationId, Witness};
use crate::money::{Amount, OperatorCode, Position, Prefix, Total};

use super::credit::Lending;
use super::link::OperatorLink;
use super::mode::Manner;
use super::operation::OperationKind;
use super::settings::OperatorOpening;

/// What an operator has put up for its net debit cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guarantees {
    /// Reserves that may not leave.
    pub earmarked: Amount,
    /// Pledged securities at their market value.
    pub collateral: Amount,
}

impl Guarantees {
    /// The guarantees after a pledge or an earmark; `None` when there would be less than none.
    pub(super) fn after(self, kind: OperationKind, sum: Position) -> Option<Self> {
        let changed =
            |amount: Amount| (Total::from(amount) + sum).position().and_then(Amount::from_sum);
        if kind == OperationKind::Pledge {
            changed(self.collateral).map(|collateral| Self { collateral, ..self })
        } else {
            changed(self.earmarked).map(|earmarked| Self { earmarked, ..self })
        }
    }

    /// The net debit cap: earmarked funds, collateral after its haircut, and the credit line.
    pub fn cap(self, haircut_permille: u16, credit: Amount) -> Amount {
        let mut cap = self.collateral.permille(1000 - haircut_permille.min(1000));
        cap += self.earmarked;
        cap += credit;
        cap
    }
}

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
    /// The cap that was set last, which holds while nothing is put up for one.
    pub(super) cap_as_set: Option<Amount>,
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
    /// The part of `outstanding` that settles gross: its cover is set aside.
    pub(super) committed: Amount,
    /// The lowest `unsettled` of the open cycle, as an amount owed.
    pub peak_net_debit: Amount,
    /// The highest incarnation of its link.
    pub incarnation: u64,
    /// The highest batch of its ledger heard of.
    pub batch_seen: u64,
    /// The head of its hash chain at that batch.
    pub head_seen: Head,
    pub(super) link: OperatorLink,
    /// Indexes of the advices to it.
    pub(super) advices: Vec<u32>,
    /// Withdrawals for which it set e-CNY aside, but which its holding does not cover yet.
    pub(super) answered: Vec<OperationId>,
    /// Slots of admitted transfers to its wallets that wait for its link.
    pub(super) pending: Vec<u32>,
}

/// The balances and the standing of an operator as a ledger file stores them.
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
    /// The highest batch of its ledger heard of.
    pub batch_seen: u64,
    /// The head of its hash chain at that batch.
    pub head_seen: Head,
}

impl OperatorAccount {
    pub(super) fn open(opening: &OperatorOpening) -> Self {
        Self {
            code: opening.code,
            name: opening.name.clone(),
            name_zh: opening.name_zh.clone(),
            prefix: opening.prefix,
            active: true,
            cap: None,
            cap_as_set: None,
            guarantees: Guarantees::default(),
            credit: opening.credit,
            reserves: Position::ZERO,
            lending: Lending::default(),
            held: Position::ZERO,
            withdrawing: Amount::ZERO,
            unsettled: Position::ZERO,
            outstanding: Amount::ZERO,
            committed: Amount::ZERO,
            peak_net_debit: Amount::ZERO,
            incarnation: 0,
            batch_seen: 0,
            head_seen: Head::default(),
            link: OperatorLink::default(),
            advices: Vec::new(),
            answered: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// The net debit cap under guarantees: it follows from them, and without any is the one that
    /// was set.
    pub(super) fn cap_under(
        &self,
        guarantees: Guarantees,
        haircut_permille: u16,
    ) -> Option<Amount> {
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
            Regime::Cash => self.held,
            Regime::Deposit => self.reserves + self.credit.position(),
        };
        usable - self.committed.position()
    }

    pub(super) fn settle(&mut self, regime: Regime, sum: Position) {
        match regime {
            Regime::Cash => self.held += sum,
            Regime::Deposit => self.reserves += sum,
        }
    }

    /// Moves the unsettled position and keeps its lowest point.
    pub(super) fn clear(&mut self, change: Position) {
        self.unsettled += change;
        self.peak_net_debit = self.peak_net_debit.max(self.unsettled.debit());
    }

    /// The balances and the standing as they are stored.
    pub fn row(&self) -> AccountRow {
        AccountRow {
            code: self.code,
            active: self.active,
            cap: self.cap,
            guarantees: self.guarantees,
            reserves: self.reserves,
            held: self.held,
            withdrawing: self.withdrawing,
            unsettled: self.unsettled,
            outstanding: self.outstanding,
            peak_net_debit: self.peak_net_debit,
            incarnation: self.incarnation,
            batch_seen: self.batch_seen,
            head_seen: self.head_seen,
        }
    }

    /// Takes over what was stored.
    pub(super) fn load(&mut self, row: &AccountRow) {
        (self.active, self.cap, self.guarantees) = (row.active, row.cap, row.guarantees);
        (self.reserves, self.held, self.withdrawing) = (row.reserves, row.held, row.withdrawing);
        (self.unsettled, self.outstanding, self.peak_net_debit) =
            (row.unsettled, row.outstanding, row.peak_net_debit);
        self.incarnation = row.incarnation;
        (self.batch_seen, self.head_seen) = (row.batch_seen, row.head_seen);
    }

    /// The last that the operator told of its own ledger.
    pub fn witness(&self) -> Witness {
        Witness { batch: self.batch_seen, head: self.head_seen }
    }

    /// Takes what the operator tells of its own ledger. Gives back false when it contradicts what
    /// it told before.
    pub(super) fn hear_witness(&mut self, told: Witness) -> bool {
        let mut kept = self.witness();
        let agrees = kept.hear(told);
        self.batch_seen = kept.batch;
        self.head_seen = kept.head;
        agrees
    }

    /// Whether its link is connected.
    pub fn is_connected(&self) -> bool {
        self.link.is_connected()
    }

    pub(super) fn reserve_headroom(&mut self, amount: Amount, manner: Manner) {
        self.outstanding += amount;
        if manner == Manner::Gross {
            self.committed += amount;
        }
    }

    pub(super) fn release_headroom(&mut self, amount: Amount, manner: Manner) {
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
}
