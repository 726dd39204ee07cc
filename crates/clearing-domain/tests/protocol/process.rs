//! How processes write, sync, release and crash.

use clearing_domain::Ledger as _;
use clearing_domain::central_bank::EventKind;
use clearing_domain::link::{CentralBankMessage, OperatorMessage};
use clearing_domain::money::OperatorNumber;
use clearing_domain::operator::OperatorLedger;
use clearing_domain::operator::PaymentUpdate;

use crate::world::{Plant, Wire, World};

impl World {
    /// Writes the central bank's batch, syncs it when something leaves and releases that; or
    /// crashes in between.
    pub(crate) fn commit_bank(&mut self) {
        let (changes, effects) = self.bank.ledger.take_batch();
        self.bank.disk.write(&self.bank.ledger, &changes);
        let crash = self.rng.below(1_000) < self.crash_permille;
        let synced = !crash || self.rng.chance(50);
        if synced && !effects.messages.is_empty() {
            self.bank.disk.sync();
        }
        let alarms = effects.events.iter().filter(|event| event.kind == EventKind::Alarm);
        self.alarms.extend(
            alarms.map(|event| event.text.clone()).filter(|text| !text.starts_with("message ")),
        );
        if !crash || self.plant == Plant::EarlyRelease {
            self.release_bank(effects.messages, &effects.disconnect);
        }
        if crash {
            self.crash_bank();
        }
    }

    fn release_bank(
        &mut self,
        messages: Vec<(OperatorNumber, CentralBankMessage)>,
        disconnect: &[OperatorNumber],
    ) {
        for (number, message) in messages {
            let incarnation = message.place.incarnation;
            let is_its =
                |wire: &&mut Wire| wire.number == Some(number) && wire.incarnation == incarnation;
            if let Some(wire) = self.wires.iter_mut().find(is_its) {
                wire.to_operator.push_back(message);
            }
        }
        for number in disconnect {
            self.hang_up(number.place());
        }
    }

    /// The central bank starts again from its disk. Operators hear of it now or when they notice.
    pub(crate) fn crash_bank(&mut self) {
        self.crashes += 1;
        self.bank.disk.lose(self.bank.disk.unsynced());
        self.bank.ledger = self.bank.disk.restore(self.bank_settings.clone());
        for number in 0..self.operators.len() {
            if self.rng.chance(50) {
                self.hang_up(number);
            }
        }
    }

    /// Writes an operator's batch. It is synced when something leaves, and now and then anyway.
    pub(crate) fn commit_operator(&mut self, number: usize, promises: bool) {
        let crash = self.rng.below(1_000) < self.crash_permille;
        let survives = !crash || self.rng.chance(50);
        let operator = &mut self.operators[number];
        let (changes, effects) = operator.ledger.take_batch();
        operator.disk.write(&operator.ledger, &changes);
        let early =
            self.plant == Plant::EarlyWitness && effects.messages.iter().all(is_witness_alone);
        if survives && ((OperatorLedger::needs_sync(&effects) && !early) || promises) {
            operator.disk.sync();
        }
        self.alarms.extend(effects.alarms.into_iter().filter(|text| !text.starts_with("message ")));
        if crash {
            return self.crash_operator(number);
        }
        for update in &effects.updates {
            self.tell(number, update);
        }
        for message in effects.messages {
            self.send(number, message);
        }
        if effects.reconnect {
            self.hang_up(number);
        }
    }

    fn send(&mut self, number: usize, mut message: OperatorMessage) {
        if self.plant == Plant::SilentRepeats {
            message.decisions.retain(|decision| !self.decided.contains(&decision.id));
            self.decided.extend(message.decisions.iter().map(|decision| decision.id));
        }
        let incarnation = message.place.incarnation;
        let is_its = |wire: &&mut Wire| wire.operator == number && wire.incarnation == incarnation;
        if let Some(wire) = self.wires.iter_mut().find(is_its) {
            wire.to_bank.push_back(message);
        }
    }

    /// A client or a watcher is told; what was told once is never taken back.
    fn tell(&mut self, number: usize, update: &PaymentUpdate) {
        if !update.state.is_final() {
            return;
        }
        let told = (update.state, update.reason, update.cycle);
        let earlier = self.operators[number].told.insert((update.id, update.inbound), told);
        if earlier.is_some_and(|earlier| earlier != told) {
            self.alarms.push(format!("payment {} was told {earlier:?}, then {told:?}", update.id));
        }
    }

    /// An operator starts again from its disk; of what was not synced any part may be gone.
    pub(crate) fn crash_operator(&mut self, number: usize) {
        self.crashes += 1;
        let lost = self.rng.below(self.operators[number].disk.unsynced() + 1);
        let lost = if self.plant == Plant::LostSync { lost + 1 } else { lost };
        for wire in self.wires.iter_mut().filter(|wire| wire.operator == number) {
            wire.open = false;
        }
        let operator = &mut self.operators[number];
        operator.disk.lose(lost);
        operator.disk.sync();
        operator.ledger = operator.disk.restore(operator.settings);
    }
}

/// Whether a message says nothing but how far the ledger is.
fn is_witness_alone(message: &OperatorMessage) -> bool {
    let OperatorMessage { place, batch, head, advice, .. } = *message;
    *message == OperatorMessage { place, batch, head, advice, ..OperatorMessage::default() }
}
