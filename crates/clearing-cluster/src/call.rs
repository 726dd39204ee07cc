//! Calls to processes that fail.

use std::fmt::{Debug, Display};

use thiserror::Error;
use tonic::Status;

/// A process answered a call with an error, or not at all.
#[derive(Clone, Debug, Error)]
#[error("{peer} answered {call} with {:?}: {}", .status.code(), .status.message())]
pub struct CallError<P: Debug + Display> {
    /// The process.
    pub peer: P,
    /// What was called.
    pub call: &'static str,
    /// The answer.
    pub status: Box<Status>,
}

impl<P: Debug + Display + Copy> CallError<P> {
    /// Names the process and the call that a status answered.
    pub fn of(peer: P, call: &'static str) -> impl Fn(Status) -> Self {
        move |status| Self { peer, call, status: Box::new(status) }
    }
}
