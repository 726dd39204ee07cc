//! Reads a settlement mode from a request.

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_config::ModeKeys;
use clearing_domain::Reason;
use clearing_domain::central_bank::{QueueRule, SettlementMode};

/// Reads a mode in the names of the configuration. An empty field has its default; the settlement
/// itself must be named.
///
/// A field that the settlement does not use is refused: its sender expects another mode than the
/// one that would come into force, and a repeat without the field would count as the same request.
pub(super) fn read(mode: &v1::SettlementMode) -> Result<SettlementMode, FieldError> {
    if mode.settlement.is_empty() {
        return Err(FieldError::new(
            Reason::FieldInvalid,
            "mode.settlement",
            "mode.settlement is not given",
        ));
    }
    let keys = ModeKeys {
        settlement: Some(&mode.settlement),
        shortfall: given(&mode.shortfall),
        algorithm: given(&mode.algorithm),
        gross_first: mode.gross_first,
        look_ahead: usize::try_from(mode.look_ahead).ok().filter(|look_ahead| *look_ahead > 0),
    };
    let read = keys
        .read("mode")
        .map_err(|error| FieldError::new(Reason::FieldInvalid, "mode", error.to_string()))?;
    match unused(mode, read) {
        None => Ok(read),
        Some((field, value)) => {
            let message = format!(
                "{field} is {value}, which does not go with settlement {:?}",
                mode.settlement
            );
            Err(FieldError::new(Reason::FieldInvalid, field, message))
        }
    }
}

fn given(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty())
}

/// The first field that is set although the mode does not use it, and its value.
fn unused(mode: &v1::SettlementMode, read: SettlementMode) -> Option<(&'static str, String)> {
    let (of_cycles, of_queue, looks_ahead) = match read {
        SettlementMode::Gross => (false, false, false),
        SettlementMode::DeferredNet(_) => (true, false, false),
        SettlementMode::Queued(QueueRule { release, .. }) => {
            (false, true, release.look_ahead().is_some())
        }
    };
    let quoted = |name: &str| given(name).map(|name| format!("{name:?}"));
    let look_ahead = Some(mode.look_ahead).filter(|look_ahead| *look_ahead > 0);
    let fields = [
        ("mode.shortfall", of_cycles, quoted(&mode.shortfall)),
        ("mode.algorithm", of_queue, quoted(&mode.algorithm)),
        ("mode.gross_first", of_queue, mode.gross_first.map(|first| first.to_string())),
        ("mode.look_ahead", looks_ahead, look_ahead.map(|look_ahead| look_ahead.to_string())),
    ];
    fields
        .into_iter()
        .find_map(|(field, used, value)| value.filter(|_| !used).map(|value| (field, value)))
}

#[cfg(test)]
mod tests {
    use clearing_domain::central_bank::Shortfall;
    use clearing_domain::netting::{Algorithm, LOOK_AHEAD};

    use super::*;
    use crate::view;

    fn named(settlement: &str) -> v1::SettlementMode {
        v1::SettlementMode { settlement: settlement.to_owned(), ..v1::SettlementMode::default() }
    }

    #[track_caller]
    fn check_refused(mode: &v1::SettlementMode, field: &str, value: &str) {
        let error = read(mode).unwrap_err();
        assert_eq!((error.reason, error.field), (Reason::FieldInvalid, field));
        assert!(error.message.contains(value), "{} does not name {value}", error.message);
    }

    #[test]
    fn a_mode_without_a_settlement_is_refused() {
        check_refused(&v1::SettlementMode::default(), "mode.settlement", "not given");
        let algorithm = "optimal".to_owned();
        check_refused(
            &v1::SettlementMode { algorithm, ..named("") },
            "mode.settlement",
            "not given",
        );
    }

    #[test]
    fn fields_that_the_settlement_makes_no_use_of_are_refused_with_their_value() {
        for (settlement, refused) in [
            ("gross", &["shortfall", "algorithm", "gross_first", "look_ahead"][..]),
            ("deferred-net", &["algorithm", "gross_first", "look_ahead"]),
            ("gross-queue", &["shortfall", "look_ahead"]),
            ("hybrid", &["shortfall"]),
        ] {
            let mode = named(settlement);
            for (field, value, changed) in [
                (
                    "shortfall",
                    "unwind",
                    v1::SettlementMode { shortfall: "unwind".to_owned(), ..mode.clone() },
                ),
                (
                    "algorithm",
                    "partial_net",
                    v1::SettlementMode { algorithm: "partial_net".to_owned(), ..mode.clone() },
                ),
                (
                    "gross_first",
                    "false",
                    v1::SettlementMode { gross_first: Some(false), ..mode.clone() },
                ),
                ("look_ahead", "7", v1::SettlementMode { look_ahead: 7, ..mode.clone() }),
            ] {
                if refused.contains(&field) {
                    check_refused(&changed, &format!("mode.{field}"), value);
                } else {
                    assert_ne!(
                        read(&changed).unwrap(),
                        read(&mode).unwrap(),
                        "{settlement} with {field}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_mode_is_read_as_it_is_shown() {
        let queue = |release, at_cut_offs| {
            SettlementMode::Queued(QueueRule { release, gross_first: false, at_cut_offs })
        };
        for mode in [
            SettlementMode::Gross,
            SettlementMode::DeferredNet(Shortfall::Unwind),
            queue(Algorithm::GrossBypass, None),
            queue(
                Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD + 1 },
                Some(Algorithm::PartialNet),
            ),
        ] {
            assert_eq!(read(&view::mode(mode)).unwrap(), mode);
        }
    }
}
