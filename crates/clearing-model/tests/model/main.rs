//! The protocol model: safe and live with every rule, broken without any one of them, and in step
//! with the ledgers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../../../clearing-domain/tests/protocol/bank_disk.rs"]
#[allow(dead_code, reason = "shared with the scheduler of the protocol")]
mod bank_disk;
mod card;
mod documented;
#[path = "../../../clearing-domain/tests/protocol/operator_disk.rs"]
#[allow(dead_code, reason = "shared with the scheduler of the protocol")]
mod operator_disk;
mod prepaid;
mod random;
mod replay;
mod rules;
mod safe;
mod settings;
mod trace;
mod witness;
mod witness_operator;
mod witness_replay;
mod witness_trace;
