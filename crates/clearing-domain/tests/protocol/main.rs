//! The payment protocol between one central bank and its operators, in one process and one thread.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod across;
mod bank_disk;
mod chaos;
mod checks;
mod config;
mod legs;
mod lockstep;
mod old_files;
mod operator_disk;
mod process;
mod rng;
mod wall;
mod witnesses;
mod world;
