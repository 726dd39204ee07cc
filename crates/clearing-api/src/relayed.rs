//! Errors that one process answers and another passes on: as a message, and again as a status.

use clearing_domain::Reason;
use clearing_domain::money::cut;
use tonic::Status;
use tonic_types::StatusExt;

use crate::shown;
use crate::status::{reason_of, status};
use crate::v1;

/// The longest sentence that is passed on: it travels among the headers of an answer.
const SENTENCE_MAX: usize = 500;
/// The longest name of a field that is passed on.
const FIELD_MAX: usize = 60;

/// A status as a message. One of another system, which has no reason, is internal.
pub fn item_error(status: &Status) -> v1::ItemError {
    let reason = reason_of(status).unwrap_or(Reason::Internal);
    let info = status.get_details_error_info();
    let field = info.and_then(|mut info| info.metadata.remove("field")).unwrap_or_default();
    // The text of a status repeats field and reason, which are fields here.
    let text = status.message();
    let text = text.strip_prefix(&format!("{field}: ")).unwrap_or(text);
    let text = text.strip_suffix(&format!(" ({reason})")).unwrap_or(text);
    v1::ItemError { reason: shown::reason(Some(reason)).into(), field, message: text.to_owned() }
}

/// The status of a message of another process; `None` when it has no reason of this system.
pub fn status_of(error: &v1::ItemError) -> Option<Status> {
    let reason = u8::try_from(error.reason).ok().and_then(Reason::from_number)?;
    Some(status(reason, &cut(&error.field, FIELD_MAX), &cut(&error.message, SENTENCE_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_was_passed_on_is_the_one_that_was_answered() {
        for field in ["amount", ""] {
            let answered = status(Reason::CodeAmount, field, "the code is bound to 5.00");
            let passed_on = status_of(&item_error(&answered)).unwrap();
            assert_eq!(passed_on.message(), answered.message());
            assert_eq!(passed_on.details(), answered.details());
        }
        let foreign = item_error(&Status::not_found("no such page"));
        assert_eq!(foreign.reason(), v1::ErrorReason::Internal);
    }

    #[test]
    fn a_hostile_error_is_cut_to_what_headers_hold_and_one_without_a_reason_is_none() {
        let long = |reason| v1::ItemError {
            reason,
            field: "字".repeat(100_000),
            message: "字".repeat(100_000),
        };
        let status = status_of(&long(v1::ErrorReason::CodeUsed.into())).unwrap();
        assert!(status.message().len() + status.details().len() < 8 * 1024, "{status:?}");
        for reason in [0, 56, -1, 256, i32::MAX] {
            assert!(status_of(&long(reason)).is_none(), "{reason}");
        }
    }
}
