//! An operator's disk in memory: rows as a store would write them, batch by batch.

use clearing_domain::link::RosterEntry;
use clearing_domain::money::{Position, Timestamp, WalletNumber};
use clearing_domain::operator::{
    Account, Holder, Inbound, InboundState, LinkState, LoadedOperator, OperatorChanges,
    OperatorLedger, OperatorSettings, OutcomeRow, Payment, PaymentState, TickState, WalletEvent,
};
use clearing_domain::seal::{BatchSeal, Chain};
use clearing_domain::slots::Slot;

/// The disk of an operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperatorDisk {
    wallets: Vec<(WalletNumber, Holder)>,
    events: Vec<(WalletNumber, WalletEvent)>,
    payments: Vec<(WalletNumber, Payment)>,
    inbound: Vec<Inbound>,
    outcomes: Vec<OutcomeRow>,
    batches: Vec<OperatorBatch>,
    synced: usize,
}

/// How long the lists were after a batch, and the rows that are overwritten.
#[derive(Clone, Debug)]
struct OperatorBatch {
    lengths: [usize; 5],
    accounts: Vec<(Account, Position)>,
    link: LinkState,
    tick: TickState,
    roster: Vec<RosterEntry>,
    chain: Chain,
}

impl OperatorDisk {
    /// Writes a batch; it may be lost until the next sync.
    pub(crate) fn write(&mut self, ledger: &OperatorLedger, changes: &OperatorChanges) {
        if changes.is_empty() {
            return;
        }
        for slot in &changes.wallets {
            let wallet = &ledger.wallets()[*slot];
            self.wallets.truncate(slot.place());
            self.wallets.push((wallet.number, wallet.holder.clone()));
        }
        for slot in &changes.events {
            let row = ledger.event_row(*slot);
            self.events.push((row.wallet, row.event.clone()));
        }
        for slot in &changes.payments {
            let row = ledger.payment_row(*slot);
            self.payments.push((row.payer, as_submitted(row.payment)));
        }
        self.inbound
            .extend(changes.inbound.iter().map(|slot| as_decided(&ledger.inbound()[*slot])));
        self.outcomes.extend(&changes.outcomes);
        let fixed = Account::FIXED.map(|account| (account, ledger.accounts().balance(account)));
        let positions = ledger
            .accounts()
            .positions()
            .map(|(cycle, position)| (Account::Position(cycle), position));
        self.batches.push(OperatorBatch {
            lengths: self.lengths(),
            accounts: fixed.into_iter().chain(positions).collect(),
            link: stored_link(ledger.link()),
            tick: ledger.tick(),
            roster: ledger.roster().to_vec(),
            chain: changes.chain,
        });
    }

    fn lengths(&self) -> [usize; 5] {
        [
            self.wallets.len(),
            self.events.len(),
            self.payments.len(),
            self.inbound.len(),
            self.outcomes.len(),
        ]
    }

    /// Everything written so far survives a crash.
    pub(crate) fn sync(&mut self) {
        self.synced = self.batches.len();
    }

    /// How many batches a crash may take.
    pub(crate) fn unsynced(&self) -> usize {
        self.batches.len() - self.synced
    }

    /// A crash takes the last `lost` batches, synced or not.
    pub(crate) fn lose(&mut self, lost: usize) {
        self.batches.truncate(self.batches.len().saturating_sub(lost));
        self.synced = self.synced.min(self.batches.len());
        let [wallets, events, payments, inbound, outcomes] =
            self.batches.last().map_or([0; 5], |batch| batch.lengths);
        self.wallets.truncate(wallets);
        self.events.truncate(events);
        self.payments.truncate(payments);
        self.inbound.truncate(inbound);
        self.outcomes.truncate(outcomes);
    }

    pub(crate) fn restore(&self, settings: OperatorSettings) -> OperatorLedger {
        match self.load() {
            Some(loaded) => OperatorLedger::restore(settings, loaded).expect("rows are a history"),
            None => OperatorLedger::new(settings),
        }
    }

    /// What a store would load.
    pub(crate) fn load(&self) -> Option<LoadedOperator> {
        let last = self.batches.last()?;
        Some(LoadedOperator {
            wallets: self.wallets.clone(),
            events: self.events.clone(),
            payments: self.payments.clone(),
            inbound: self.inbound.clone(),
            outcomes: self.outcomes.clone(),
            accounts: last.accounts.clone(),
            link: last.link.clone(),
            tick: last.tick,
            roster: last.roster.clone(),
            chain: last.chain,
            file: [0; 32],
        })
    }

    pub(crate) fn seals(&self) -> Vec<BatchSeal> {
        self.batches.iter().map(|batch| seal(batch.chain)).collect()
    }
}

pub(crate) fn seal(chain: Chain) -> BatchSeal {
    chain.into()
}

fn as_submitted(payment: &Payment) -> Payment {
    let state = payment.initial_state();
    let finished_at =
        if state == PaymentState::InTransit { Timestamp::ZERO } else { payment.finished_at };
    Payment {
        state,
        reason: payment.initial_reason(),
        cycle: None,
        finished_at,
        outcome_row: 0,
        queued: false,
        ..payment.clone()
    }
}

fn as_decided(inbound: &Inbound) -> Inbound {
    let state = inbound.initial_state();
    let reason = inbound.reason.filter(|_| state == InboundState::Rejected);
    let (cycle, finished_at) = (None, Timestamp::ZERO);
    Inbound { state, reason, cycle, finished_at, outcome_row: 0, ..inbound.clone() }
}

fn stored_link(link: &LinkState) -> LinkState {
    let mut stored = LinkState::default();
    (stored.incarnation, stored.advice) = (link.incarnation, link.advice);
    stored.central_bank_batch = link.central_bank_batch;
    stored.central_bank_head = link.central_bank_head;
    stored.queued = link.queued.clone();
    (stored.withdrawing, stored.declined) = (link.withdrawing.clone(), link.declined.clone());
    stored
}
