//! The services of the central bank: parse, call, reply.

mod clearing;
mod clock;
mod directory;
mod interbank;
mod issuance;
mod limit;
mod membership;
mod node;
mod queue;
mod relay;
mod settlement;

pub(crate) use clearing::Clearing;
pub(crate) use clock::Clocks;
pub(crate) use directory::Directories;
pub(crate) use interbank::Interbank;
pub(crate) use issuance::Issuance;
pub(crate) use limit::Limits;
pub(crate) use membership::Memberships;
pub(crate) use queue::Queues;
pub(crate) use settlement::Settlements;

use clearing_api::text::Page;
use clearing_api::v1;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger, OperatorAccount};
use clearing_domain::money::{OperatorCode, Timestamp};

use crate::node::Node;
use crate::view;

/// The accounts of operators from the start of a page on. Operators never leave the roster, so a
/// place always names the same operator.
fn accounts_from<'a>(
    ledger: &'a CentralBankLedger,
    page: &Page,
) -> impl Iterator<Item = &'a OperatorAccount> + use<'a> {
    ledger.accounts().get(page.start..).unwrap_or_default().iter()
}

impl Node {
    /// Changes an operator's accounts and reads them.
    async fn change_accounts(
        &self,
        code: OperatorCode,
        change: impl FnOnce(&mut CentralBankLedger, Timestamp) -> Result<(), CentralBankError>
        + Send
        + 'static,
    ) -> Result<Option<v1::OperatorAccounts>, tonic::Status> {
        self.change(move |ledger, now| {
            change(ledger, now)?;
            Ok(ledger.account(code).map(|account| view::accounts(ledger, account, now)))
        })
        .await
    }
}

type Answer<T> = Result<tonic::Response<T>, tonic::Status>;
