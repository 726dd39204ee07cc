//! The accounts counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{Amount, BusinessDate, ByOperator, CycleId, OperatorNumber, Timestamp, Total};
use crate::{Details, Regime};

use super::CentralBankLedger;
use super::claims::Pair;
use super::cycle::{CycleRow, PositionRow};
use super::operation::{Action, Operation};
use super::reservations::Reserved;
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
    pub(super) reserved: Reserved,
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
    pub(super) treasury: Total,
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

/// Who owes the payee's operator for a payment, and how much.
type Debt = (OperatorNumber, Total);

/// What is owed for a payment: by the payer's operator for what the payer pays, by that of the
/// campaign for the discount; nobody owes itself.
fn debts(
    ledger: &CentralBankLedger,
    [payer, payee]: [OperatorNumber; 2],
    amount: Amount,
    details: Option<&Details>,
) -> Vec<Debt> {
    let amount = Total::from(amount);
    let Some(voucher) = details.and_then(|details| details.voucher) else {
        return vec![(payer, amount)];
    };
    let discount = Total::from(voucher.discount);
    let sponsor = ledger.accounts.of_wallet(voucher.campaign);
    let debts = match sponsor.filter(|sponsor| *sponsor != payer) {
        Some(sponsor) => vec![(payer, amount - discount), (sponsor, discount)],
        None => vec![(payer, amount)],
    };
    debts.into_iter().filter(|(debtor, _)| *debtor != payee).collect()
}

fn debts_of_row(ledger: &CentralBankLedger, row: &TransferRow) -> Vec<Debt> {
    let operators = [row.payer_operator, row.payee_operator];
    debts(ledger, operators, row.amount, row.details.as_deref())
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
            treasury: Total::ZERO,
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
                CentralBankRow::Transfer(row) => count.admit(self, &row),
                CentralBankRow::Event(event) => count.event(self, &event),
                CentralBankRow::Operation(operation) => count.operate(&operation),
                CentralBankRow::Position(row) => count.settle(&row),
                CentralBankRow::Cycle(row) => count.close(&row),
                CentralBankRow::Advice(_)
                | CentralBankRow::Alias(_)
                | CentralBankRow::Merchant(_) => {}
            }
        }
        count
    }
}

impl Recount {
    fn admit(&mut self, ledger: &CentralBankLedger, transfer: &TransferRow) {
        if matches!(transfer.admission, Admission::Refused { .. }) {
            return;
        }
        let debts = debts_of_row(ledger, transfer);
        // What has a sponsor has its cover at once, whatever the others wait for.
        let manner = match (self.manner, transfer.admission) {
            (Manner::Queued, Admission::Funding) => Manner::Gross,
            (manner, _) => manner,
        };
        for (debtor, sum) in debts.iter().copied() {
            self.count_against(transfer, manner, debtor, sum);
        }
        if manner == Manner::Queued {
            return;
        }
        if let Some(limit) = self.limits.admit(transfer, &debts) {
            self.breaches.push(format!("payment {} was admitted beyond a {limit}", transfer.id));
        }
    }

    /// Counts a part of an admission against who owes it.
    fn count_against(
        &mut self,
        transfer: &TransferRow,
        manner: Manner,
        debtor: OperatorNumber,
        sum: Total,
    ) {
        let account = &mut self.accounts[debtor];
        account.outstanding += sum;
        // What may queue waits for cover and limits, and neither bounds its admission.
        if manner == Manner::Queued {
            return;
        }
        if manner == Manner::Gross {
            account.committed += sum;
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
        if manner == Manner::Gross && account.committed > asset {
            self.breaches
                .push(format!("payment {} was admitted without cover: {asset} yuan", transfer.id));
        }
    }

    fn event(&mut self, ledger: &CentralBankLedger, event: &TransferEvent) {
        let Some(slot) = ledger.transfers.of_row(event.of) else { return };
        let transfer = &ledger.transfers[slot];
        let cleared = match event.step {
            Step::Delivered | Step::Funded | Step::Queued { .. } | Step::Prioritised { .. } => {
                return;
            }
            Step::Cleared { cycle, .. } => Some(cycle),
            Step::Refused { .. } => None,
        };
        let in_time = transfer.times().allow(event.at);
        if transfer.manner == Manner::Queued && cleared.is_some() && !in_time {
            self.breaches.push(format!("payment {} settled outside its times", transfer.id));
        }
        let debts = debts(
            ledger,
            [transfer.payer_operator, transfer.payee_operator],
            transfer.amount,
            transfer.details(),
        );
        for (debtor, sum) in debts.iter().copied() {
            self.accounts[debtor].outstanding -= sum;
            if transfer.manner == Manner::Gross {
                self.accounts[debtor].committed -= sum;
            }
        }
        self.limits.finish(transfer, &debts, cleared.map(|_| event.at));
        let Some(cycle) = cleared else { return };
        let payee = transfer.payee_operator;
        for (debtor, sum) in debts.iter().copied() {
            if cycle.is_none() {
                self.move_asset(debtor, Total::ZERO - sum);
                self.move_asset(payee, sum);
            } else {
                self.owe(debtor, payee, sum);
            }
        }
        if let Some(cycle) = cycle {
            self.clear(cycle, payee, &debts);
        }
    }

    fn owe(&mut self, debtor: OperatorNumber, payee: OperatorNumber, sum: Total) {
        self.accounts[debtor].unsettled -= sum;
        self.accounts[payee].unsettled += sum;
        // Who is paid may owe more than it did, too, since a frozen cycle has settled.
        for operator in [debtor, payee] {
            let account = &mut self.accounts[operator];
            account.peak_net_debit = account.peak_net_debit.max(account.unsettled.debit());
        }
    }

    /// Counts a payment as one of a cycle, with all that is owed for it.
    fn clear(&mut self, cycle: CycleId, payee: OperatorNumber, debts: &[Debt]) {
        let operators = self.accounts.len();
        let cycle = self.cycles.entry(cycle).or_insert_with(|| CountedCycle {
            payments: 0,
            gross: Total::ZERO,
            flows: ByOperator::filled(operators, (Total::ZERO, Total::ZERO)),
        });
        cycle.payments += 1;
        for (debtor, sum) in debts.iter().copied() {
            cycle.gross += sum;
            cycle.flows[debtor].0 += sum;
            cycle.flows[payee].1 += sum;
        }
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
            Action::Remit { amount } => {
                account.reserves -= amount;
                self.treasury += amount;
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
            Action::Reserve { level, amount } => account.reserved.set(level, amount),
            Action::Suspend => account.suspended = true,
            Action::Resume => account.suspended = false,
            Action::Overdraw { .. }
            | Action::RequestRemittance { .. }
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
    fn admit(&mut self, transfer: &TransferRow, debts: &[Debt]) -> Option<&'static str> {
        let payee = transfer.payee_operator;
        for (payer, sum) in debts.iter().copied() {
            *self.under_way.entry((payer, payee)).or_default() += sum;
        }
        self.turn_to(transfer.admitted_at);
        let paid = |payer, payee| self.paid.get(&(payer, payee)).copied().unwrap_or_default();
        let passes_limit = |(payer, _): &Debt| {
            let pair = (*payer, payee);
            let between = paid(*payer, payee) - paid(payee, *payer) + self.under_way[&pair];
            self.bilateral.get(&pair).is_some_and(|limit| between > *limit)
        };
        if debts.iter().any(passes_limit) {
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

    fn finish(&mut self, transfer: &Transfer, debts: &[Debt], cleared_at: Option<Timestamp>) {
        for (payer, sum) in debts.iter().copied() {
            let pair = (payer, transfer.payee_operator);
            if transfer.manner != Manner::Queued {
                *self.under_way.entry(pair).or_default() -= sum;
            }
            if let Some(at) = cleared_at {
                self.turn_to(at);
                *self.paid.entry(pair).or_default() += sum;
            }
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
