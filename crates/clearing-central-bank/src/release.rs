//! Releases the effects of a written batch: messages to operators, events to subscribers, and the
//! state that tasks read beside the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_domain::central_bank::{CentralBankEffects, CentralBankLedger};
use clearing_domain::money::{OperatorNumber, Position, Timestamp};
use clearing_node::ledger::Release;
use tokio::sync::watch;

use crate::node::{Pulse, Shared};
use crate::view;

/// The outlet of the central bank's ledger.
pub(crate) struct CentralBankRelease {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pulse: watch::Sender<Pulse>,
    /// The headroom that was sent last, by the operators' numbers.
    pub(crate) reported: BTreeMap<OperatorNumber, Option<Position>>,
}

impl CentralBankRelease {
    /// Sends the headroom of an operator to its subscribers when it has changed.
    fn publish_headroom(&mut self, ledger: &CentralBankLedger, operator: OperatorNumber) {
        let account = &ledger.accounts()[operator];
        let headroom = account.headroom();
        if self.reported.insert(operator, headroom) != Some(headroom)
            && !self.shared.watching.changes.is_empty()
        {
            let now = ledger.business_time(Timestamp::ZERO);
            let (code, accounts) = (account.code, view::accounts(ledger, account, now));
            self.shared
                .watching
                .changes
                .publish(code, move || v1::WatchHeadroomResponse { accounts: Some(accounts) });
        }
    }
}

impl Release<CentralBankLedger> for CentralBankRelease {
    fn release(&mut self, ledger: &CentralBankLedger, effects: CentralBankEffects) {
        // Messages go first: an operator that is refused or disconnected by this batch receives
        // what the ledger sent to it before.
        for (operator, message) in effects.messages {
            self.shared.links.send(operator, message);
        }
        for (operator, error) in effects.refused {
            self.shared.links.refuse(operator, FieldError::from(error).into());
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
        effects.accounts.iter().for_each(|operator| self.publish_headroom(ledger, *operator));
        self.shared.watching.refusals.messages.count_in(effects.refused_items);
        for event in &effects.events {
            self.shared.publish(event.kind, &event.text);
        }
        // Last, so that a task that the clock wakes finds everything of this batch released.
        let pulse = Pulse { state: ledger.clock_state(), due: ledger.next_due() };
        self.pulse.send_if_modified(|present| std::mem::replace(present, pulse) != pulse);
    }
}
