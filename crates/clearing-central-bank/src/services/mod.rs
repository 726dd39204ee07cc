//! The services of the central bank: parse, call, reply.

mod clearing;
mod clock;
mod directory;
mod interbank;
mod issuance;
mod node;
mod settlement;

pub(crate) use clearing::Clearing;
pub(crate) use clock::Clocks;
pub(crate) use directory::Directories;
pub(crate) use interbank::Interbank;
pub(crate) use issuance::Issuance;
pub(crate) use settlement::Settlements;

use clearing_api::text::Page;
use clearing_domain::central_bank::{CentralBankLedger, OperatorAccount};

/// The accounts of operators from the start of a page on. Operators never leave the roster, so a
/// place always names the same operator.
fn accounts_from<'a>(
    ledger: &'a CentralBankLedger,
    page: &Page,
) -> impl Iterator<Item = &'a OperatorAccount> + use<'a> {
    ledger.accounts().get(page.start..).unwrap_or_default().iter()
}

type Answer<T> = Result<tonic::Response<T>, tonic::Status>;
