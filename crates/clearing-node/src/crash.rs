//! Crash points: places before and after every durable write, send and receive at which a test can
//! end the process.
//!
//! They exist only with the feature `failpoints`, which no release build has. `FAILPOINTS` arms
//! them: `FAILPOINTS="ledger::after-commit=20*off->return"` ends the process at the 21st commit.

/// Before a batch is written.
pub const BEFORE_COMMIT: &str = "ledger::before-commit";
/// After a batch is written, before any message or reply of it leaves.
pub const AFTER_COMMIT: &str = "ledger::after-commit";
/// After all messages and replies of a batch have left.
pub const AFTER_RELEASE: &str = "ledger::after-release";
/// Before a message is sent to the peer.
pub const BEFORE_SEND: &str = "link::before-send";
/// After a message was sent to the peer.
pub const AFTER_SEND: &str = "link::after-send";
/// Before a message of the peer is submitted to the ledger.
pub const BEFORE_RECEIVE: &str = "link::before-receive";
/// After a message of the peer was submitted to the ledger.
pub const AFTER_RECEIVE: &str = "link::after-receive";

/// Every crash point.
pub const POINTS: [&str; 7] = [
    BEFORE_COMMIT,
    AFTER_COMMIT,
    AFTER_RELEASE,
    BEFORE_SEND,
    AFTER_SEND,
    BEFORE_RECEIVE,
    AFTER_RECEIVE,
];

/// Ends the process here when a test asked for it.
#[cfg(feature = "failpoints")]
pub fn point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Does nothing: this build has no crash points.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn point(_: &str) {}

/// Arms the crash points that the environment names, while the value lives.
#[cfg(feature = "failpoints")]
pub fn arm() -> impl Drop {
    fail::FailScenario::setup()
}
