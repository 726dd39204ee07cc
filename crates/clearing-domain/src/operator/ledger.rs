//! The state of the operator's ledger and how batches are taken from it.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::link::RosterEntry;
use crate::money::{
    Amount, CycleId, OperatorCode, PaymentId, Prefix, Timestamp, Total, WalletNumber,
};
use crate::seal::{BatchHasher, Chain, SetDigest};
use crate::slots::{SlotIndex, Slots};
use crate::{Lockstep, Regime};

use super::accounts::{Account, OperatorAccounts};
use super::changes::{OperatorChanges, OperatorEffects};
use super::index::{RequestRef, WalletSlots};
use super::limits::{LimitSchedule, Limits};
use super::link::LinkState;
use super::lockstep::TickState;
use super::payers::PaymentsOfWallets;
use super::payment::{Inbound, Payment, PaymentRow, WalletEvent, WalletEventRow};
use super::refusals::{RefusalBudget, RefusalRate};
use super::slot::{EntrySlot, EventSlot, InboundSlot, PaymentSlot, WalletSlot};
use super::statement::EntryLink;
use super::wallet::Wallet;

/// What configuration decides for the operator's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorSettings {
    /// Who it is.
    pub code: OperatorCode,
    /// The prefix of its wallets.
    pub prefix: Prefix,
    /// Cash or deposit.
    pub regime: Regime,
    /// The limits of its wallets.
    pub limits: LimitSchedule,
    /// How long a payment may wait for its decision.
    pub expiry_ms: i64,
    /// The business time of tick 0 and the length of a tick; `None` under the wall clock.
    pub lockstep: Option<Lockstep>,
    /// Customers' bank deposits at the start (deposit regime).
    pub opening_deposits: Amount,
}

/// The operator's ledger.
#[derive(Debug)]
pub struct OperatorLedger {
    pub(super) settings: OperatorSettings,
    pub(super) accounts: OperatorAccounts,
    pub(super) wallets: Slots<WalletSlot, Wallet>,
    pub(super) slots: WalletSlots,
    /// Closed wallets whose aliases the directory has not given up yet.
    pub(super) giving_up: BTreeSet<WalletNumber>,
    pub(super) events: Slots<EventSlot, WalletEvent>,
    pub(super) payments: Slots<PaymentSlot, Payment>,
    pub(super) payers: PaymentsOfWallets,
    /// What wallets may have refused before they are told to wait; `None` is without end.
    pub(super) refusal_budget: Option<RefusalBudget>,
    pub(super) payment_index: SlotIndex<PaymentSlot>,
    /// How many payments in transit the central bank has not answered.
    pub(super) unanswered: usize,
    pub(super) inbound: Slots<InboundSlot, Inbound>,
    /// Room held in wallets for payments that wait for cover, by slot.
    pub(super) held_room: FxHashMap<WalletSlot, Amount>,
    /// All of that room.
    pub(super) room: Total,
    pub(super) inbound_index: SlotIndex<InboundSlot>,
    /// What earlier requests made, by their keys.
    pub(super) requests: SlotIndex<RequestRef>,
    pub(super) entries: Slots<EntrySlot, EntryLink>,
    pub(super) link: LinkState,
    pub(super) roster: Vec<RosterEntry>,
    pub(super) tick: TickState,
    /// The business time under the wall clock: the latest that the clock has shown.
    pub(super) time: Timestamp,
    /// What the clock shows, which may be earlier; nothing before it was looked at.
    pub(super) shown: Option<Timestamp>,
    pub(super) chain: Chain,
    /// The digest of the file's own texts, which the seals cover.
    pub(super) file: [u8; 32],
    /// The digest of all wallets with their holders.
    pub(super) holders: SetDigest,
    pub(super) changes: OperatorChanges,
    pub(super) effects: OperatorEffects,
    pub(super) hasher: BatchHasher,
}

impl OperatorLedger {
    /// A new, empty ledger.
    pub fn new(settings: OperatorSettings) -> Self {
        let mut ledger = Self::empty(settings);
        if settings.regime == Regime::Deposit {
            ledger.accounts.post(
                Account::OtherAssets,
                Account::OtherDeposits,
                settings.opening_deposits,
            );
        }
        ledger.changes.state = true;
        ledger
    }

    pub(super) fn empty(settings: OperatorSettings) -> Self {
        Self {
            settings,
            accounts: OperatorAccounts::default(),
            wallets: Slots::new(),
            slots: WalletSlots::default(),
            giving_up: BTreeSet::new(),
            events: Slots::new(),
            payments: Slots::new(),
            payers: PaymentsOfWallets::default(),
            refusal_budget: None,
            payment_index: SlotIndex::default(),
            unanswered: 0,
            inbound: Slots::new(),
            held_room: FxHashMap::default(),
            room: Total::ZERO,
            inbound_index: SlotIndex::default(),
            requests: SlotIndex::default(),
            entries: Slots::new(),
            link: LinkState::default(),
            roster: Vec::new(),
            tick: TickState::default(),
            time: Timestamp::ZERO,
            shown: None,
            chain: Chain::default(),
            file: [0; 32],
            holders: SetDigest::default(),
            changes: OperatorChanges::default(),
            effects: OperatorEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// Takes what changed since the last call, sealed as one batch of the hash chain, together with
    /// what may leave once it is written.
    pub fn take_batch(&mut self) -> (OperatorChanges, OperatorEffects) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.seal(&changes);
        }
        changes.chain = self.chain;
        assert!(
            self.accounts.imbalance().is_zero(),
            "accounts do not balance: {:?}",
            self.accounts
        );
        (changes, self.take_effects())
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(self) -> Self {
        Self { hasher: BatchHasher::off(), ..self }
    }

    fn seal(&mut self, changes: &OperatorChanges) {
        if self.hasher.is_off() {
            self.chain.batch += 1;
            return;
        }
        let mut hasher = std::mem::take(&mut self.hasher);
        changes.events.iter().for_each(|event| hasher.row(&self.event_row(*event)));
        changes.payments.iter().for_each(|payment| hasher.row(&self.payment_row(*payment)));
        changes.inbound.iter().for_each(|inbound| hasher.row(&self.inbound[*inbound]));
        changes.outcomes.iter().for_each(|outcome| hasher.row(outcome));
        self.chain.batch += 1;
        self.chain.beside = Some(self.beside());
        self.chain.hash =
            hasher.seal(&self.chain.hash, self.chain.batch, self.chain.beside.as_ref());
        self.hasher = hasher;
    }

    /// The state of the hash chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Bounds how many of its payments a wallet may have refused, each of which is a row for ever.
    /// Under lockstep, where an experiment decides what is paid, there is no bound.
    pub fn limit_refusals(&mut self, rate: RefusalRate) {
        self.refusal_budget = self.settings.lockstep.is_none().then(|| RefusalBudget::new(rate));
    }

    /// The settings the ledger works under.
    pub fn settings(&self) -> &OperatorSettings {
        &self.settings
    }

    /// The balances of the accounts.
    pub fn accounts(&self) -> &OperatorAccounts {
        &self.accounts
    }

    /// The wallets in the order they were opened.
    pub fn wallets(&self) -> &Slots<WalletSlot, Wallet> {
        &self.wallets
    }

    /// The payments in the order they were submitted.
    pub fn payments(&self) -> &Slots<PaymentSlot, Payment> {
        &self.payments
    }

    /// The transfers into wallets in the order they were decided.
    pub fn inbound(&self) -> &Slots<InboundSlot, Inbound> {
        &self.inbound
    }

    /// The wallet events in order.
    pub fn events(&self) -> &Slots<EventSlot, WalletEvent> {
        &self.events
    }

    /// The wallet of a number.
    pub fn wallet(&self, number: WalletNumber) -> Option<&Wallet> {
        self.slot_of(number).map(|slot| &self.wallets[slot])
    }

    /// The payment of an id, when a wallet of this operator is its payer.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payment_slot(id).map(|slot| &self.payments[slot])
    }

    /// The transfer of an id, when this operator is the payee's.
    pub fn transfer(&self, id: PaymentId) -> Option<&Inbound> {
        self.inbound_slot(id).map(|slot| &self.inbound[slot])
    }

    /// The number of the wallet that a payment debits.
    pub fn payer_of(&self, payment: &Payment) -> WalletNumber {
        self.wallets[payment.payer].number
    }

    /// When a wallet was opened.
    pub fn opened_at(&self, wallet: &Wallet) -> Timestamp {
        self.events[wallet.opened].at
    }

    /// The appended row of the payment in a slot.
    pub fn payment_row(&self, slot: PaymentSlot) -> PaymentRow<'_> {
        let payment = &self.payments[slot];
        PaymentRow { payment, payer: self.payer_of(payment) }
    }

    /// The appended row of the wallet event in a slot.
    pub fn event_row(&self, slot: EventSlot) -> WalletEventRow<'_> {
        let event = &self.events[slot];
        WalletEventRow { event, wallet: self.wallets[event.wallet].number }
    }

    /// The limits of a wallet.
    pub fn limits_of(&self, wallet: &Wallet) -> Limits {
        self.settings.limits.limits(wallet.kind(), wallet.class)
    }

    /// Moves the business time on to what the clock shows, never back, and answers it: a clock that
    /// is set back opens no day again, on which limits would count anew.
    pub fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.shown = Some(clock);
        self.pass(clock);
        self.business_time(clock)
    }

    /// The business time: the end of the present tick under lockstep, the given clock otherwise;
    /// never earlier than before.
    pub fn business_time(&self, now: Timestamp) -> Timestamp {
        self.settings
            .lockstep
            .map_or_else(|| self.time.max(now), |lockstep| lockstep.end_of(self.tick.tick))
    }

    /// A time of this ledger, or of the central bank whose outcomes it books, has come.
    pub(super) fn pass(&mut self, at: Timestamp) {
        self.time = self.time.max(at);
    }

    pub(super) fn next_row(&mut self) -> u64 {
        self.chain.row += 1;
        self.chain.row
    }

    pub(super) fn post(&mut self, debit: Account, credit: Account, amount: Amount) {
        self.accounts.post(debit, credit, amount);
        self.changes.state = true;
    }

    /// Where the settlement of a cleared payment stands: a cycle's position, or the asset itself
    /// under gross settlement.
    pub(super) fn settlement_account(cycle: Option<CycleId>) -> Account {
        cycle.map_or(Account::Held, Account::Position)
    }

    pub(super) fn alarm(&mut self, text: String) {
        self.effects.alarms.push(text);
    }

    pub(super) fn slot_of(&self, number: WalletNumber) -> Option<WalletSlot> {
        self.slots.slot_of(number).filter(|slot| self.wallets[*slot].number == number)
    }
}
