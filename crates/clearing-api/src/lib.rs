//! The gRPC interface: code generated from `proto/`, conversions to and from the domain, and the
//! one table from reasons to status codes.

pub mod enums;
pub mod exchange;
pub mod relayed;
pub mod settlement_mode;
pub mod shown;
pub mod status;
pub mod text;

/// The messages, clients and servers of `clearing.v1`.
#[allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::too_many_lines, unreachable_pub)]
pub mod v1 {
    tonic::include_proto!("clearing.v1");
}

/// The descriptors of `clearing.v1`, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/clearing.v1.bin"));

/// The domain of every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "clearing.v1";
