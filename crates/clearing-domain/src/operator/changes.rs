//! What a batch of commands leaves to be written and released.

use crate::Reason;
use crate::link::OperatorMessage;
use crate::money::{CycleId, PaymentId, Timestamp, WalletNumber};
use crate::seal::Chain;

use super::campaign::CampaignEvent;
use super::rows::OperatorRows;
use super::slot::{InboundSlot, PaymentSlot, WalletSlot};
use super::state::PaymentState;

/// What changed since the last batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorChanges {
    /// Rows appended.
    pub appended: Appended,
    /// Wallets opened, or whose holder showed more.
    pub wallets: Vec<WalletSlot>,
    /// Payments that came to wait for cover, or no longer do, by their rows.
    pub queued: Vec<(u64, bool)>,
    /// Accounts, link or tick state changed.
    pub state: bool,
    /// The seal of the batch; set when it is taken.
    pub chain: Chain,
}

impl OperatorChanges {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        !self.state && self.appended.count == 0 && self.wallets.is_empty() && self.queued.is_empty()
    }
}

/// The rows that a batch appended. Of payments and transfers, of which a batch may have tens of
/// thousands, it has only where they begin: the ledger makes their rows again from its records, and
/// nothing is held twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// How many there are.
    pub count: u64,
    /// Where its payments begin; they are the last of the ledger until the next batch.
    pub payments: Option<PaymentSlot>,
    /// Where its transfers begin, likewise.
    pub inbound: Option<InboundSlot>,
    /// The rows of all other kinds; none of payments and transfers.
    pub others: OperatorRows,
}

/// What a batch releases once it is written.
#[derive(Debug, Default)]
pub struct OperatorEffects {
    /// Messages to the central bank, in order.
    pub messages: Vec<OperatorMessage>,
    /// Payments and transfers whose state changed.
    pub updates: Vec<PaymentUpdate>,
    /// What happened to campaigns.
    pub campaigns: Vec<CampaignEvent>,
    /// Findings that must never happen; logged and shown as events.
    pub alarms: Vec<String>,
    /// Close the link and register again.
    pub reconnect: bool,
}

/// A payment or transfer changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentUpdate {
    /// The payment.
    pub id: PaymentId,
    /// The wallet of this operator: payer's, or payee's when inbound.
    pub wallet: WalletNumber,
    /// Where it stands now.
    pub state: PaymentState,
    /// Why it was rejected or returned.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub cycle: Option<CycleId>,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
    /// Whether this operator is the payee's.
    pub inbound: bool,
    /// Whether it waits for cover at the central bank.
    pub queued: bool,
}
