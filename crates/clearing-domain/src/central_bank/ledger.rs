//! The state of the central bank's ledger.

use crate::Regime;
use crate::money::{Amount, OperatorCode, OperatorNumber, RequestId, Timestamp};
use crate::seal::{BatchHasher, Chain};

use super::accounts::Accounts;
use super::advice::Advices;
use super::changes::{CentralBankChanges, CentralBankEffects, EventKind, LedgerEvent};
use super::cycles::Cycles;
use super::directory::Directory;
use super::error::CentralBankError;
use super::guarantees::Guarantees;
use super::limits::Limits;
use super::links::Links;
use super::modes::Modes;
use super::operation::{Action, Operations};
use super::queue::Queue;
use super::settings::CentralBankSettings;
use super::tick::ClockState;
use super::ticks::Ticks;
use super::transfers::Transfers;

/// The central bank's ledger.
#[derive(Debug)]
pub struct CentralBankLedger {
    pub(super) settings: CentralBankSettings,
    pub(super) accounts: Accounts,
    pub(super) transfers: Transfers,
    pub(super) operations: Operations,
    pub(super) advices: Advices,
    pub(super) queue: Queue,
    pub(super) cycles: Cycles,
    pub(super) modes: Modes,
    pub(super) limits: Limits,
    pub(super) directory: Directory,
    pub(super) links: Links,
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
        // The mode is the first row: in what manner a transfer settles follows from the rows before
        // it.
        ledger.configure(now);
        for number in ledger.accounts.list().numbers() {
            ledger.open_account(number, now);
        }
        ledger.changes.state = true;
        ledger
    }

    fn open_account(&mut self, number: OperatorNumber, now: Timestamp) {
        let opening = self.settings.operators[number.place()].clone();
        let (code, reserves) = (opening.code, opening.reserves);
        let stock = if self.settings.regime == Regime::Cash { opening.stock } else { Amount::ZERO };
        assert!(
            opening.stock <= reserves,
            "operator {code} opens with {} yuan of stock but {reserves} of reserves",
            opening.stock
        );
        let opened = [
            // Stock is issued out of reserves, so these come first.
            (Action::Fund { sum: reserves.position() }, reserves, "reserves"),
            (Action::Issue { amount: stock }, stock, "stock"),
        ];
        for (action, amount, what) in opened {
            if amount > Amount::ZERO {
                // A client's request id holds no space, so these are nobody else's.
                let request_id = RequestId::Text(format!("opening {what} of {code}").into());
                let booked = self.operate(action, number, &request_id, now);
                assert!(
                    booked.is_ok(),
                    "the {what} of operator {code} cannot be booked: {booked:?}"
                );
            }
        }
        let Guarantees { earmarked, collateral } = opening.guarantees;
        let cap = opening.cap.map(|cap| Action::SetCap { bound: Some(cap) });
        let earmark = Action::Earmark { sum: earmarked.position() };
        let pledge = Action::Pledge { sum: collateral.position() };
        let earmark = (earmarked > Amount::ZERO).then_some(earmark);
        let pledge = (collateral > Amount::ZERO).then_some(pledge);
        let receiver_cap =
            opening.receiver_cap.map(|cap| Action::SetReceiverCap { bound: Some(cap) });
        // The cap that is set comes before the guarantees, whose cap then takes its place.
        for action in [cap, earmark, pledge, receiver_cap].into_iter().flatten() {
            self.append_operation(None, Some(number), action, now);
        }
        for (payee, limit) in opening.bilateral_limits {
            let counterparty = self.accounts.find(payee).filter(|payee| *payee != number);
            if let Some(counterparty) = counterparty {
                let action = Action::SetBilateralLimit { counterparty, bound: Some(limit) };
                self.append_operation(None, Some(number), action, now);
            }
        }
        self.touch(number);
    }

    pub(super) fn empty(settings: CentralBankSettings) -> Self {
        let operators = settings.operators.len();
        Self {
            accounts: Accounts::new(&settings),
            transfers: Transfers::new(operators, settings.lockstep.is_none()),
            operations: Operations::new(operators),
            advices: Advices::new(operators),
            queue: Queue::default(),
            cycles: Cycles::new(operators),
            modes: Modes::new(&settings),
            limits: Limits::new(operators),
            directory: Directory::default(),
            links: Links::new(operators),
            ticks: Ticks::new(operators),
            settings,
            time: Timestamp::ZERO,
            chain: Chain::default(),
            file: [0; 32],
            stored_clock: ClockState::default(),
            changes: CentralBankChanges::default(),
            effects: CentralBankEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(self) -> Self {
        Self { hasher: BatchHasher::off(), ..self }
    }

    /// Marks an operator's accounts to be stored.
    pub(super) fn touch(&mut self, operator: OperatorNumber) {
        self.changes.accounts.insert(operator);
    }

    /// Notes what people who watch the central bank see.
    pub(super) fn note(&mut self, kind: EventKind, text: String) {
        self.effects.events.push(LedgerEvent { kind, text });
    }

    /// The end of the present tick under lockstep, the given clock otherwise; never earlier than
    /// before.
    pub fn business_time(&self, now: Timestamp) -> Timestamp {
        self.settings
            .lockstep
            .map_or_else(|| self.time.max(now), |lockstep| lockstep.end_of(self.ticks.tick()))
    }

    /// The number of an operator in the roster.
    pub fn operator_number(&self, code: OperatorCode) -> Result<OperatorNumber, CentralBankError> {
        self.accounts.find(code).ok_or(CentralBankError::OperatorUnknown(code))
    }
}
