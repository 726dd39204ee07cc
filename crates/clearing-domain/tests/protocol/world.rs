//! A central bank, its operators and the wires between them, moved one step at a time.
//!
//! Everything that could happen at once in a cluster happens here in an order drawn from a seed:
//! messages wait on wires, come twice or not at all, wires break, processes crash between a write
//! and its sync, or between a sync and the release of what it made durable.

use std::collections::{BTreeMap, VecDeque};

use clearing_domain::Ledger as _;
use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, CentralBankSettings};
use clearing_domain::link::{CentralBankMessage, OperatorMessage};
use clearing_domain::money::{CycleId, OperatorNumber, PaymentId, Timestamp, WalletNumber};
use clearing_domain::operator::{OperatorLedger, OperatorSettings, PaymentState};

use crate::bank_disk::BankDisk;
use crate::config::Config;
use crate::operator_disk::OperatorDisk;
use crate::rng::Rng;
use crate::witnesses::head_at;

/// A bug that the harness plants, to show that the checks find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    /// None.
    Nothing,
    /// The central bank sends before its batch is durable.
    EarlyRelease,
    /// Operators do not repeat a decision they have sent before.
    SilentRepeats,
    /// A crash of an operator takes batches that were synced.
    LostSync,
    /// Operators tell how far their ledgers are before that is synced.
    EarlyWitness,
}

/// The central bank's process.
pub(crate) struct Bank {
    pub(crate) ledger: CentralBankLedger,
    pub(crate) disk: BankDisk,
}

/// What a client was told of a payment when it became final.
pub(crate) type Told = (PaymentState, Option<Reason>, Option<CycleId>);

/// An operator's process.
pub(crate) struct Operator {
    pub(crate) ledger: OperatorLedger,
    pub(crate) disk: OperatorDisk,
    pub(crate) settings: OperatorSettings,
    pub(crate) wallets: Vec<WalletNumber>,
    /// Final states that were told to clients, by payment and side.
    pub(crate) told: BTreeMap<(PaymentId, bool), Told>,
    /// Payments of which a client has an id.
    pub(crate) promised: Vec<PaymentId>,
    /// How far its clock is off.
    pub(crate) skew_ms: i64,
}

/// One connection of an operator; it may live on after the operator has given it up.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) operator: usize,
    pub(crate) incarnation: u64,
    pub(crate) open: bool,
    pub(crate) to_bank: VecDeque<OperatorMessage>,
    pub(crate) to_operator: VecDeque<CentralBankMessage>,
    /// The operator's number at the central bank, once it has registered.
    pub(crate) number: Option<OperatorNumber>,
}

/// The whole.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) now: Timestamp,
    pub(crate) bank: Bank,
    pub(crate) bank_settings: CentralBankSettings,
    pub(crate) operators: Vec<Operator>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) alarms: Vec<String>,
    pub(crate) crashes: u64,
    /// How often, in 1,000 commits, a process crashes.
    pub(crate) crash_permille: usize,
    pub(crate) plant: Plant,
    /// The decisions sent so far, for a planted bug.
    pub(crate) decided: Vec<PaymentId>,
}

impl World {
    pub(crate) fn new(config: &Config, seed: u64, plant: Plant) -> Self {
        let now = config.start();
        let bank_settings = config.bank();
        let bank = Bank {
            ledger: CentralBankLedger::new(bank_settings.clone(), now),
            disk: BankDisk::default(),
        };
        let mut rng = Rng::new(seed);
        let operator = |number: usize| {
            let settings = config.operator(number);
            Operator {
                ledger: OperatorLedger::new(settings),
                disk: OperatorDisk::default(),
                settings,
                wallets: Vec::new(),
                told: BTreeMap::new(),
                promised: Vec::new(),
                skew_ms: rng.range(-40, 40),
            }
        };
        let operators = (0..config.operators).map(operator).collect();
        let mut world = Self {
            rng,
            now,
            bank,
            bank_settings,
            operators,
            wires: Vec::new(),
            alarms: Vec::new(),
            crashes: 0,
            crash_permille: 0,
            plant,
            decided: Vec::new(),
        };
        world.commit_bank();
        world.drain();
        for number in 0..world.operators.len() {
            config.open_wallets(&mut world, number);
        }
        world
    }

    pub(crate) fn clock_of(&self, number: usize) -> Timestamp {
        self.now.plus_ms(self.operators[number].skew_ms)
    }

    /// The wire an operator believes in.
    pub(crate) fn current_wire(&self, number: usize) -> Option<usize> {
        let incarnation = self.operators[number].ledger.link().incarnation;
        self.wires.iter().position(|wire| {
            wire.operator == number && wire.incarnation == incarnation && wire.open
        })
    }

    /// An operator dials and registers.
    pub(crate) fn connect(&mut self, number: usize) {
        self.hang_up(number);
        let operator = &mut self.operators[number];
        operator.ledger.link_up();
        let incarnation = operator.ledger.link().incarnation;
        let (to_bank, to_operator) = (VecDeque::new(), VecDeque::new());
        self.wires.push(Wire {
            operator: number,
            incarnation,
            open: true,
            to_bank,
            to_operator,
            number: None,
        });
        self.commit_operator(number, false);
    }

    /// An operator learns that its wire is broken. The central bank may learn of it later, or
    /// never.
    pub(crate) fn hang_up(&mut self, number: usize) {
        for wire in self.wires.iter_mut().filter(|wire| wire.operator == number) {
            wire.open = false;
        }
        self.operators[number].ledger.link_down();
        self.wires
            .retain(|wire| wire.open || !wire.to_bank.is_empty() || !wire.to_operator.is_empty());
    }

    /// The central bank learns that a wire is broken.
    pub(crate) fn bank_hangs_up(&mut self, wire: usize) {
        if let Some(number) = self.wires[wire].number {
            self.bank.ledger.link_down(number, self.wires[wire].incarnation);
            self.commit_bank();
        }
    }

    /// The central bank takes up to `count` messages of a wire in one batch. A message that comes
    /// twice stays on the wire.
    pub(crate) fn deliver_to_bank(&mut self, wire: usize, count: usize, twice: bool) {
        for _ in 0..count {
            let Some(message) = self.wires[wire].to_bank.front().cloned() else { break };
            if !twice {
                self.wires[wire].to_bank.pop_front();
            }
            self.bank_takes(wire, message);
        }
        self.commit_bank();
    }

    fn bank_takes(&mut self, wire: usize, message: OperatorMessage) {
        if let Some(registration) = &message.registration {
            let own_head = head_at(&self.bank.disk.seals(), registration.central_bank_batch);
            match self.bank.ledger.register(message.place, registration, own_head, self.now) {
                Ok(number) => self.wires[wire].number = Some(number),
                Err(error) if error.reason() == Reason::NotAllowed => {}
                Err(error) => self.alarms.push(error.to_string()),
            }
        }
        if let Some(number) = self.wires[wire].number {
            self.bank.ledger.receive(number, message, self.now);
        }
    }

    /// An operator takes up to `count` messages of a wire in one batch.
    pub(crate) fn deliver_to_operator(&mut self, wire: usize, count: usize, twice: bool) {
        let number = self.wires[wire].operator;
        let now = self.clock_of(number);
        for _ in 0..count {
            let Some(message) = self.wires[wire].to_operator.front().cloned() else { break };
            if !twice {
                self.wires[wire].to_operator.pop_front();
            }
            self.compare_witness(number, &message);
            self.operators[number].ledger.receive(message, now);
        }
        self.commit_operator(number, false);
    }

    /// Lets everything come to rest on fresh wires, without any further fault.
    pub(crate) fn drain(&mut self) {
        self.crash_permille = 0;
        self.wires.clear();
        for number in 0..self.operators.len() {
            self.connect(number);
        }
        self.settle_wires();
    }

    /// Lets the business day end: what waits for cover goes back.
    pub(crate) fn end_day(&mut self) {
        self.now = self.now.date().next().start();
        self.bank.ledger.advance_clock(self.now);
        self.commit_bank();
        self.settle_wires();
    }

    /// Delivers until nothing is on the wires.
    pub(crate) fn settle_wires(&mut self) {
        for _ in 0..10_000 {
            let busy = self
                .wires
                .iter()
                .position(|wire| !wire.to_bank.is_empty() || !wire.to_operator.is_empty());
            let Some(wire) = busy else { return };
            self.deliver_to_bank(wire, usize::MAX, false);
            if wire < self.wires.len() {
                self.deliver_to_operator(wire, usize::MAX, false);
            }
            self.redial();
        }
        self.alarms.push("the wires never come to rest".to_owned());
    }

    fn redial(&mut self) {
        for number in 0..self.operators.len() {
            if self.current_wire(number).is_none() {
                self.connect(number);
            }
        }
    }
}
