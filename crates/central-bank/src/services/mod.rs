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
pub(crate) use node::Nodes;
pub(crate) use settlement::Settlements;

type Answer<T> = Result<tonic::Response<T>, tonic::Status>;
