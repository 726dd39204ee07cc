//! The rows of each table, from the ledgers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use clearing_domain::central_bank::{CentralBankLedger, Cycle, CycleState, Transfer};
use clearing_domain::indicators::Flows;
use clearing_domain::money::{
    CycleId, OperatorCode, PaymentId, Position, Prefix, Timestamp, WalletKind,
};
use clearing_domain::operator::{OperatorLedger, Payment, PaymentState, WalletStatus};

use crate::engine::Ledgers;

use super::ResultsError;
use super::indicators::fen;
use super::need::{Need, asked, deficiencies};
use super::owed::{by_operator, debts};
use super::queued::{QueueEnd, paid_fen};
use super::schema::{ACCOUNTS, CLAIMS, CYCLES, PAYMENTS, POSITIONS, QUEUE, WALLETS};
use super::settled::Settlement;
use super::table::{Stamp, Table};

/// What the tables are written from.
pub(super) struct Source<'a> {
    pub(super) ledgers: &'a Ledgers,
    pub(super) settlements: &'a [Settlement],
    /// What the operators paid each other in each cycle.
    pub(super) cycle_flows: &'a BTreeMap<Option<CycleId>, Flows>,
    /// What listed payments are called in their list.
    pub(super) references: &'a HashMap<PaymentId, String>,
    /// Midnight of the first day.
    pub(super) day_one: Timestamp,
}

impl Source<'_> {
    /// Writes every table into a folder.
    pub(super) fn write(
        &self,
        folder: &Path,
        stamp: &Stamp,
        csv: bool,
    ) -> Result<(), ResultsError> {
        self.payments(Table::create(folder, &PAYMENTS, stamp, csv)?)?;
        self.cycles(Table::create(folder, &CYCLES, stamp, csv)?)?;
        self.positions(Table::create(folder, &POSITIONS, stamp, csv)?)?;
        self.queue(Table::create(folder, &QUEUE, stamp, csv)?)?;
        self.wallets(Table::create(folder, &WALLETS, stamp, csv)?)?;
        self.accounts(Table::create(folder, &ACCOUNTS, stamp, csv)?)?;
        self.claims(Table::create(folder, &CLAIMS, stamp, csv)?)
    }

    fn central_bank(&self) -> &CentralBankLedger {
        &self.ledgers.central_bank
    }

    /// The payments of all operators in the order of their submission.
    fn payments(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        let own = |operator| payments_of(operator);
        let mut payments: Vec<_> = self.ledgers.operators.iter().flat_map(own).collect();
        payments.sort_unstable_by_key(|(_, payment)| (payment.submitted_at, payment.id));
        let codes = Codes::new(self.central_bank());
        for (operator, payment) in payments {
            let payer = operator.payer_of(payment);
            table.display(payment.id);
            table.optional_text(self.references.get(&payment.id).map(String::as_str));
            table.text(operator.settings().code.as_str());
            table.text(codes.of_prefix(payment.payee.prefix()));
            table.display(payer);
            table.display(payment.payee);
            table.integer(payment.amount.fen());
            table.text(state_name(payment.state));
            table.optional_text(payment.reason.map(clearing_domain::Reason::name));
            table.optional_integer(payment.cycle.map(|cycle| i64::from(cycle.number())));
            table.time(payment.submitted_at);
            times(payment, self.transfer(payment.id))
                .into_iter()
                .for_each(|at| table.optional_time(at));
            table.end_row()?;
        }
        table.finish()
    }

    /// The transfer of a payment that crossed operators, and how it settled.
    fn transfer(&self, id: PaymentId) -> Option<(&Transfer, &Settlement)> {
        let transfer = self.central_bank().transfer(id)?;
        // The slots of transfers ascend with their rows.
        let transfers = self.central_bank().transfers();
        let slot = transfers.binary_search_by_key(&transfer.row, |transfer| transfer.row).ok()?;
        Some((transfer, self.settlements.get(slot)?))
    }

    fn cycles(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        let deficiencies = deficiencies(self.central_bank());
        for cycle in self.all_cycles() {
            let sum = |part: &dyn Fn(&clearing_domain::central_bank::CyclePosition) -> Position| {
                cycle.positions.iter().map(|position| part(position).debit().fen()).sum::<i64>()
            };
            table.integer(i64::from(cycle.id.number()));
            table.text(cycle_state_name(cycle.state));
            table.time(cycle.opened_at);
            table.optional_time((cycle.state != CycleState::Open).then_some(cycle.closed_at));
            table.integer(i64::try_from(cycle.payments).unwrap_or(i64::MAX));
            table.integer(cycle.gross.fen());
            table.integer(sum(&|position| position.net));
            table.integer(
                self.cycle_flows.get(&Some(cycle.id)).map_or(0, |flows| fen(flows.pair_debits())),
            );
            table.integer(sum(&|position| position.settled));
            table.integer(sum(&|position| position.carried));
            let has_closed = cycle.state != CycleState::Open;
            table.integer(if has_closed { cycle.positions.iter().map(asked).sum() } else { 0 });
            table.integer(deficiencies.get(&cycle.id).map_or(0, |lacked| fen(*lacked)));
            table.end_row()?;
        }
        table.finish()
    }

    fn positions(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        for cycle in self.all_cycles() {
            for (account, position) in self.central_bank().accounts().iter().zip(&cycle.positions) {
                table.integer(i64::from(cycle.id.number()));
                table.text(account.code.as_str());
                table.integer(position.sent.fen());
                table.integer(position.received.fen());
                table.integer(position.net.fen());
                table.integer(position.brought.fen());
                table.integer(position.settled.fen());
                table.integer(position.carried.fen());
                table.integer(position.claimed.fen());
                table.integer(position.peak_net_debit.fen());
                table.integer(position.balance_after.fen());
                table.integer(if cycle.state == CycleState::Open { 0 } else { asked(position) });
                table.end_row()?;
            }
        }
        table.finish()
    }

    /// The obligations that a cut-off could not settle, and the payments that waited for cover.
    fn queue(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        let accounts = self.central_bank().accounts();
        let unpaid = self.central_bank().unpaid();
        for ((slot, transfer), settlement) in
            (0..).zip(self.central_bank().transfers()).zip(self.settlements)
        {
            let Some(queued_at) = settlement.queued_at else { continue };
            table.display(transfer.id);
            table.text(accounts[usize::from(transfer.payer_operator)].code.as_str());
            table.text(accounts[usize::from(transfer.payee_operator)].code.as_str());
            table.integer(transfer.amount.fen());
            table.integer(i64::from(CycleId::number_or_zero(transfer.cycle)));
            table.time(queued_at);
            table.integer(i64::from(settlement.missed));
            table.optional_integer(
                settlement.settled_at.map(|_| i64::from(CycleId::number_or_zero(settlement.cycle))),
            );
            table.optional_time(settlement.settled_at);
            let paid = paid_fen(transfer, settlement, unpaid.get(&slot));
            let end = QueueEnd::of(self.central_bank(), transfer, settlement, paid);
            table.optional_time(end.at);
            table.text(end.state);
            table.optional_text(end.reason);
            table.integer(paid);
            table.end_row()?;
        }
        table.finish()
    }

    fn wallets(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        for operator in &self.ledgers.operators {
            for wallet in operator.wallets() {
                table.display(wallet.number);
                table.text(operator.settings().code.as_str());
                table.text(kind_name(wallet.kind()));
                table.integer(i64::from(wallet.class.get()));
                table.text(status_name(wallet.status));
                table.integer(wallet.balance.fen());
                table.integer(wallet.in_transit.fen());
                table.end_row()?;
            }
        }
        table.finish()
    }

    fn accounts(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        let need = Need::of(self.central_bank(), self.day_one).operators;
        let owed = by_operator(self.central_bank(), self.day_one);
        for ((account, need), owed) in self.central_bank().accounts().iter().zip(need).zip(owed) {
            table.text(account.code.as_str());
            table.integer(account.reserves.fen());
            table.integer(account.held.fen());
            table.integer(account.unsettled.fen());
            table.optional_integer(account.cap.map(clearing_domain::money::Amount::fen));
            [need.most_owed, need.largest_asked, need.sufficient]
                .iter()
                .for_each(|sum| table.integer(fen(*sum)));
            [owed.drawn, owed.repaid, owed.open, owed.overdraft]
                .iter()
                .for_each(|sum| table.integer(sum.fen()));
            [owed.claims_held, owed.claims_owed, owed.loss]
                .iter()
                .for_each(|sum| table.integer(sum.fen()));
            table.end_row()?;
        }
        table.finish()
    }

    /// Who owes what outside settlement.
    fn claims(&self, mut table: Table<'_>) -> Result<(), ResultsError> {
        for debt in debts(self.central_bank()) {
            table.text(debt.kind);
            table.text(debt.debtor);
            table.text(debt.creditor);
            [debt.arisen, debt.settled, debt.open].iter().for_each(|sum| table.integer(sum.fen()));
            table.integer(i64::try_from(debt.cut_offs).unwrap_or(i64::MAX));
            table.end_row()?;
        }
        table.finish()
    }

    fn all_cycles(&self) -> impl Iterator<Item = &Cycle> {
        all_cycles(self.central_bank())
    }
}

/// The closed cycles, and the open one when anything is in it.
pub(super) fn all_cycles(ledger: &CentralBankLedger) -> impl Iterator<Item = &Cycle> {
    let used = |cycle: &&Cycle| {
        cycle.payments > 0 || cycle.positions.iter().any(|position| !position.brought.is_zero())
    };
    ledger.cycles().iter().chain(ledger.frozen_cycle()).chain(ledger.open_cycle().filter(used))
}

fn payments_of(operator: &OperatorLedger) -> impl Iterator<Item = (&OperatorLedger, &Payment)> {
    operator.payments().iter().map(move |payment| (operator, payment))
}

/// When a payment was admitted, accepted, cleared and settled, as far as it came. An on-us payment
/// is accepted and settled in the moment it is submitted, and nobody else admits it.
fn times(payment: &Payment, transfer: Option<(&Transfer, &Settlement)>) -> [Option<Timestamp>; 4] {
    match (transfer, payment.state) {
        (None, PaymentState::Completed) => {
            [None, Some(payment.finished_at), Some(payment.finished_at), Some(payment.finished_at)]
        }
        (None, PaymentState::Rejected | PaymentState::Returned | PaymentState::InTransit) => {
            [None; 4]
        }
        (Some((transfer, settlement)), state) => {
            let completed = state == PaymentState::Completed;
            let decided = (completed && transfer.decided_at != Timestamp::ZERO)
                .then_some(transfer.decided_at);
            [
                Some(transfer.admitted_at),
                decided,
                completed.then_some(transfer.finished_at),
                settlement.settled_at,
            ]
        }
    }
}

/// The codes of operators by the prefix of their wallets.
pub(super) struct Codes(Vec<(Prefix, OperatorCode)>);

impl Codes {
    pub(super) fn new(ledger: &CentralBankLedger) -> Self {
        Self(ledger.accounts().iter().map(|account| (account.prefix, account.code)).collect())
    }

    fn of_prefix(&self, prefix: Prefix) -> &str {
        self.0.iter().find(|(known, _)| *known == prefix).map_or("", |(_, code)| code.as_str())
    }
}

/// The name of a payment's state in results.
pub(super) fn state_name(state: PaymentState) -> &'static str {
    match state {
        PaymentState::InTransit => "IN_TRANSIT",
        PaymentState::Completed => "COMPLETED",
        PaymentState::Rejected => "REJECTED",
        PaymentState::Returned => "RETURNED",
    }
}

fn cycle_state_name(state: CycleState) -> &'static str {
    match state {
        CycleState::Open => "OPEN",
        CycleState::Settled => "SETTLED",
        CycleState::PartlySettled => "PARTLY_SETTLED",
        CycleState::Carried => "CARRIED",
        CycleState::Unwound => "UNWOUND",
        CycleState::LossShared => "LOSS_SHARED",
        CycleState::Frozen => "FROZEN",
        CycleState::ProRata => "PRO_RATA",
    }
}

fn status_name(status: WalletStatus) -> &'static str {
    match status {
        WalletStatus::Normal => "NORMAL",
        WalletStatus::ReceiveOnly => "RECEIVE_ONLY",
        WalletStatus::Frozen => "FROZEN",
        WalletStatus::Closed => "CLOSED",
    }
}

fn kind_name(kind: WalletKind) -> &'static str {
    match kind {
        WalletKind::Personal => "PERSONAL",
        WalletKind::Corporate => "CORPORATE",
        WalletKind::Merchant => "MERCHANT",
        WalletKind::Government => "GOVERNMENT",
        WalletKind::Hard => "HARD",
        WalletKind::Operator => "OPERATOR",
    }
}
