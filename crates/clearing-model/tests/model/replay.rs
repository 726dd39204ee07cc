//! The ledgers themselves, taken through the actions of the model.

use std::collections::VecDeque;

use clearing_domain::central_bank::{CentralBankLedger, CentralBankSettings, EventKind};
use clearing_domain::details::Voucher;
use clearing_domain::link::{CentralBankMessage, OperatorMessage};
use clearing_domain::money::{OperatorNumber, RequestId, Timestamp, WalletKind, WalletNumber};
use clearing_domain::operator::{
    Holder, OperatorEffects, OperatorLedger, OperatorSettings, PaymentOrder, PaymentState,
    WalletOrder,
};
use clearing_domain::{Details, Ledger as _};
use clearing_model::{Action, Config, Place, Role, State};

use crate::bank_disk::BankDisk;
use crate::operator_disk::OperatorDisk;
use crate::settings::{EXPIRY_MS, bank_settings, noon, operator_settings, payment, yuan};

/// An operator's process.
pub(crate) struct Operator {
    pub(crate) ledger: OperatorLedger,
    pub(crate) disk: OperatorDisk,
    pub(crate) settings: OperatorSettings,
    /// Two wallets for each payment, so that each can be refused by itself: one gives, one gets.
    wallets: Vec<[WalletNumber; 2]>,
}

/// A connection.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) to_bank: VecDeque<OperatorMessage>,
    pub(crate) to_operator: VecDeque<CentralBankMessage>,
    incarnation: u64,
    dead: bool,
}

/// The ledgers, their disks and the wires between them.
pub(crate) struct Replay {
    config: Config,
    pub(crate) bank: CentralBankLedger,
    pub(crate) bank_disk: BankDisk,
    pub(crate) bank_settings: CentralBankSettings,
    pub(crate) operators: Vec<Operator>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) old: Vec<Wire>,
    pub(crate) alarms: Vec<String>,
    now: Timestamp,
    pub(crate) submitted: Vec<usize>,
    expires_at: Vec<Timestamp>,
}

impl Replay {
    /// Everything connected and nothing submitted.
    pub(crate) fn new(config: &Config) -> Self {
        let bank_settings = bank_settings(config);
        let operator = |number: usize| {
            let settings = operator_settings(number);
            let (ledger, disk) = (OperatorLedger::new(settings), OperatorDisk::default());
            Operator { ledger, disk, settings, wallets: Vec::new() }
        };
        let mut replay = Self {
            config: config.clone(),
            bank: CentralBankLedger::new(bank_settings.clone(), noon()),
            bank_disk: BankDisk::default(),
            bank_settings,
            operators: (0..config.operators).map(operator).collect(),
            wires: (0..config.operators).map(|_| Wire::default()).collect(),
            old: (0..config.operators).map(|_| Wire::default()).collect(),
            alarms: Vec::new(),
            now: noon(),
            submitted: Vec::new(),
            expires_at: vec![Timestamp::ZERO; config.plans.len()],
        };
        replay.commit_bank();
        (0..config.operators).for_each(|number| replay.open(number));
        replay
    }

    fn open(&mut self, number: usize) {
        self.register(number);
        while !self.wires[number].to_bank.is_empty() || !self.wires[number].to_operator.is_empty() {
            for _ in 0..self.wires[number].to_bank.len() {
                self.bank_takes(Place { operator: number, old: false, index: 0 });
            }
            for _ in 0..self.wires[number].to_operator.len() {
                self.operator_takes(Place { operator: number, old: false, index: 0 }, &[]);
            }
        }
        for plan in &self.config.plans {
            let order = |opening: bool| WalletOrder {
                request_id: None,
                kind: WalletKind::Personal,
                class: 1,
                holder: Holder::verified(None),
                opening: yuan(i64::from(opening)),
                content: None,
            };
            let operator = &mut self.operators[number];
            let orders = [order(plan.debits(number)), order(false)];
            let open = |order| operator.ledger.open_wallet(order, noon()).unwrap();
            operator.wallets.push(orders.map(open));
        }
        self.commit_operator(number, true);
        self.operators[number].disk.sync();
        self.bank_disk.sync();
    }

    /// Whether the ledgers can do what the model may. Time passes for all payments alike, so they
    /// expire in the order in which they were submitted.
    pub(crate) fn can(&self, action: &Action, model: &State) -> bool {
        let Action::Expire(id) = action else { return true };
        let open = |id: &&usize| {
            let state = model.operators[self.config.plans[**id].payer].live.payments[**id];
            !model.expired.contains(**id) && state == Some(PaymentState::InTransit)
        };
        self.submitted.iter().find(open) == Some(id)
    }

    /// Does what the model does next; `model` is its state before.
    pub(crate) fn apply(&mut self, action: Action, model: &State) {
        match action {
            Action::Submit(id) => self.submit(id),
            Action::BankTakes(place) => self.bank_takes(place),
            Action::OperatorTakes(place, refuses) => {
                let refuses: Vec<_> = refuses.iter().collect();
                self.operator_takes(place, &refuses);
            }
            Action::Sync(Role::Bank) => self.bank_disk.sync(),
            Action::Sync(Role::Operator(number)) => self.operators[number].disk.sync(),
            Action::Crash { role: Role::Bank, kept } => self.crash_bank(kept),
            Action::Crash { role: Role::Operator(number), kept } => {
                self.crash_operator(number, kept, model)
            }
            Action::Break(number) => {
                self.operators[number].ledger.link_down();
                self.hang_up(number, model);
            }
            Action::HangUp(number) => {
                let operator = OperatorNumber::at(number);
                let incarnation = self.bank.account_row(operator).incarnation;
                self.bank.link_down(operator, incarnation);
                self.old[number].to_bank.clear();
                self.commit_bank();
            }
            Action::Register(number) => self.register(number),
            Action::Expire(id) => {
                self.now = self.now.max(self.expires_at[id].plus_ms(1));
                self.bank.advance_clock(self.now);
                self.commit_bank();
            }
            Action::LookAtClock => {
                self.bank.advance_clock(self.now);
                self.commit_bank();
            }
            Action::Close => {
                self.bank.close_cycle(None, self.now).unwrap();
                self.commit_bank();
            }
            Action::EndDay
            | Action::Forget(_)
            | Action::Repeat { .. }
            | Action::Lose { .. }
            | Action::Forge(_)
            | Action::Copy
            | Action::Restore
            | Action::GiveUp(_) => panic!("{action:?} is not part of the configuration"),
        }
    }

    fn submit(&mut self, id: usize) {
        let plan = self.config.plans[id];
        self.now = self.now.plus_ms(1);
        self.submitted.retain(|known| *known != id);
        self.submitted.push(id);
        self.expires_at[id] = self.now.plus_ms(EXPIRY_MS);
        let voucher = plan.sponsor.map(|sponsor| Voucher {
            campaign: self.operators[sponsor].wallets[id][0],
            discount: yuan(1),
        });
        let order = PaymentOrder {
            id: payment(id),
            request_id: RequestId::Text(format!("request-{id}").into()),
            payer: self.operators[plan.payer].wallets[id][0],
            payee: Ok(self.operators[plan.payee].wallets[id][1]),
            alias: None,
            amount: Ok(yuan(plan.total().into())),
            remark: None,
            details: Details { voucher, ..Details::default() }.boxed(),
        };
        self.operators[plan.payer].ledger.pay(order, self.now).unwrap();
        self.commit_operator(plan.payer, true);
    }

    fn register(&mut self, number: usize) {
        let operator = &mut self.operators[number];
        operator.ledger.link_down();
        operator.ledger.link_up();
        let incarnation = operator.ledger.link().incarnation;
        self.wires[number] = Wire { incarnation, ..Wire::default() };
        self.commit_operator(number, false);
    }

    fn bank_takes(&mut self, place: Place) {
        let wires = if place.old { &mut self.old } else { &mut self.wires };
        let message = wires[place.operator].to_bank.remove(place.index).unwrap();
        if let Some(registration) = &message.registration {
            self.bank
                .register(
                    message.place,
                    registration,
                    Some(registration.central_bank_head),
                    self.now,
                )
                .unwrap();
            self.old[place.operator].to_bank.clear();
        }
        self.bank.receive(OperatorNumber::at(place.operator), message, self.now);
        self.commit_bank();
    }

    /// What it is to refuse, it refuses because the wallets are frozen for a moment.
    fn operator_takes(&mut self, place: Place, refuses: &[usize]) {
        let number = place.operator;
        let message = self.wires[number].to_operator.remove(place.index).unwrap();
        let operator = &mut self.operators[number];
        let frozen: Vec<_> = refuses.iter().flat_map(|id| operator.wallets[*id]).collect();
        for wallet in &frozen {
            operator.ledger.freeze(*wallet, false, noon()).unwrap();
        }
        operator.ledger.receive(message, noon());
        for wallet in frozen {
            operator.ledger.unfreeze(wallet, noon()).unwrap();
        }
        self.commit_operator(number, false);
    }

    fn commit_bank(&mut self) {
        let (changes, effects) = self.bank.take_batch();
        self.bank_disk.write(&self.bank, &changes);
        if !effects.messages.is_empty() {
            self.bank_disk.sync();
        }
        let alarms = effects.events.into_iter().filter(|event| event.kind == EventKind::Alarm);
        self.alarms.extend(alarms.map(|event| event.text));
        assert!(effects.disconnect.is_empty());
        for (number, message) in effects.messages {
            let wire = &mut self.wires[number.place()];
            if wire.incarnation == message.place.incarnation && !wire.dead {
                wire.to_operator.push_back(message);
            }
        }
    }

    fn commit_operator(&mut self, number: usize, promises: bool) {
        let operator = &mut self.operators[number];
        let (changes, effects) = operator.ledger.take_batch();
        operator.disk.write(&operator.ledger, &changes);
        if OperatorLedger::needs_sync(&effects) || promises {
            operator.disk.sync();
        }
        let OperatorEffects { messages, alarms, reconnect, .. } = effects;
        self.alarms.extend(alarms);
        assert!(!reconnect, "a link that loses nothing is never started anew");
        let wire = &mut self.wires[number];
        if !wire.dead {
            wire.to_bank.extend(messages);
        }
    }

    fn crash_bank(&mut self, kept: bool) {
        self.bank_disk.lose(if kept { 0 } else { self.bank_disk.unsynced() });
        self.bank_disk.sync();
        self.bank = self.bank_disk.restore(self.bank_settings.clone());
        for wire in &mut self.wires {
            wire.to_bank.clear();
            wire.dead = true;
        }
        self.old.iter_mut().for_each(|wire| wire.to_bank.clear());
    }

    fn crash_operator(&mut self, number: usize, kept: bool, model: &State) {
        let operator = &mut self.operators[number];
        operator.disk.lose(if kept { 0 } else { operator.disk.unsynced() });
        operator.disk.sync();
        operator.ledger = operator.disk.restore(operator.settings);
        self.hang_up(number, model);
    }

    /// The operator gives its wire up; what is on its way to the central bank may still arrive,
    /// if the central bank has heard of that wire.
    fn hang_up(&mut self, number: usize, model: &State) {
        let wire =
            std::mem::replace(&mut self.wires[number], Wire { dead: true, ..Wire::default() });
        if model.meets[number] {
            self.old[number].to_bank = wire.to_bank;
        }
    }
}
