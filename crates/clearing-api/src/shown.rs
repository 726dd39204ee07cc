//! Messages that both tiers build alike: reasons and the audit of a ledger.

use clearing_domain::Reason;
use clearing_domain::seal::Invariant;

use crate::v1;

/// A reason in a message. A test checks that both enums have the same numbers.
pub fn reason(reason: Option<Reason>) -> v1::ErrorReason {
    reason
        .and_then(|reason| v1::ErrorReason::try_from(i32::from(reason.number())).ok())
        .unwrap_or_default()
}

/// The invariants of a ledger.
pub fn audit(invariants: Vec<Invariant>) -> v1::GetAuditResponse {
    let ok = invariants.iter().all(|invariant| invariant.ok);
    let show = |invariant: Invariant| v1::Invariant {
        name: invariant.name.to_string(),
        ok: invariant.ok,
        detail: invariant.detail,
    };
    v1::GetAuditResponse { ok, invariants: invariants.into_iter().map(show).collect() }
}
