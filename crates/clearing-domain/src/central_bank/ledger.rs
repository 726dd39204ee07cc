//! The state of the central bank's ledger and how batches are taken from it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use rustc_hash::FxHashMap;

use crate::link::OperationId;
use crate::money::{
    Amount, OperatorCode, PaymentId, Position, Prefix, RequestId, Timestamp, Total, WalletNumber,
};
use crate::seal::{BatchHasher, Chain};
use crate::slots::{SlotIndex, Slots};
use crate::{HashKey, Regime};

use super::account::OperatorAccount;
use super::alias::{AliasHash, AliasRow};
use super::changes::{CentralBankChanges, CentralBankEffects, EventKind, LedgerEvent};
use super::closing::{Claims, CycleDefault};
use super::cycle::{Cycle, OpenCycle};
use super::error::CentralBankError;
use super::limits::Limits;
use super::mode::Modes;
use super::operation::{Operation, OperationKind};
use super::queue::Queue;
use super::settings::CentralBankSettings;
use super::sums::Sums;
use super::ticks::{ClockState, Ticks};
use super::transfer::{AdviceRow, Transfer, TransferEvent};

/// The central bank's ledger.
#[derive(Debug)]
pub struct CentralBankLedger {
    pub(super) settings: CentralBankSettings,
    pub(super) accounts: Vec<OperatorAccount>,
    pub(super) prefixes: FxHashMap<Prefix, u16>,
    pub(super) transfers: Slots<usize, Transfer>,
    pub(super) transfer_index: SlotIndex<u32>,
    /// No transfer before this one is open.
    pub(super) first_open: u32,
    /// When undecided transfers expire, the earliest first; final ones are skipped when found.
    pub(super) expiries: BinaryHeap<Reverse<(Timestamp, u32)>>,
    pub(super) operations: Vec<Operation>,
    pub(super) operation_index: FxHashMap<OperationId, Vec<usize>>,
    pub(super) advices: Vec<AdviceRow>,
    pub(super) queue: Queue,
    /// Changes of the priority of queued transfers.
    pub(super) priorities: Vec<TransferEvent>,
    pub(super) cycles: Vec<Cycle>,
    pub(super) open: Option<OpenCycle>,
    /// The cycle before it, when that waits for money.
    pub(super) frozen: Option<OpenCycle>,
    /// How cycles settled in which somebody did not pay.
    pub(super) defaults: Vec<CycleDefault>,
    pub(super) modes: Modes,
    pub(super) limits: Limits,
    /// Operators that say to have heard of batches this ledger lacks.
    pub(super) ahead: BTreeSet<u16>,
    /// What left settlement between operators.
    pub(super) claims: Claims,
    /// The key of the hashes of aliases.
    pub(super) alias_key: HashKey,
    pub(super) aliases: FxHashMap<AliasHash, WalletNumber>,
    /// The rows that linked the aliases of a wallet.
    pub(super) wallet_aliases: FxHashMap<WalletNumber, Vec<u32>>,
    pub(super) alias_rows: Vec<AliasRow>,
    pub(super) issued: Position,
    pub(super) withdrawn: Position,
    pub(super) sums: Sums,
    pub(super) ticks: Ticks,
    /// The business time under the wall clock: the latest that the clock has shown.
    pub(super) time: Timestamp,
    pub(super) chain: Chain,
    /// The digest of the file's own texts, which the seals cover.
    pub(super) file: [u8; 32],
    /// The clock as it was last stored.
    pub(super) stored_clock: ClockState,
    pub(super) changes: CentralBankChanges,
    pub(super) effects: CentralBankEffects,
    pub(super) hasher: BatchHasher,
}

impl CentralBankLedger {
    /// A new ledger with the accounts of the roster. What they open with is booked as operations,
    /// so that operators learn of it through ordinary advices.
    ///
    /// # Panics
    ///
    /// When the stock of an operator in the roster exceeds its reserves.
    pub fn new(settings: CentralBankSettings, now: Timestamp) -> Self {
        let mut ledger = Self::empty(settings);
        ledger.time = now;
        ledger.configure(now);
        for number in 0..number_of(&ledger.accounts) {
            ledger.open_account(number, now);
        }
        ledger.changes.state = true;
        ledger
    }

    fn open_account(&mut self, number: u16, now: Timestamp) {
        let opening = &self.settings.operators[usize::from(number)];
        let (code, reserves, stock, cap) =
            (opening.code, opening.reserves, opening.stock, opening.cap);
        let guarantees = opening.guarantees;
        assert!(
            stock <= reserves,
            "operator {code} opens with {stock} yuan of stock but {reserves} of reserves"
        );
        // A client's request id holds no space, so these are nobody else's.
        let request_id = |what: &str| RequestId::Text(format!("opening {what} of {code}").into());
        let stock = if self.settings.regime == Regime::Cash { stock } else { Amount::ZERO };
        let opened =
            [(OperationKind::Fund, reserves, "reserves"), (OperationKind::Issue, stock, "stock")];
        for (kind, amount, what) in
            opened.into_iter().filter(|(_, amount, _)| *amount > Amount::ZERO)
        {
            let booked = self.operate(kind, number, amount.position(), &request_id(what), now);
            assert!(booked.is_ok(), "the {what} of operator {code} cannot be booked: {booked:?}");
        }
        if let Some(cap) = cap {
            self.append_operation(
                OperationId::default(),
                OperationKind::SetCap,
                number,
                cap.position(),
                now,
            );
        }
        let pledged = [
            (OperationKind::Earmark, guarantees.earmarked),
            (OperationKind::Pledge, guarantees.collateral),
        ];
        for (kind, amount) in pledged.into_iter().filter(|(_, amount)| *amount > Amount::ZERO) {
            self.append_operation(OperationId::default(), kind, number, amount.position(), now);
        }
        self.open_limits(number, now);
        self.touch(number);
    }

    fn open_limits(&mut self, number: u16, now: Timestamp) {
        let opening = &self.settings.operators[usize::from(number)];
        let (cap, limits) = (opening.receiver_cap, opening.bilateral_limits.clone());
        if cap.is_some() {
            self.append_limit(OperationKind::SetReceiverCap, number, None, cap, now);
        }
        for (payee, limit) in limits {
            let payee = self.operator_number(payee).ok().filter(|payee| *payee != number);
            if payee.is_some() {
                self.append_limit(
                    OperationKind::SetBilateralLimit,
                    number,
                    payee,
                    Some(limit),
                    now,
                );
            }
        }
    }

    pub(super) fn empty(settings: CentralBankSettings) -> Self {
        let accounts: Vec<_> = settings.operators.iter().map(OperatorAccount::open).collect();
        let (modes, limits) = (Modes::new(settings.mode), Limits::new(accounts.len()));
        Self {
            prefixes: (0..)
                .zip(&accounts)
                .map(|(number, account)| (account.prefix, number))
                .collect(),
            ticks: Ticks::new(accounts.len()),
            settings,
            accounts,
            transfers: Slots::new(),
            transfer_index: SlotIndex::default(),
            first_open: 0,
            expiries: BinaryHeap::new(),
            operations: Vec::new(),
            operation_index: FxHashMap::default(),
            advices: Vec::new(),
            queue: Queue::default(),
            priorities: Vec::new(),
            cycles: Vec::new(),
            open: None,
            frozen: None,
            defaults: Vec::new(),
            modes,
            limits,
            ahead: BTreeSet::new(),
            claims: Claims::new(),
            alias_key: HashKey::default(),
            aliases: FxHashMap::default(),
            wallet_aliases: FxHashMap::default(),
            alias_rows: Vec::new(),
            issued: Position::ZERO,
            withdrawn: Position::ZERO,
            sums: Sums::default(),
            time: Timestamp::ZERO,
            chain: Chain::default(),
            file: [0; 32],
            stored_clock: ClockState::default(),
            changes: CentralBankChanges::default(),
            effects: CentralBankEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// Takes what changed since the last call, sealed as one batch of the hash chain, together with
    /// what may leave once it is written.
    pub fn take_batch(&mut self) -> (CentralBankChanges, CentralBankEffects) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.seal(&mut changes);
        }
        changes.chain = self.chain;
        self.effects.accounts.extend(&changes.accounts);
        self.assert_balanced();
        for (number, account) in (0..).zip(&mut self.accounts) {
            let messages = account.link.take_messages(account.incarnation, &self.chain);
            self.effects.messages.extend(messages.into_iter().map(|message| (number, message)));
        }
        (changes, std::mem::take(&mut self.effects))
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(self) -> Self {
        Self { hasher: BatchHasher::off(), ..self }
    }

    fn seal(&mut self, changes: &mut CentralBankChanges) {
        if self.hasher.is_off() {
            self.chain.batch += 1;
            return;
        }
        let clock = self.clock_state();
        if clock != self.stored_clock {
            changes.state = true;
            self.stored_clock = clock;
        }
        let hasher = &mut self.hasher;
        changes.transfers.iter().for_each(|slot| hasher.row(&self.transfers[*slot as usize]));
        changes.events.iter().for_each(|event| hasher.row(event));
        changes.operations.iter().for_each(|operation| hasher.row(operation));
        changes.advices.iter().for_each(|advice| hasher.row(advice));
        changes.cycles.iter().for_each(|cycle| hasher.row(&self.cycles[*cycle as usize]));
        changes.aliases.iter().for_each(|alias| hasher.row(alias));
        self.chain.batch += 1;
        self.chain.beside = Some(self.beside());
        self.chain.hash =
            self.hasher.seal(&self.chain.hash, self.chain.batch, self.chain.beside.as_ref());
    }

    /// Clearing neither creates nor destroys money.
    fn assert_balanced(&self) {
        let unsettled: Total = self.accounts.iter().map(|account| account.unsettled).sum();
        assert!(unsettled.is_zero(), "positions sum to {unsettled}");
        let held: Total = self.accounts.iter().map(|account| account.held).sum();
        let circulating = Total::from(self.issued) - self.withdrawn;
        assert!(held == circulating, "{held} yuan are held but {circulating} are in circulation");
    }

    pub(super) fn next_row(&mut self) -> u64 {
        self.chain.row += 1;
        self.chain.row
    }

    /// Marks an operator's accounts to be stored.
    pub(super) fn touch(&mut self, operator: u16) {
        self.changes.accounts.insert(operator);
    }

    pub(super) fn happened(&mut self, kind: EventKind, text: String) {
        self.effects.events.push(LedgerEvent { kind, text });
    }

    pub(super) fn alarm(&mut self, text: String) {
        self.happened(EventKind::Alarm, text);
    }

    /// The end of the present tick under lockstep, the given clock otherwise; never earlier than
    /// before.
    pub fn business_time(&self, now: Timestamp) -> Timestamp {
        self.settings
            .lockstep
            .map_or_else(|| self.time.max(now), |lockstep| lockstep.end_of(self.ticks.tick))
    }

    /// The slot of the transfer of a payment.
    pub(super) fn slot_of(&self, id: PaymentId) -> Option<u32> {
        self.transfer_index.find(&id, |slot| self.transfers[slot as usize].id == id)
    }

    /// The number of the operator that holds a wallet.
    pub(super) fn operator_of(&self, wallet: WalletNumber) -> Option<u16> {
        self.prefixes.get(&wallet.prefix()).copied()
    }

    /// Moves the mark before which every transfer is final.
    pub(super) fn skip_final(&mut self) {
        while self
            .transfers
            .get(self.first_open as usize)
            .is_some_and(|transfer| transfer.state.is_final())
        {
            self.first_open += 1;
        }
    }

    /// The number of an operator in the roster.
    pub fn operator_number(&self, code: OperatorCode) -> Result<u16, CentralBankError> {
        let found = (0..).zip(&self.accounts).find(|(_, account)| account.code == code);
        found.map(|(number, _)| number).ok_or(CentralBankError::OperatorUnknown(code))
    }
}

/// The index of the next element of a list.
pub(super) fn next_slot<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// How many operators there are.
pub(super) fn number_of(accounts: &[OperatorAccount]) -> u16 {
    u16::try_from(accounts.len()).unwrap_or(u16::MAX)
}
