//! The accounts counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::Regime;
use crate::money::{Amount, BusinessDate, ByOperator, CycleId, OperatorNumber, Timestamp, Total};

use super::CentralBankLedger;
use super::claims::Pair;
use super::cycle::{CycleRow, PositionRow};
use super::operation::{Action, Operation};
use super::rows::CentralBankRow;
use super::settlement_mode::Manner;
use super::transfer::{Admission, Step, Transfer, TransferEvent, TransferRow};

/// What the rows make of one operator. They may be forged, so that sums of any size come up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) earmarked: Total,
    pub(super) collateral: Total,
    /// Configured, not counted.
    credit: Amount,
    pub(super) reserves: Total,
    pub(super) drawn: Total,
    pub(super) repaid: Total,
    pub(super) overdraft: Total,
    pub(super) held: Total,
    pub(super) unsettled: Total,
    pub(super) outstanding: Total,
    /// The part of `outstanding` that settles gross.
    committed: Total,
    pub(super) withdrawing: Total,
    pub(super) cap: Option<Total>,
    /// The cap that was set last.
    cap_as_set: Option<Total>,
    pub(super) suspended: bool,
    /// The most it owed in the open cycle.
    pub(super) peak_net_debit: Total,
}

/// The payments that the rows clear in a cycle.
pub(super) struct CountedCycle {
    pub(super) payments: u64,
    pub(super) gross: Total,
    /// What each operator sent and received.
    pub(super) flows: ByOperator<(Total, Total)>,
}

/// What the rows make of all.
pub(super) struct Recount {
    pub(super) accounts: ByOperator<Counted>,
    pub(super) issued: Total,
    pub(super) withdrawn: Total,
    pub(super) cycles: BTreeMap<CycleId, CountedCycle>,
    /// Admissions that passed the cap or the cover.
    pub(super) breaches: Vec<String>,
    regime: Regime,
    manner: Manner,
    haircut_permille: u16,
    limits: CountedLimits,
    /// Cycles that were frozen at their cut-off.
    frozen: BTreeSet<CycleId>,
}

/// The limits that the rows set, and what counts against them.
#[derive(Default)]
struct CountedLimits {
    bilateral: BTreeMap<Pair, Total>,
    receiver_caps: BTreeMap<OperatorNumber, Total>,
    day: Option<BusinessDate>,
    /// What was paid on the day, by payer and payee; not net.
    paid: BTreeMap<Pair, Total>,
    under_way: BTreeMap<Pair, Total>,
}

impl CentralBankLedger {
    /// Walks all rows in their order.
    pub(super) fn recount(&self) -> Recount {
        let mut count = Recount {
            accounts: self
                .accounts
                .list()
                .iter()
                .map(|account| Counted { credit: account.credit, ..Counted::default() })
                .collect(),
            issued: Total::ZERO,
            withdrawn: Total::ZERO,
            cycles: BTreeMap::new(),
            breaches: Vec::new(),
            regime: self.settings.regime,
            manner: Manner::Net,
            haircut_permille: self.settings.haircut_permille,
            limits: CountedLimits::default(),
            frozen: BTreeSet::new(),
        };
        for row in self.rows() {
            match row {
                CentralBankRow::Transfer(row) => count.admit(&row),
                CentralBankRow::Event(event) => count.event(self, &event),
                CentralBankRow::Operation(operation) => count.operate(&operation),
                CentralBankRow::Position(row) => count.settle(&row),
                CentralBankRow::Cycle(row) => count.close(&row),
                CentralBankRow::Advice(_) | CentralBankRow::Alias(_) => {}
            }
        }
        count
    }
}

impl Recount {
    fn admit(&mut self, transfer: &TransferRow) {
        if matches!(transfer.admission, Admission::Refused { .. }) {
            return;
        }
        let account = &mut self.accounts[transfer.payer_operator];
        account.outstanding += transfer.amount;
        // What may queue waits for cover and limits, and neither bounds its admission.
        if self.manner == Manner::Queued {
            return;
        }
        if self.manner == Manner::Gross {
            account.committed += transfer.amount;
        }
        let exposure = account.outstanding - account.unsettled;
        if account.cap.is_some_and(|cap| exposure > cap) {
            self.breaches.push(format!(
                "payment {} was admitted at an exposure of {exposure} yuan",
                transfer.id
            ));
        }
        let asset = if self.regime == Regime::Cash {
            account.held
        } else {
            account.reserves + account.credit
        };
        if self.manner == Manner::Gross && account.committed > asset {
            self.breaches
                .push(format!("payment {} was admitted without cover: {asset} yuan", transfer.id));
        }
        if let Some(limit) = self.limits.admit(transfer) {
            self.breaches.push(format!("payment {} was admitted beyond a {limit}", transfer.id));
        }
    }

    fn event(&mut self, ledger: &CentralBankLedger, event: &TransferEvent) {
        let Some(slot) = ledger.transfers.of_row(event.of) else { return };
        let transfer = &ledger.transfers[slot];
        let cleared = match event.step {
            Step::Delivered | Step::Queued { .. } | Step::Prioritised { .. } => return,
            Step::Cleared { cycle, .. } => Some(cycle),
            Step::Refused { .. } => None,
        };
        let (payer, payee) = (transfer.payer_operator, transfer.payee_operator);
        self.accounts[payer].outstanding -= transfer.amount;
        if transfer.manner == Manner::Gross {
            self.accounts[payer].committed -= transfer.amount;
        }
        self.limits.finish(transfer, cleared.map(|_| event.at));
        let Some(cycle) = cleared else { return };
        let sum = Total::from(transfer.amount);
        let Some(cycle) = cycle else {
            self.move_asset(payer, Total::ZERO - sum);
            self.move_asset(payee, sum);
            return;
        };
        self.accounts[payer].unsettled -= sum;
        self.accounts[payee].unsettled += sum;
        // Who is paid may owe more than it did, too, since a frozen cycle has settled.
        for operator in [payer, payee] {
            let account = &mut self.accounts[operator];
            account.peak_net_debit = account.peak_net_debit.max(account.unsettled.debit());
        }
        let operators = self.accounts.len();
        let cycle = self.cycles.entry(cycle).or_insert_with(|| CountedCycle {
            payments: 0,
            gross: Total::ZERO,
            flows: ByOperator::filled(operators, (Total::ZERO, Total::ZERO)),
        });
        cycle.payments += 1;
        cycle.gross += sum;
        cycle.flows[payer].0 += sum;
        cycle.flows[payee].1 += sum;
    }

    fn operate(&mut self, operation: &Operation) {
        match (operation.action, operation.operator) {
            (Action::AdoptMode { mode }, _) => self.manner = mode.manner(),
            (Action::Freeze { cycle }, _) => {
                self.frozen.insert(cycle);
                for account in &mut self.accounts {
                    account.peak_net_debit = account.unsettled.debit();
                }
            }
            (Action::Overdraw { amount }, Some(operator)) => {
                self.overdraw(operation.row, operator, amount);
            }
            (action, Some(operator)) => self.operate_with(operator, &action),
            (_, None) => {}
        }
    }

    fn overdraw(&mut self, row: u64, operator: OperatorNumber, sum: Amount) {
        let account = &mut self.accounts[operator];
        let below = match self.regime {
            Regime::Deposit => account.reserves,
            Regime::Cash => Total::ZERO,
        };
        let owed = account.drawn - account.repaid + below.debit();
        account.overdraft = sum.into();
        if owed != sum.into() {
            self.breaches.push(format!(
                "row {row} says that operator {operator} owes {sum} yuan, not {owed}"
            ));
        }
    }

    fn operate_with(&mut self, operator: OperatorNumber, action: &Action) {
        let haircut_permille = self.haircut_permille;
        let account = &mut self.accounts[operator];
        match *action {
            Action::Fund { sum } => account.reserves += sum,
            Action::Lend { amount } => {
                account.reserves += amount;
                account.drawn += amount;
            }
            Action::Repay { amount } => {
                account.reserves -= amount;
                account.repaid += amount;
            }
            Action::Issue { amount } => {
                account.reserves -= amount;
                account.held += amount;
                self.issued += amount;
            }
            Action::RequestWithdrawal { amount } => account.withdrawing += amount,
            Action::DeclineWithdrawal { amount } => account.withdrawing -= amount,
            Action::Withdraw { amount } => {
                account.withdrawing -= amount;
                account.held -= amount;
                account.reserves += amount;
                self.withdrawn += amount;
            }
            Action::SetCap { bound: limit } => {
                account.cap = limit.map(Total::from);
                account.cap_as_set = account.cap;
            }
            Action::Earmark { sum } => {
                account.earmarked += sum;
                account.cap = account.cap_of_guarantees(haircut_permille);
            }
            Action::Pledge { sum } => {
                account.collateral += sum;
                account.cap = account.cap_of_guarantees(haircut_permille);
            }
            Action::SetBilateralLimit { counterparty, bound: limit } => {
                self.limits.set_bilateral((operator, counterparty), limit);
            }
            Action::SetReceiverCap { bound: limit } => {
                self.limits.set_receiver_cap(operator, limit)
            }
            Action::Suspend => account.suspended = true,
            Action::Resume => account.suspended = false,
            Action::Overdraw { .. }
            | Action::ConfigureMode { .. }
            | Action::ScheduleMode { .. }
            | Action::AdoptMode { .. }
            | Action::CancelMode
            | Action::Freeze { .. } => {}
        }
    }

    fn settle(&mut self, row: &PositionRow) {
        let position = row.position;
        // The rows of positions move the accounts; the closing itself only begins another cycle.
        self.move_asset(row.operator, position.settled.into());
        self.accounts[row.operator].unsettled -= Total::from(position.settled) + position.claimed;
    }

    fn close(&mut self, row: &CycleRow) {
        // Behind a frozen cycle the next one has begun already, and its lowest positions stay.
        if !self.frozen.contains(&row.cycle) {
            for account in &mut self.accounts {
                account.peak_net_debit = account.unsettled.debit();
            }
        }
    }

    fn move_asset(&mut self, operator: OperatorNumber, sum: Total) {
        let account = &mut self.accounts[operator];
        match self.regime {
            Regime::Cash => account.held += sum,
            Regime::Deposit => account.reserves += sum,
        }
    }
}

impl Counted {
    /// The cap that follows from what was put up, or the one that was set when nothing is.
    fn cap_of_guarantees(&self, haircut_permille: u16) -> Option<Total> {
        if self.earmarked == Total::ZERO && self.collateral == Total::ZERO {
            return self.cap_as_set;
        }
        let kept = self.collateral.permille(1000 - haircut_permille.min(1000));
        Some(self.earmarked + kept + self.credit)
    }
}

impl CountedLimits {
    fn set_bilateral(&mut self, pair: Pair, limit: Option<Amount>) {
        match limit {
            Some(limit) => _ = self.bilateral.insert(pair, limit.into()),
            None => _ = self.bilateral.remove(&pair),
        }
    }

    fn set_receiver_cap(&mut self, operator: OperatorNumber, limit: Option<Amount>) {
        match limit {
            Some(limit) => _ = self.receiver_caps.insert(operator, limit.into()),
            None => _ = self.receiver_caps.remove(&operator),
        }
    }

    /// Counts an admission; names the limit that it passes.
    fn admit(&mut self, transfer: &TransferRow) -> Option<&'static str> {
        let (payer, payee) = (transfer.payer_operator, transfer.payee_operator);
        *self.under_way.entry((payer, payee)).or_default() += transfer.amount;
        self.turn_to(transfer.admitted_at);
        let paid = |payer, payee| self.paid.get(&(payer, payee)).copied().unwrap_or_default();
        let between = paid(payer, payee) - paid(payee, payer) + self.under_way[&(payer, payee)];
        if self.bilateral.get(&(payer, payee)).is_some_and(|limit| between > *limit) {
            return Some("bilateral limit");
        }
        let to = |sums: &BTreeMap<Pair, Total>| -> Total {
            sums.iter().filter(|((_, to), _)| *to == payee).map(|(_, sum)| *sum).sum()
        };
        let sent: Total =
            self.paid.iter().filter(|((from, _), _)| *from == payee).map(|(_, sum)| *sum).sum();
        let received = || to(&self.paid) - sent + to(&self.under_way);
        self.receiver_caps
            .get(&payee)
            .is_some_and(|cap| received() > *cap)
            .then_some("receiver cap")
    }

    fn finish(&mut self, transfer: &Transfer, cleared_at: Option<Timestamp>) {
        let pair = (transfer.payer_operator, transfer.payee_operator);
        if transfer.manner != Manner::Queued {
            *self.under_way.entry(pair).or_default() -= transfer.amount;
        }
        if let Some(at) = cleared_at {
            self.turn_to(at);
            *self.paid.entry(pair).or_default() += transfer.amount;
        }
    }

    /// Forgets what was paid on an earlier business day; the end of a day is part of it.
    fn turn_to(&mut self, at: Timestamp) {
        let day = Some(at.plus_ms(-1).date());
        if self.day < day {
            self.day = day;
            self.paid.clear();
        }
    }
}
