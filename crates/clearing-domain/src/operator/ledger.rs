//! The state of the operator's ledger.

use crate::link::RosterEntry;
use crate::money::{Amount, OperatorCode, PaymentId, Prefix, Timestamp, WalletNumber};
use crate::seal::{BatchHasher, Chain};
use crate::slots::{SlotIndex, Slots};
use crate::{Lockstep, Regime};

use super::accounts::{Account, OperatorAccounts};
use super::changes::{OperatorChanges, OperatorEffects};
use super::event::WalletEvent;
use super::inbound::Inbound;
use super::inbounds::Inbounds;
use super::limits::{LimitSchedule, Limits};
use super::link::{LinkPhase, LinkState};
use super::payment::Payment;
use super::payments::Payments;
use super::refusals::{RefusalBudget, RefusalRate};
use super::requests::RequestRef;
use super::session::Session;
use super::slot::{EventSlot, InboundSlot, PaymentSlot, WalletSlot};
use super::tick::TickState;
use super::wallet::Wallet;
use super::wallets::Wallets;

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
    // What follows from the rows; `apply` alone changes it.
    pub(super) wallets: Wallets,
    pub(super) events: Slots<EventSlot, WalletEvent>,
    pub(super) payments: Payments,
    pub(super) inbound: Inbounds,
    /// What earlier requests made, by their keys.
    pub(super) requests: SlotIndex<RequestRef>,
    /// The business time under the wall clock: the latest that the clock has shown.
    pub(super) time: Timestamp,
    pub(super) chain: Chain,
    // What is kept beside the rows and overwritten.
    pub(super) accounts: OperatorAccounts,
    pub(super) link: LinkState,
    pub(super) roster: Vec<RosterEntry>,
    pub(super) tick: TickState,
    /// The digest of the file's own texts, which the seals cover.
    pub(super) file: [u8; 32],
    // What a restart forgets.
    pub(super) session: Session,
    /// What wallets may have refused before they are told to wait; `None` is without end.
    pub(super) refusal_budget: Option<RefusalBudget>,
    /// What the clock shows, which may be earlier; nothing before it was looked at.
    pub(super) shown: Option<Timestamp>,
    // The present batch.
    pub(super) changes: OperatorChanges,
    pub(super) effects: OperatorEffects,
    pub(super) hasher: BatchHasher,
}

impl OperatorLedger {
    /// A new, empty ledger.
    pub fn new(settings: OperatorSettings) -> Self {
        let mut ledger = Self::empty(settings);
        if settings.regime == Regime::Deposit {
            let opening = settings.opening_deposits;
            ledger.post(Account::OtherAssets, Account::OtherDeposits, opening);
        }
        ledger.changes.state = true;
        ledger
    }

    pub(super) fn empty(settings: OperatorSettings) -> Self {
        Self {
            settings,
            wallets: Wallets::default(),
            events: Slots::new(),
            payments: Payments::default(),
            inbound: Inbounds::default(),
            requests: SlotIndex::default(),
            time: Timestamp::ZERO,
            chain: Chain::default(),
            accounts: OperatorAccounts::default(),
            link: LinkState::default(),
            roster: Vec::new(),
            tick: TickState::default(),
            file: [0; 32],
            session: Session::default(),
            refusal_budget: None,
            shown: None,
            changes: OperatorChanges::default(),
            effects: OperatorEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(mut self) -> Self {
        self.wallets.without_seals();
        Self { hasher: BatchHasher::off(), ..self }
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
        self.wallets.list()
    }

    /// The payments in the order they were submitted.
    pub fn payments(&self) -> &Slots<PaymentSlot, Payment> {
        self.payments.list()
    }

    /// The transfers into wallets in the order they were decided.
    pub fn inbound(&self) -> &Slots<InboundSlot, Inbound> {
        self.inbound.list()
    }

    /// The wallet events in order.
    pub fn events(&self) -> &Slots<EventSlot, WalletEvent> {
        &self.events
    }

    /// The wallet of a number.
    pub fn wallet(&self, number: WalletNumber) -> Option<&Wallet> {
        self.wallets.slot_of(number).map(|slot| &self.wallets[slot])
    }

    /// The payment of an id, when a wallet of this operator is its payer.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.find(id).map(|slot| &self.payments[slot])
    }

    /// The transfer of an id, when this operator is the payee's.
    pub fn transfer(&self, id: PaymentId) -> Option<&Inbound> {
        self.inbound.find(id).map(|slot| &self.inbound[slot])
    }

    /// The number of the wallet that a payment debits.
    pub fn payer_of(&self, payment: &Payment) -> WalletNumber {
        self.wallets[payment.payer].number
    }

    /// When a wallet was opened.
    pub fn opened_at(&self, wallet: &Wallet) -> Timestamp {
        self.events[wallet.opened].at
    }

    /// The limits of a wallet.
    pub fn limits_of(&self, wallet: &Wallet) -> Limits {
        self.settings.limits.limits(wallet.kind(), wallet.class)
    }

    /// What the ledger keeps of its link.
    pub fn link(&self) -> &LinkState {
        &self.link
    }

    /// How far the link has come.
    pub fn link_phase(&self) -> LinkPhase {
        self.session.phase()
    }

    /// The operators known, by prefix.
    pub fn roster(&self) -> &[RosterEntry] {
        &self.roster
    }

    /// Where the operator stands in the ticks.
    pub fn tick(&self) -> TickState {
        self.tick
    }

    /// Closed wallets whose aliases the directory has not given up yet.
    pub fn giving_up(&self) -> impl Iterator<Item = WalletNumber> + '_ {
        self.wallets.giving_up().iter().copied()
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

    /// Posts what the ledger decides itself, and has found room for.
    pub(super) fn post(&mut self, debit: Account, credit: Account, amount: Amount) {
        self.accounts.post(debit, credit, amount);
        self.changes.state = true;
    }

    pub(super) fn alarm(&mut self, text: String) {
        self.effects.alarms.push(text);
    }
}
