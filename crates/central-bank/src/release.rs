//! Lets the effects of a written batch leave.

use std::sync::Arc;

use clearing_domain::central_bank::CentralBankEffects;
use clearing_node::ledger::Release;
use tokio::sync::watch;

use crate::node::{Pulse, Shared};
use crate::store::CentralBankBook;

/// The way out of the central bank's ledger.
pub(crate) struct CentralBankRelease {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pulse: watch::Sender<Pulse>,
}

impl Release<CentralBankBook> for CentralBankRelease {
    fn release(&mut self, book: &CentralBankBook, effects: CentralBankEffects) {
        for (operator, message) in effects.messages {
            self.shared.links.send(operator, message);
        }
        for operator in effects.disconnect {
            self.shared.links.close(operator);
        }
        for (alias, wallet) in effects.aliases {
            match wallet {
                Some(wallet) => self.shared.aliases.insert(alias, wallet),
                None => self.shared.aliases.remove(&alias).map(|(_, wallet)| wallet),
            };
        }
        for event in &effects.events {
            self.shared.tell(event.kind, &event.text);
        }
        let pulse = Pulse { state: book.0.clock_state(), due: book.0.next_due() };
        self.pulse.send_if_modified(|present| std::mem::replace(present, pulse) != pulse);
    }
}
