//! The aliases of wallets that open and close: the ledger here and the directory of the central bank agree in the
//! end, whichever dies on the way.
//!
//! A closed wallet gives up its aliases. That it has is a row of this ledger; until there is one, the directory is
//! asked again and again, after a restart, too. A wallet to which an alias is just being linked cannot be closed.

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
        if busy { Err(OperatorError::Wallet { wallet, reason: Reason::WalletBusy }) } else { Ok(()) }
    }

    fn begin(&self, wallet: WalletNumber) {
        *self.lock().entry(wallet).or_default() += 1;
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

impl Node {
    /// Links an alias to an open wallet. It goes on to its end when the caller gives up.
    pub(crate) async fn link_alias(&self, wallet: WalletNumber, alias: String, replace: bool) -> Result<(), Status> {
        let aliases = Arc::clone(&self.aliases);
        let begin = move |ledger: &mut OperatorLedger, _| {
            ledger.check_open(wallet)?;
            aliases.begin(wallet);
            Ok(())
        };
        self.change(begin).await?;
        let node = self.clone();
        let linked = tokio::spawn(async move {
            let linked = node.directory.register(wallet, &alias, replace).await;
            node.aliases.end(wallet);
            linked
        });
        linked.await.unwrap_or_else(|error| Err(FieldError::new(Reason::Internal, "", error).into()))
    }

    /// A wallet was closed: its aliases go, now if the directory is there, otherwise as soon as it is.
    pub(crate) async fn closed(&self, wallet: WalletNumber) {
        let given_up = tokio::time::timeout(ASK_AGAIN, self.give_up(&[wallet])).await;
        if !matches!(given_up, Ok(Ok(()))) {
            self.aliases.closed.notify_one();
        }
    }

    /// Gives up the aliases of closed wallets until the process ends.
    pub(crate) async fn give_up_aliases(self) {
        while let Ok(wallets) = self.read(|ledger, _| ledger.giving_up().take(BATCH_MAX).collect::<Vec<_>>()).await {
            if wallets.is_empty() {
                self.aliases.closed.notified().await;
            } else if let Err(status) = self.give_up(&wallets).await {
                tracing::debug!(error = status.message(), "aliases of closed wallets are not given up yet");
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }

    async fn give_up(&self, wallets: &[WalletNumber]) -> Result<(), Status> {
        self.directory.give_up(wallets).await?;
        let wallets = wallets.to_vec();
        let note = move |ledger: &mut OperatorLedger, now| {
            wallets.iter().for_each(|wallet| ledger.aliases_given_up(*wallet, now));
            Ok(())
        };
        self.change(note).await
    }
}
