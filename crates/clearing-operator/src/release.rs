//! Releases the effects of a written batch: messages to the link, outcomes to waiting callers,
//! events to subscribers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clearing_api::v1;
use clearing_domain::operator::{LinkPhase, OperatorEffects, OperatorLedger};
use clearing_node::ledger::Release;
use tokio::sync::oneshot;

use crate::campaign_orders;
use crate::link::LinkSender;
use crate::node::{CampaignHub, Watching};
use crate::view::PaymentView;
use crate::waiters::Waiters;

/// The outlet of the operator's ledger.
pub(crate) struct OperatorRelease {
    pub(crate) link: Arc<LinkSender>,
    pub(crate) waiters: Arc<Waiters>,
    pub(crate) watching: Arc<Watching>,
    pub(crate) campaigns: Arc<CampaignHub>,
    pub(crate) asks_for_traits: Arc<AtomicBool>,
    pub(crate) opening: Opening,
}

/// Signals once that a new operator has received the roster and its opening money.
pub(crate) struct Opening {
    /// Whether the operator opens with money, which an advice brings.
    pub(crate) with_money: bool,
    /// The receiver of the signal.
    pub(crate) opened: Option<oneshot::Sender<()>>,
}

impl Opening {
    fn watch(&mut self, ledger: &OperatorLedger) {
        let linked = ledger.link_phase() == LinkPhase::Up;
        if linked
            && (!self.with_money || ledger.link().advice > 0)
            && let Some(opened) = self.opened.take()
        {
            // The receiver is gone when the process stops.
            let _ = opened.send(());
        }
    }
}

impl Release<OperatorLedger> for OperatorRelease {
    fn release(&mut self, ledger: &OperatorLedger, effects: OperatorEffects) {
        self.opening.watch(ledger);
        // Before the messages: whoever hears of this batch may ask at once for what depends on it.
        self.asks_for_traits.store(ledger.grants().ask_for_traits(), Ordering::Release);
        for message in effects.messages {
            self.link.send(message);
        }
        // The link ends after the messages: what the ledger released before the fault is still due,
        // and the next registration resends what gets lost.
        if effects.reconnect {
            self.link.reset();
        }
        // Callers wait at the payer's operator only. A queued payment is an answer, too: it may
        // wait until the end of the day.
        for update in &effects.updates {
            if (update.state.is_final() || update.queued) && !update.inbound {
                self.waiters.finish(update.id, ledger);
            }
            if !self.watching.changes.is_empty()
                && let Some(mut view) = PaymentView::find(ledger, update.id)
            {
                // One batch may apply two notices of a payment, and the record has the later state;
                // the subscriber receives each change as it was.
                view.update(update);
                self.watching.changes.publish(update.wallet, move || v1::Payment::from(view));
            }
        }
        if !self.campaigns.is_empty() {
            for event in effects.campaigns {
                self.campaigns.publish(event.campaign, move || campaign_orders::event(&event));
            }
        }
        for alarm in effects.alarms {
            if let Some(left_out) = self.watching.refusals.messages.add() {
                tracing::error!(alarm, left_out, "something that must never happen");
            }
            self.watching.events.publish("alarm", &alarm);
        }
    }
}
