//! Keeps the aliases of wallets consistent between this ledger and the directory of the central
//! bank, also when either process is killed in between.
//!
//! A closed wallet releases its aliases. A row of this ledger records that the directory has
//! removed them; until that row exists the directory is asked again, also after a restart. A wallet
//! cannot be closed while an alias is being linked to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clearing_api::status::FieldError;
use clearing_api::text::BATCH_MAX;
use clearing_domain::Reason;
use clearing_domain::money::WalletNumber;
use clearing_domain::operator::{OperatorError, OperatorLedger};
use tokio::sync::Notify;
use tonic::Status;

use crate::node::Node;

/// How long to wait before the directory is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The aliases that are being linked, and whether wallets have been closed.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    linking: Mutex<HashMap<WalletNumber, usize>>,
    closed: Notify,
}

impl Aliases {
    /// Refuses to close a wallet to which an alias is being linked.
    pub(crate) fn check_close(&self, wallet: WalletNumber) -> Result<(), OperatorError> {
        let busy = self.lock().contains_key(&wallet);
        if busy {
            Err(OperatorError::Wallet { wallet, reason: Reason::WalletBusy })
        } else {
            Ok(())
        }
    }

    /// Keeps a wallet from being closed while the returned value lives.
    fn begin(self: Arc<Self>, wallet: WalletNumber) -> Linking {
        *self.lock().entry(wallet).or_default() += 1;
        Linking { aliases: self, wallet }
    }

    fn end(&self, wallet: WalletNumber) {
        let mut linking = self.lock();
        if let Some(count) = linking.get_mut(&wallet) {
            *count -= 1;
            if *count == 0 {
                linking.remove(&wallet);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WalletNumber, usize>> {
        self.linking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An alias that is being linked to a wallet. The linking ends when this value is dropped, also
/// inside a reply whose caller has gone.
#[derive(Debug)]
struct Linking {
    aliases: Arc<Aliases>,
    wallet: WalletNumber,
}

impl Drop for Linking {
    fn drop(&mut self) {
        self.aliases.end(self.wallet);
    }
}

impl Node {
    /// Links an alias to an open wallet. The linking continues when the caller gives up.
    pub(crate) async fn link_alias(
        &self,
        wallet: WalletNumber,
        alias: String,
        replace: bool,
    ) -> Result<(), Status> {
        let aliases = Arc::clone(&self.aliases);
        let begin = move |ledger: &mut OperatorLedger, _| {
            ledger.check_open(wallet)?;
            Ok(aliases.begin(wallet))
        };
        let linking = self.change(begin).await?;
        // A task of its own: if the call were dropped half-way, the wallet could be closed while
        // the directory still links its alias.
        let node = self.clone();
        let linked = tokio::spawn(async move {
            let linked = node.directory.register(wallet, &alias, replace).await;
            drop(linking);
            linked
        });
        linked
            .await
            .unwrap_or_else(|error| Err(FieldError::new(Reason::Internal, "", error).into()))
    }

    /// Releases the aliases of a closed wallet: now if the directory answers, otherwise as soon as
    /// it does.
    pub(crate) async fn closed(&self, wallet: WalletNumber) {
        let given_up = tokio::time::timeout(ASK_AGAIN, self.give_up(&[wallet])).await;
        if !matches!(given_up, Ok(Ok(()))) {
            self.aliases.closed.notify_one();
        }
    }

    /// Releases the aliases of closed wallets until the process ends.
    pub(crate) async fn give_up_aliases(self) {
        while let Ok(wallets) =
            self.read(|ledger, _| ledger.giving_up().take(BATCH_MAX).collect::<Vec<_>>()).await
        {
            if wallets.is_empty() {
                self.aliases.closed.notified().await;
            } else if let Err(status) = self.give_up(&wallets).await {
                tracing::debug!(
                    error = status.message(),
                    "aliases of closed wallets are not given up yet"
                );
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }

    async fn give_up(&self, wallets: &[WalletNumber]) -> Result<(), Status> {
        // The directory first, then the row: after a kill in between the directory is asked again,
        // and to remove aliases twice does no harm.
        self.directory.give_up(wallets).await?;
        let wallets = wallets.to_vec();
        let note = move |ledger: &mut OperatorLedger, now| {
            wallets.iter().for_each(|wallet| ledger.aliases_given_up(*wallet, now));
            Ok(())
        };
        self.change(note).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn wallet() -> WalletNumber {
        let prefix = clearing_domain::money::Prefix::new(1).unwrap();
        WalletNumber::new(prefix, clearing_domain::money::WalletKind::Personal, 1).unwrap()
    }

    #[test]
    fn a_wallet_can_be_closed_again_when_a_caller_gives_up_before_it_hears_that_linking_began() {
        let aliases = Arc::<Aliases>::default();
        let [first, second] = [(); 2].map(|()| Arc::clone(&aliases).begin(wallet()));
        drop(first);
        assert!(aliases.check_close(wallet()).is_err());
        // As the ledger answers once its batch is written.
        let (answer, waits) = oneshot::channel();
        drop(waits);
        assert!(answer.send(second).is_err());
        assert!(aliases.check_close(wallet()).is_ok());
    }
}
