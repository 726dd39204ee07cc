//! An operator's process and its wire, as the model of witnesses has them.

use std::collections::VecDeque;

use clearing_domain::link::{CentralBankMessage, Head, OperatorMessage, Witness};
use clearing_domain::money::{WalletKind, WalletNumber};
use clearing_domain::operator::{Holder, OperatorLedger, OperatorSettings, WalletOrder};
use clearing_domain::seal::BatchSeal;

use crate::operator_disk::OperatorDisk;
use crate::settings::{noon, operator_settings, yuan};

/// An operator's process and its wire.
pub(crate) struct Operator {
    pub(crate) ledger: OperatorLedger,
    pub(crate) disk: OperatorDisk,
    pub(crate) settings: OperatorSettings,
    pub(crate) wallets: Vec<WalletNumber>,
    pub(crate) incarnation: u64,
    pub(crate) dead: bool,
    pub(crate) to_bank: VecDeque<OperatorMessage>,
    pub(crate) old: VecDeque<OperatorMessage>,
    pub(crate) to_operator: VecDeque<CentralBankMessage>,
    /// The central bank knows the wire.
    pub(crate) meets: bool,
}

/// The head of a chain at a batch; `None` where the file has no such batch.
pub(crate) fn head_at(seals: &[BatchSeal], batch: u64) -> Option<Head> {
    seals.iter().find(|seal| seal.batch == batch).map(|seal| seal.hash)
}

impl Operator {
    pub(crate) fn open(number: usize) -> Self {
        let settings = operator_settings(number);
        Self {
            wallets: Vec::new(),
            ledger: OperatorLedger::new(settings),
            disk: OperatorDisk::default(),
            settings,
            incarnation: 0,
            dead: false,
            to_bank: VecDeque::new(),
            old: VecDeque::new(),
            to_operator: VecDeque::new(),
            meets: false,
        }
    }

    pub(crate) fn open_wallets(&mut self) {
        for _ in 0..2 {
            let order = WalletOrder {
                request_id: None,
                kind: WalletKind::Personal,
                class: 1,
                holder: Holder::verified(None),
                opening: yuan(10),
                content: None,
            };
            self.wallets.push(self.ledger.open_wallet(order, noon()).unwrap());
        }
    }

    /// It gives its wire up; what is on its way to the central bank may still arrive, if that knows
    /// the wire.
    pub(crate) fn hang_up(&mut self) {
        self.ledger.link_down();
        let sent = std::mem::take(&mut self.to_bank);
        if self.meets && !self.dead {
            self.old = sent;
        }
        self.to_operator.clear();
        self.meets = false;
        self.dead = false;
    }

    pub(crate) fn bank_is_gone(&mut self) {
        self.old.clear();
        self.dead |= self.meets || !self.to_bank.is_empty();
        self.to_bank.clear();
        self.meets = false;
    }

    pub(crate) fn crash(&mut self, kept: bool) {
        self.disk.lose(if kept { 0 } else { self.disk.unsynced() });
        self.disk.sync();
        self.ledger = self.disk.restore(self.settings);
        self.hang_up();
    }

    /// Whether its file is another than it told, as the central bank has heard.
    pub(crate) fn differs_from(&self, told: Witness) -> bool {
        let found = head_at(&self.disk.seals(), told.batch);
        told != Witness::default() && !found.is_some_and(|head| told.agrees_with(&head))
    }
}
