//! The services of an operator: parse, call, reply.

mod bill;
mod campaign;
mod code;
mod contract;
mod experiment;
mod family;
mod indirect;
mod loan;
mod node;
mod offline;
mod payment;
mod payroll;
mod profile;
mod stream;
mod wallet;
mod wealth;

pub(crate) use bill::{Bills, reference};
pub(crate) use campaign::Campaigns;
pub(crate) use code::Codes;
pub(crate) use contract::PrepaidContracts;
pub(crate) use experiment::Experiments;
pub(crate) use family::Families;
pub(crate) use indirect::IndirectParticipants;
pub(crate) use loan::Loans;
pub(crate) use offline::HardWallets;
pub(crate) use payment::Payments;
pub(crate) use payroll::Payrolls;
pub(crate) use profile::Profiles;
pub(crate) use wallet::Wallets;
pub(crate) use wealth::WealthProducts;
