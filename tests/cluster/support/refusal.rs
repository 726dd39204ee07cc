//! Refusals as machines and people read them.

use clearing_api::ERROR_DOMAIN;
use clearing_api::status::{code, reason_of};
use clearing_domain::Reason;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What a refused request was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// The field at fault, empty when there is none.
    pub(crate) field: String,
    /// Why, with the value found there.
    pub(crate) message: String,
}

/// Reads a refusal, and holds it to what every refusal must carry.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refusal {
    let status = answer.expect_err("the request was not refused");
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("{status:?} carries no ErrorInfo"));
    assert_eq!(info.domain, ERROR_DOMAIN);
    let reason =
        reason_of(&status).unwrap_or_else(|| panic!("reason {} is not known", info.reason));
    assert_eq!(status.code(), code(reason));
    let field = info.metadata.get("field").cloned().unwrap_or_default();
    let prefix = if field.is_empty() { String::new() } else { format!("{field}: ") };
    let message = status
        .message()
        .strip_prefix(&prefix)
        .and_then(|rest| rest.strip_suffix(&format!(" ({reason})")));
    let message = message
        .unwrap_or_else(|| panic!("{:?} names neither field nor reason", status.message()))
        .to_owned();
    if status.code() == Code::InvalidArgument {
        let violation =
            &details.bad_request().expect("a bad field has a violation").field_violations[0];
        assert_eq!((&violation.field, &violation.description), (&field, &message));
    }
    Refusal { reason, field, message }
}

impl Refusal {
    /// The refusal has a reason, names a field and shows a value.
    #[track_caller]
    pub(crate) fn is(&self, reason: Reason, field: &str, value: &str) {
        assert_eq!((self.reason, self.field.as_str()), (reason, field), "{}", self.message);
        assert!(self.message.contains(value), "{:?} does not show {value:?}", self.message);
        let sentence = !self.message.ends_with('.') && !self.message.contains('\n');
        assert!(sentence, "{:?} is not one sentence without a full stop", self.message);
    }
}
