//! The accounts counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::Regime;
use crate::money::{Amount, BusinessDate, CycleId, Position, Timestamp, Total};

use super::cycle::Cycle;
use super::ledger::CentralBankLedger;
use super::mode::Manner;
use super::operation::{Operation, OperationKind};
use super::settings::SettlementMode;
use super::transfer::{Transfer, TransferEvent, TransferEventKind, TransferState};

/// What the rows say of one operator. They may be forged, so that sums of any size come up.
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
    pub(super) flows: Vec<(Total, Total)>,
}

/// What the rows say of all.
pub(super) struct Recount {
    pub(super) accounts: Vec<Counted>,
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
    bilateral: BTreeMap<(u16, u16), Total>,
    receiver_caps: BTreeMap<u16, Total>,
    day: Option<BusinessDate>,
    /// What was paid on the day, by payer and payee; not net.
    paid: BTreeMap<(u16, u16), Total>,
    under_way: BTreeMap<(u16, u16), Total>,
}

impl CentralBankLedger {
    /// Walks all rows in their order.
    pub(super) fn recount(&self, events: &[TransferEvent]) -> Recount {
        let mut count = Recount {
            accounts: self
                .accounts
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
        let mut transfers = self.transfers.iter().peekable();
        let mut operations = self.operations.iter().peekable();
        let mut cycles = self.cycles.iter().peekable();
        let mut events = events.iter().peekable();
        loop {
            let heads = [
                transfers.peek().map_or(u64::MAX, |transfer| transfer.row),
                events.peek().map_or(u64::MAX, |event| event.row),
                operations.peek().map_or(u64::MAX, |operation| operation.row),
                cycles.peek().map_or(u64::MAX, |cycle| cycle.row),
            ];
            let Some(row) = heads.into_iter().min().filter(|row| *row != u64::MAX) else { break };
            if row == heads[0] {
                transfers.next().into_iter().for_each(|transfer| count.admit(transfer));
            } else if row == heads[1] {
                events.next().into_iter().for_each(|event| count.event(self, event));
            } else if row == heads[2] {
                operations.next().into_iter().for_each(|operation| count.operate(operation));
            } else {
                cycles.next().into_iter().for_each(|cycle| count.settle(cycle));
            }
        }
        count
    }
}

impl Recount {
    fn admit(&mut self, transfer: &Transfer) {
        if transfer.initial_state == TransferState::Refused {
            return;
        }
        let account = &mut self.accounts[usize::from(transfer.payer_operator)];
        account.outstanding += transfer.amount;
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
        let Ok(slot) = ledger.transfers.binary_search_by_key(&event.of, |transfer| transfer.row)
        else {
            return;
        };
        let transfer = &ledger.transfers[slot];
        match event.kind {
            TransferEventKind::Delivered
            | TransferEventKind::Queued
            | TransferEventKind::Prioritised => return,
            TransferEventKind::Cleared | TransferEventKind::Refused => {}
        }
        let (payer, payee) =
            (usize::from(transfer.payer_operator), usize::from(transfer.payee_operator));
        self.accounts[payer].outstanding -= transfer.amount;
        if transfer.manner == Manner::Gross {
            self.accounts[payer].committed -= transfer.amount;
        }
        self.limits
            .finish(transfer, (event.kind == TransferEventKind::Cleared).then_some(event.at));
        if event.kind == TransferEventKind::Refused {
            return;
        }
        let sum = Total::from(transfer.amount);
        let Some(cycle) = event.cycle else {
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
            flows: vec![(Total::ZERO, Total::ZERO); operators],
        });
        cycle.payments += 1;
        cycle.gross += sum;
        cycle.flows[payer].0 += sum;
        cycle.flows[payee].1 += sum;
    }

    fn operate(&mut self, operation: &Operation) {
        let account = &mut self.accounts[usize::from(operation.operator)];
        let sum = operation.sum;
        match operation.kind {
            OperationKind::Fund => account.reserves += sum,
            OperationKind::Lend => {
                account.reserves += sum;
                account.drawn += sum;
            }
            OperationKind::Repay => {
                account.reserves -= sum;
                account.repaid += sum;
            }
            OperationKind::Overdraw => {
                let below =
                    if self.regime == Regime::Deposit { account.reserves } else { Total::ZERO };
                let owed = account.drawn - account.repaid + below.debit();
                account.overdraft = sum.into();
                if owed != sum.into() {
                    let number = operation.operator;
                    self.breaches.push(format!(
                        "row {} says that operator {number} owes {sum} yuan, not {owed}",
                        operation.row
                    ));
                }
            }
            OperationKind::Issue => {
                account.reserves -= sum;
                account.held += sum;
                self.issued += sum;
            }
            OperationKind::WithdrawRequest => account.withdrawing += sum,
            OperationKind::WithdrawDecline => account.withdrawing -= sum,
            OperationKind::Withdraw => {
                account.withdrawing -= sum;
                account.held -= sum;
                account.reserves += sum;
                self.withdrawn += sum;
            }
            OperationKind::SetCap => {
                account.cap = Some(Total::from(sum)).filter(|cap| *cap >= Total::ZERO);
                account.cap_as_set = account.cap;
            }
            OperationKind::Earmark => {
                account.earmarked += sum;
                account.cap = account.cap_of_guarantees(self.haircut_permille);
            }
            OperationKind::Pledge => {
                account.collateral += sum;
                account.cap = account.cap_of_guarantees(self.haircut_permille);
            }
            OperationKind::ConfigureMode
            | OperationKind::ScheduleMode
            | OperationKind::CancelMode => {}
            OperationKind::AdoptMode => {
                self.manner =
                    SettlementMode::from_sum(sum).map_or(self.manner, SettlementMode::manner);
            }
            OperationKind::Freeze => {
                self.frozen.extend(u32::try_from(sum.fen()).ok().and_then(CycleId::new));
                for account in &mut self.accounts {
                    account.peak_net_debit = account.unsettled.debit();
                }
            }
            OperationKind::SetBilateralLimit => self.limits.set(operation),
            OperationKind::SetReceiverCap => self.limits.set(operation),
            OperationKind::Suspend => account.suspended = true,
            OperationKind::Resume => account.suspended = false,
        }
    }

    fn settle(&mut self, cycle: &Cycle) {
        for (operator, position) in cycle.positions.iter().enumerate() {
            self.move_asset(operator, position.settled.into());
            let account = &mut self.accounts[operator];
            account.unsettled -= Total::from(position.settled) + position.claimed;
            if !self.frozen.contains(&cycle.id) {
                account.peak_net_debit = account.unsettled.debit();
            }
        }
    }

    fn move_asset(&mut self, operator: usize, sum: Total) {
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
    fn set(&mut self, operation: &Operation) {
        let limit = Some(operation.sum).filter(|sum| *sum >= Position::ZERO).map(Total::from);
        match (operation.counterparty, limit) {
            (Some(payee), Some(limit)) => {
                self.bilateral.insert((operation.operator, payee), limit);
            }
            (Some(payee), None) => drop(self.bilateral.remove(&(operation.operator, payee))),
            (None, Some(limit)) => drop(self.receiver_caps.insert(operation.operator, limit)),
            (None, None) => drop(self.receiver_caps.remove(&operation.operator)),
        }
    }

    /// Counts an admission; names the limit that it passes.
    fn admit(&mut self, transfer: &Transfer) -> Option<&'static str> {
        let (payer, payee) = (transfer.payer_operator, transfer.payee_operator);
        *self.under_way.entry((payer, payee)).or_default() += transfer.amount;
        self.turn_to(transfer.admitted_at);
        let paid = |payer, payee| self.paid.get(&(payer, payee)).copied().unwrap_or_default();
        let between = paid(payer, payee) - paid(payee, payer) + self.under_way[&(payer, payee)];
        if self.bilateral.get(&(payer, payee)).is_some_and(|limit| between > *limit) {
            return Some("bilateral limit");
        }
        let to = |sums: &BTreeMap<(u16, u16), Total>| -> Total {
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
