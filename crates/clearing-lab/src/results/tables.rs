//! The rows of each table, from the ledgers.

use std::collections::{BTreeMap, HashMap};

use clearing_domain::central_bank::{
    CentralBankLedger, Cycle, CyclePosition, CycleState, Transfer,
};
use clearing_domain::indicators::Flows;
use clearing_domain::money::{
    CycleId, OperatorNumber, PaymentId, Position, Prefix, Timestamp, WalletKind,
};
use clearing_domain::operator::{OperatorLedger, Payment, PaymentState, WalletStatus};
use clearing_domain::slots::Slot;

use crate::engine::Ledgers;
use crate::table::TableError;

use super::balances::balances;
use super::indicators::fen;
use super::need::{Need, asked, deficiencies};
use super::owed::{by_operator, debts};
use super::queued::{QueueEnd, paid_fen};
use super::row::{Operator, Target};
use super::rows::{AccountRow, ClaimRow, CycleRow, PaymentRow, PositionRow, QueueRow, WalletRow};
use super::settled::Settlement;

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
    /// Writes every table.
    pub(super) fn write(&self, target: &Target<'_>) -> Result<(), TableError> {
        target.write(self.payments())?;
        target.write(self.cycles())?;
        target.write(self.positions())?;
        target.write(self.queue())?;
        target.write(self.wallets())?;
        target.write(self.accounts())?;
        target.write(self.claims())?;
        target.write(balances(self.central_bank()))
    }

    fn central_bank(&self) -> &CentralBankLedger {
        &self.ledgers.central_bank
    }

    /// The payments of all operators in the order of their submission.
    fn payments(&self) -> impl Iterator<Item = PaymentRow<'_>> {
        let own = |operator| payments_of(operator);
        let mut payments: Vec<_> = self.ledgers.operators.iter().flat_map(own).collect();
        // Ids break ties: payments of one millisecond are at several operators, and a table must
        // not depend on their order in memory.
        payments.sort_unstable_by_key(|(_, payment)| (payment.submitted_at, payment.id));
        let codes = Codes::new(self.central_bank());
        payments.into_iter().map(move |(operator, payment)| {
            let [admitted_at, accepted_at, cleared_at, settled_at] =
                times(payment, self.transfer(payment.id));
            PaymentRow {
                payment_id: payment.id,
                reference: self.references.get(&payment.id).map(String::as_str),
                payer_operator: Operator(operator.settings().code.as_str()),
                payee_operator: Operator(codes.of_prefix(payment.payee.prefix())),
                payer_wallet: operator.payer_of(payment),
                payee_wallet: payment.payee,
                amount_fen: payment.amount,
                state: state_name(payment.state),
                reason: payment.reason.map(clearing_domain::Reason::name),
                cycle: payment.cycle.map(|cycle| i64::from(cycle.number())),
                submitted_at: payment.submitted_at,
                admitted_at,
                accepted_at,
                cleared_at,
                settled_at,
            }
        })
    }

    /// The transfer of a payment that crossed operators, and how it settled.
    fn transfer(&self, id: PaymentId) -> Option<(&Transfer, &Settlement)> {
        let transfer = self.central_bank().transfer(id)?;
        // The slots of transfers ascend with their rows.
        let transfers = self.central_bank().transfers();
        // A transfer does not know its slot, and settlements are kept by slots.
        let slot = transfers.binary_search_by_key(&transfer.row, |transfer| transfer.row).ok()?;
        Some((transfer, self.settlements.get(slot.place())?))
    }

    fn cycles(&self) -> impl Iterator<Item = CycleRow> {
        let deficiencies = deficiencies(self.central_bank());
        self.all_cycles().map(move |cycle| {
            let sum = |part: fn(&CyclePosition) -> Position| {
                cycle.positions.iter().map(|position| part(position).debit().fen()).sum::<i64>()
            };
            let has_closed = cycle.state != CycleState::Open;
            let flows = self.cycle_flows.get(&Some(cycle.id));
            CycleRow {
                cycle: i64::from(cycle.id.number()),
                state: cycle_state_name(cycle.state),
                opened_at: cycle.opened_at,
                closed_at: cycle.closed_at,
                payments: i64::try_from(cycle.payments).unwrap_or(i64::MAX),
                gross_fen: cycle.gross,
                net_fen: sum(|position| position.net),
                bilateral_net_fen: flows.map_or(0, |flows| fen(flows.pair_debits())),
                settled_fen: sum(|position| position.settled),
                carried_fen: sum(|position| position.carried),
                asked_fen: if has_closed { cycle.positions.iter().map(asked).sum() } else { 0 },
                deficiency_fen: deficiencies.get(&cycle.id).map_or(0, |lacked| fen(*lacked)),
            }
        })
    }

    fn positions(&self) -> impl Iterator<Item = PositionRow<'_>> {
        let accounts = self.central_bank().accounts();
        self.all_cycles().flat_map(move |cycle| {
            accounts.iter().zip(&cycle.positions).map(move |(account, position)| PositionRow {
                cycle: i64::from(cycle.id.number()),
                operator: Operator(account.code.as_str()),
                sent_fen: position.sent,
                received_fen: position.received,
                net_fen: position.net,
                brought_fen: position.brought,
                settled_fen: position.settled,
                carried_fen: position.carried,
                claimed_fen: position.claimed,
                peak_net_debit_fen: position.peak_net_debit,
                balance_after_fen: position.balance_after,
                asked_fen: if cycle.state == CycleState::Open { 0 } else { asked(position) },
            })
        })
    }

    /// The obligations that a cut-off could not settle, and the payments that waited for cover.
    fn queue(&self) -> impl Iterator<Item = QueueRow<'_>> {
        let unpaid = self.central_bank().unpaid();
        let transfers = self.central_bank().transfers().enumerate().zip(self.settlements);
        transfers.filter_map(move |((slot, transfer), settlement)| {
            let queued_at = settlement.queued_at?;
            let paid = paid_fen(transfer, settlement, unpaid.get(&slot));
            let end = QueueEnd::of(self.central_bank(), transfer, settlement, paid);
            let settled_cycle = || i64::from(CycleId::number_or_zero(settlement.cycle));
            Some(QueueRow {
                payment_id: transfer.id,
                payer_operator: self.operator(transfer.payer_operator),
                payee_operator: self.operator(transfer.payee_operator),
                amount_fen: transfer.amount,
                cycle: i64::from(CycleId::number_or_zero(transfer.cycle)),
                queued_at,
                cut_offs_missed: i64::from(settlement.missed),
                settled_cycle: settlement.settled_at.map(|_| settled_cycle()),
                settled_at: settlement.settled_at,
                ended_at: end.at,
                state: end.state,
                reason: end.reason,
                paid_fen: paid,
            })
        })
    }

    /// An operator by its number at the central bank.
    fn operator(&self, number: OperatorNumber) -> Operator<'_> {
        Operator(self.central_bank().accounts()[number].code.as_str())
    }

    fn wallets(&self) -> impl Iterator<Item = WalletRow<'_>> {
        self.ledgers.operators.iter().flat_map(|operator| {
            operator.wallets().iter().map(|wallet| WalletRow {
                wallet_number: wallet.number,
                operator: Operator(operator.settings().code.as_str()),
                kind: kind_name(wallet.kind()),
                class: i64::from(wallet.class.get()),
                status: status_name(wallet.status),
                balance_fen: wallet.balance,
                in_transit_fen: wallet.in_transit,
            })
        })
    }

    fn accounts(&self) -> impl Iterator<Item = AccountRow<'_>> {
        let need = Need::of(self.central_bank(), self.day_one).operators;
        let owed = by_operator(self.central_bank(), self.day_one);
        let accounts = self.central_bank().accounts().iter().zip(need).zip(owed);
        accounts.map(|((account, need), owed)| AccountRow {
            operator: Operator(account.code.as_str()),
            reserves_fen: account.reserves,
            held_fen: account.held,
            unsettled_fen: account.unsettled,
            cap_fen: account.cap,
            most_owed_fen: fen(need.most_owed),
            largest_asked_fen: fen(need.largest_asked),
            sufficient_fen: fen(need.sufficient),
            central_bank_credit_drawn_fen: owed.drawn,
            central_bank_credit_repaid_fen: owed.repaid,
            central_bank_credit_open_fen: owed.open,
            overdraft_fen: owed.overdraft,
            claims_held_fen: owed.claims_held,
            claims_owed_fen: owed.claims_owed,
            loss_fen: owed.loss,
        })
    }

    /// Who owes what outside settlement.
    fn claims(&self) -> impl Iterator<Item = ClaimRow<'_>> {
        debts(self.central_bank()).into_iter().map(|debt| ClaimRow {
            kind: debt.kind,
            debtor: Operator(debt.debtor),
            creditor: Operator(debt.creditor),
            arisen_fen: debt.arisen,
            settled_fen: debt.settled,
            open_fen: debt.open,
            cut_offs: i64::try_from(debt.cut_offs).unwrap_or(i64::MAX),
        })
    }

    fn all_cycles(&self) -> impl Iterator<Item = &Cycle> {
        all_cycles(self.central_bank())
    }
}

/// The closed cycles, and the open one when anything is in it.
pub(super) fn all_cycles(ledger: &CentralBankLedger) -> impl Iterator<Item = &Cycle> {
    // The cycle after the last cut-off is open in every ledger and says nothing when it is empty.
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
            [None, payment.finished_at(), payment.finished_at(), payment.finished_at()]
        }
        (None, PaymentState::Rejected | PaymentState::Returned | PaymentState::InTransit) => {
            [None; 4]
        }
        (Some((transfer, settlement)), state) => {
            let completed = state == PaymentState::Completed;
            [
                Some(transfer.admitted_at),
                transfer.decided_at().filter(|_| completed),
                transfer.finished_at().filter(|_| completed),
                settlement.settled_at,
            ]
        }
    }
}

/// The codes of operators by the prefix of their wallets.
pub(super) struct Codes<'a>(Vec<(Prefix, &'a str)>);

impl<'a> Codes<'a> {
    pub(super) fn new(ledger: &'a CentralBankLedger) -> Self {
        Self(
            ledger
                .accounts()
                .iter()
                .map(|account| (account.prefix, account.code.as_str()))
                .collect(),
        )
    }

    fn of_prefix(&self, prefix: Prefix) -> &'a str {
        self.0.iter().find(|(known, _)| *known == prefix).map_or("", |(_, code)| code)
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
