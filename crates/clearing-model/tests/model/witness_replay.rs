//! The ledgers themselves, taken through the actions of the model of witnesses.

use std::collections::BTreeMap;

use clearing_domain::Ledger as _;
use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, CentralBankSettings};
use clearing_domain::link::Head;
use clearing_domain::money::{OperatorNumber, RequestId, Timestamp};
use clearing_domain::operator::{OperatorLedger, PaymentOrder};
use clearing_model::witness::{Action, BANK, Config};

use crate::bank_disk::BankDisk;
use crate::settings::{bank_settings, noon, payment, yuan};
use crate::witness_operator::{Operator, head_at};

/// The ledgers, their disks and the wires between them.
pub(crate) struct Replay {
    pub(crate) bank: CentralBankLedger,
    pub(crate) bank_disk: BankDisk,
    pub(crate) bank_settings: CentralBankSettings,
    pub(crate) operators: Vec<Operator>,
    backup: Option<BankDisk>,
    /// How much had been acknowledged at each head of a chain.
    pub(crate) acts: BTreeMap<Head, usize>,
    /// What was found of a file.
    pub(crate) refused: Vec<String>,
    pub(crate) alarms: Vec<String>,
    submitted: usize,
    /// Operations of the central bank before the walk.
    opening: usize,
    now: Timestamp,
}

impl Replay {
    /// Accounts and wallets are open, and nobody has dialled since.
    pub(crate) fn new(config: &Config) -> Self {
        let base = clearing_model::Config::one_payment();
        let bank_settings =
            bank_settings(&clearing_model::Config { operators: config.operators, ..base });
        let mut replay = Self {
            bank: CentralBankLedger::new(bank_settings.clone(), noon()),
            bank_disk: BankDisk::default(),
            bank_settings,
            operators: (0..config.operators).map(Operator::open).collect(),
            backup: None,
            acts: BTreeMap::from([(Head::default(), 0)]),
            refused: Vec::new(),
            alarms: Vec::new(),
            submitted: 0,
            opening: 0,
            now: noon(),
        };
        replay.commit_bank(true);
        replay.opening = replay.bank.operations().len();
        (0..config.operators).for_each(|number| replay.prepare(number));
        replay
    }

    /// Lets an operator hear of its accounts, opens its wallets and takes the link down again.
    fn prepare(&mut self, number: usize) {
        self.apply(Action::Register(number));
        while !(self.operators[number].to_bank.is_empty()
            && self.operators[number].to_operator.is_empty())
        {
            if self.operators[number].to_operator.is_empty() {
                self.bank_takes(number, false);
            } else {
                self.operator_takes(number);
            }
        }
        self.operators[number].open_wallets();
        self.operators[number].hang_up();
        self.bank_hangs_up(number);
        self.commit_operator(number, true);
        self.bank_disk.sync();
        self.opening = self.bank.operations().len();
    }

    /// The acts of the central bank: limits that are set.
    pub(crate) fn acts_of_bank(&self, ledger: &CentralBankLedger) -> usize {
        ledger.operations().len() - self.opening
    }

    /// Does what the model does next.
    pub(crate) fn apply(&mut self, action: Action) {
        self.now = self.now.plus_ms(1);
        match action {
            Action::Act(BANK) => {
                self.submitted += 1;
                let (code, cap) = (self.operators[0].settings.code, yuan(self.submitted as i64));
                self.bank.set_cap(code, Some(cap), self.now).unwrap();
                self.commit_bank(true);
            }
            Action::Act(number) => self.pay(number),
            Action::Sync(BANK) => self.bank_disk.sync(),
            Action::Sync(number) => self.operators[number].disk.sync(),
            Action::Tell(BANK) => {
                self.bank.send_witness();
                self.commit_bank(false);
            }
            Action::Tell(number) => {
                self.operators[number].ledger.send_witness();
                self.commit_operator(number, false);
            }
            Action::BankTakes { operator, old } => self.bank_takes(operator, old),
            Action::OperatorTakes(number) => self.operator_takes(number),
            Action::Break(number) => self.operators[number].hang_up(),
            Action::HangUp(number) => self.bank_hangs_up(number),
            Action::Register(number) => {
                let operator = &mut self.operators[number];
                operator.hang_up();
                operator.ledger.link_up();
                operator.incarnation = operator.ledger.link().incarnation;
                self.commit_operator(number, false);
            }
            Action::Crash { party: BANK, kept } => {
                self.bank_disk.lose(if kept { 0 } else { self.bank_disk.unsynced() });
                self.start_bank();
            }
            Action::Crash { party, kept } => self.operators[party].crash(kept),
            Action::Copy => {
                let mut disk = self.bank_disk.clone();
                disk.lose(disk.unsynced());
                self.backup = Some(disk);
            }
            Action::Restore => {
                self.bank_disk = self.backup.take().unwrap();
                self.start_bank();
            }
            Action::Idle(_) | Action::Repeat(_) => panic!("{action:?} is not part of the walk"),
        }
    }

    /// A payment inside an operator.
    fn pay(&mut self, number: usize) {
        self.submitted += 1;
        let operator = &mut self.operators[number];
        let (payer, payee) = (operator.wallets[0], operator.wallets[1]);
        let order = PaymentOrder {
            id: payment(self.submitted),
            request_id: RequestId::Text(format!("request-{}", self.submitted).into()),
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(yuan(1)),
            remark: None,
            details: None,
        };
        operator.ledger.pay(order, self.now).unwrap();
        self.commit_operator(number, true);
    }

    fn bank_takes(&mut self, number: usize, old: bool) {
        let operator = &mut self.operators[number];
        let queue = if old { &mut operator.old } else { &mut operator.to_bank };
        let message = queue.pop_front().unwrap();
        if let Some(registration) = &message.registration {
            operator.old.clear();
            let own_head = head_at(&self.bank_disk.seals(), registration.central_bank_batch)
                .or(Some(Head::default()));
            match self.bank.register(message.place, registration, own_head, self.now) {
                Ok(_) => operator.meets = true,
                Err(error) => {
                    let found = [
                        Reason::LedgerBehind,
                        Reason::LedgerForked,
                        Reason::CentralBankBehind,
                        Reason::CentralBankForked,
                    ];
                    assert!(found.contains(&error.reason()), "{error}");
                    self.refused.push(error.to_string());
                    operator.hang_up();
                }
            }
        } else {
            self.bank.receive(OperatorNumber::at(number), message, self.now);
        }
        self.commit_bank(false);
    }

    fn operator_takes(&mut self, number: usize) {
        let operator = &mut self.operators[number];
        let message = operator.to_operator.pop_front().unwrap();
        if message.witness.is_some_and(|told| operator.differs_from(told)) {
            self.refused.push(format!("operator {number} differs from what it told"));
            return operator.hang_up();
        }
        operator.ledger.receive(message, self.now);
        self.commit_operator(number, false);
    }

    fn bank_hangs_up(&mut self, number: usize) {
        let operator = OperatorNumber::at(number);
        let incarnation = self.bank.account_row(operator).incarnation;
        self.bank.link_down(operator, incarnation);
        self.operators[number].bank_is_gone();
        self.commit_bank(false);
    }

    fn start_bank(&mut self) {
        self.bank_disk.sync();
        self.bank = self.bank_disk.restore(self.bank_settings.clone());
        self.operators.iter_mut().for_each(Operator::bank_is_gone);
    }

    fn commit_bank(&mut self, promises: bool) {
        let (changes, effects) = self.bank.take_batch();
        self.bank_disk.write(&self.bank, &changes);
        if promises || !effects.messages.is_empty() {
            self.bank_disk.sync();
        }
        self.acts.insert(
            self.bank.chain().hash,
            self.bank.operations().len().saturating_sub(self.opening),
        );
        for (number, message) in effects.messages {
            let operator = &mut self.operators[number.place()];
            if operator.meets && operator.incarnation == message.place.incarnation {
                operator.to_operator.push_back(message);
            }
        }
    }

    fn commit_operator(&mut self, number: usize, promises: bool) {
        let operator = &mut self.operators[number];
        let (changes, effects) = operator.ledger.take_batch();
        operator.disk.write(&operator.ledger, &changes);
        if promises || OperatorLedger::needs_sync(&effects) {
            operator.disk.sync();
        }
        self.acts.insert(operator.ledger.chain().hash, operator.ledger.payments().len());
        self.alarms.extend(effects.alarms);
        assert!(!effects.reconnect, "a link that loses nothing is never started anew");
        if !operator.dead {
            operator.to_bank.extend(effects.messages);
        }
    }
}
