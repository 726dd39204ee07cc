//! The state that the services of an operator share.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_domain::Reason;
use clearing_domain::money::{PaymentId, Timestamp, WalletNumber};
use clearing_domain::operator::{OperatorError, OperatorLedger, OperatorSettings};
use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use clearing_node::serve::Stopping;
use tonic::Status;

use crate::aliases::Aliases;
use crate::directory::Directory;
use crate::keys::Keys;
use crate::relay::Relay;
use crate::waiters::Waiters;

/// The shared state; each service has a clone.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) ledger: LedgerHandle<OperatorLedger>,
    pub(crate) waiters: Arc<Waiters>,
    pub(crate) watching: Arc<Watching>,
    /// Those who watch campaigns.
    pub(crate) campaigns: Arc<CampaignHub>,
    /// Whether any wallet has grants of which the traits of merchants decide.
    pub(crate) asks_for_traits: Arc<AtomicBool>,
    pub(crate) directory: Directory,
    pub(crate) relay: Relay,
    pub(crate) aliases: Arc<Aliases>,
    /// The settlement mode in force when the central bank last answered.
    pub(crate) mode: Arc<Mutex<v1::SettlementMode>>,
    /// The keys of the hashes of what holders show.
    pub(crate) keys: Keys,
    pub(crate) settings: OperatorSettings,
    pub(crate) config: Arc<clearing_config::ClusterConfig>,
    pub(crate) started_at: Timestamp,
    /// Signals that the process stops, upon which streams that wait for their clients end.
    pub(crate) stopping: Stopping,
}

/// Those who watch this operator; its records are payments, by wallet.
pub(crate) type Watching = clearing_node::watching::Watching<v1::Payment, WalletNumber>;

/// Those who watch campaigns of this operator.
pub(crate) type CampaignHub = clearing_node::hub::Hub<v1::WatchCampaignResponse, WalletNumber>;

impl Node {
    /// Changes the ledger and answers when the change is on disk; a refusal is a status with its
    /// reason.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<T, Status> {
        let change = move |ledger: &mut OperatorLedger, now| {
            // Under lockstep a tick may have ended within the batch, and with it the time.
            let at = ledger.business_time(now);
            change(ledger, at)
        };
        let changed = self.ledger.write(change).await?;
        changed.map_err(|error| FieldError::from(error).into())
    }

    /// Registers the traits of a merchant in the directory.
    pub(crate) async fn set_merchant_traits(
        &self,
        wallet: WalletNumber,
        traits: v1::MerchantTraits,
    ) -> Result<(), Status> {
        self.change(move |ledger, _| ledger.check_merchant(wallet)).await?;
        self.directory.register_merchant(wallet, traits).await
    }

    /// Reads the ledger.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&OperatorLedger, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Status> {
        Ok(self.ledger.read(move |ledger, now| read(ledger, ledger.business_time(now))).await?)
    }

    /// The settlement mode in force, or the last known one while the central bank cannot be
    /// reached.
    pub(crate) async fn settlement_mode(&self) -> v1::SettlementMode {
        let found = self.directory.settlement_mode().await;
        // The lock is taken after the answer has come: it must not be held while one waits.
        let mut known = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mode) = found {
            *known = mode;
        }
        *known
    }

    /// A new payment id: a UUID of version 7, whose order is that of time, so that people and tools
    /// can sort payments by it.
    pub(crate) fn new_payment_id() -> PaymentId {
        let mut bytes: [u8; 16] = rand::random();
        bytes[..6].copy_from_slice(&clock::now().ms().to_be_bytes()[2..]);
        bytes[6] = 0x70 | bytes[6] & 0x0f;
        bytes[8] = 0x80 | bytes[8] & 0x3f;
        PaymentId(bytes)
    }
}

/// The error of a wallet that is not at this operator.
pub(crate) fn wallet_unknown(wallet: WalletNumber) -> Status {
    FieldError::from(OperatorError::WalletUnknown(wallet)).into()
}

/// The error of a payment that is not at this operator.
pub(crate) fn payment_unknown(id: PaymentId) -> Status {
    let message = format!("payment {id} is not known at this operator");
    FieldError::new(Reason::PaymentUnknown, "payment_id", message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_ids_are_uuids_of_version_7() {
        let text = Node::new_payment_id().to_string();
        assert_eq!(&text[14..15], "7");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }
}
