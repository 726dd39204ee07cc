//! Tests of whole clusters: the central bank and operators as processes, asked over gRPC.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod abandon;
mod accounts;
mod alias;
mod batch;
mod bench;
mod bills;
mod cap;
mod checks;
mod cli;
mod clock;
mod crash_points;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../disk/mod.rs"]
mod disk;
mod disk_failure;
mod families;
mod faults;
mod files;
mod indicators;
mod interop;
mod keys;
mod kill;
mod limits;
mod link;
mod lists;
mod loading;
mod lockstep;
mod modes;
mod node;
mod output;
mod overload;
mod pages;
mod payment;
mod payment_files;
mod profiles;
mod queue;
mod readme;
mod refusal;
mod repeats;
mod report;
mod resolve;
mod run;
mod sessions;
mod settle;
mod stall;
mod sums;
mod support;
mod sweep;
mod tamper;
mod torture;
mod transport;
mod up;
mod voucher;
mod witness;
