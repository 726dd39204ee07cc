//! The settlement mode as a message and back.

use clearing_domain::Reason;
use clearing_domain::central_bank::{QueueRule, SettlementMode};
use clearing_domain::netting::{LOOK_AHEAD, LOOK_AHEAD_MAX};

use crate::enums::{WireEnum, read as read_enum};
use crate::status::FieldError;
use crate::v1;
use crate::v1::settlement_mode::{Algorithm, QueueEndOfDay, Settlement, Shortfall};

/// A mode as a message. It has only the fields that the mode uses, so that a client can send the
/// message back as a request.
pub fn show(mode: SettlementMode) -> v1::SettlementMode {
    let mut shown = v1::SettlementMode::default();
    match mode {
        SettlementMode::DeferredNet(shortfall) => {
            shown.set_settlement(Settlement::DeferredNet);
            shown.set_shortfall(Shortfall::of(shortfall));
        }
        SettlementMode::Gross => shown.set_settlement(Settlement::Gross),
        SettlementMode::Queued(QueueRule { release, gross_first, at_cut_offs, end_of_day }) => {
            let hybrid = at_cut_offs.is_some();
            shown.set_settlement(if hybrid { Settlement::Hybrid } else { Settlement::GrossQueue });
            shown.set_algorithm(Algorithm::of(release));
            shown.gross_first = Some(gross_first);
            shown.set_queue_end_of_day(QueueEndOfDay::of(end_of_day));
            let look_ahead = release.look_ahead();
            shown.look_ahead = look_ahead.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
        }
    }
    shown
}

/// Reads a mode. An absent field has its default; the settlement itself must be named.
///
/// A field that the settlement does not use is refused: its sender expects another mode than the
/// one that would come into force, and a repeat without the field would count as the same request.
pub fn read(mode: &v1::SettlementMode) -> Result<SettlementMode, FieldError> {
    let settlement = Settlement::try_from(mode.settlement).unwrap_or_default();
    let shortfall = mode
        .shortfall
        .map(|number| read_enum::<Shortfall>("mode.shortfall", number))
        .transpose()?;
    let algorithm = mode
        .algorithm
        .map(|number| read_enum::<Algorithm>("mode.algorithm", number))
        .transpose()?;
    let look_ahead = mode.look_ahead.map_or(Ok(LOOK_AHEAD), read_look_ahead)?;
    let end_of_day = mode
        .queue_end_of_day
        .map(|number| read_enum::<QueueEndOfDay>("mode.queue_end_of_day", number))
        .transpose()?;
    let queued = |usual: QueueRule| {
        SettlementMode::Queued(QueueRule {
            release: algorithm.unwrap_or(usual.release).looking_ahead(look_ahead),
            gross_first: mode.gross_first.unwrap_or(usual.gross_first),
            end_of_day: end_of_day.unwrap_or(usual.end_of_day),
            ..usual
        })
    };
    let read = match settlement {
        Settlement::Unspecified => {
            let message = format!("settlement {} is no settlement, 1 to 4", mode.settlement);
            return Err(FieldError::new(Reason::FieldInvalid, "mode.settlement", message));
        }
        Settlement::DeferredNet => SettlementMode::DeferredNet(shortfall.unwrap_or_default()),
        Settlement::Gross => SettlementMode::Gross,
        Settlement::GrossQueue => queued(QueueRule::GROSS_QUEUE),
        Settlement::Hybrid => queued(QueueRule::HYBRID),
    };
    match unused(mode, read) {
        None => Ok(read),
        Some((field, value)) => {
            let message =
                format!("{field} is {value}, which does not go with settlement {}", read.name());
            Err(FieldError::new(Reason::FieldInvalid, field, message))
        }
    }
}

fn read_look_ahead(most: u32) -> Result<usize, FieldError> {
    let within = usize::try_from(most).ok().filter(|most| (1..=LOOK_AHEAD_MAX).contains(most));
    within.ok_or_else(|| {
        let message = format!("look_ahead {most} is not 1 to {LOOK_AHEAD_MAX}");
        FieldError::new(Reason::FieldInvalid, "mode.look_ahead", message)
    })
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
    let shortfall = mode.shortfall.map(|_| mode.shortfall().as_str_name().to_owned());
    let algorithm = mode.algorithm.map(|_| mode.algorithm().as_str_name().to_owned());
    let end_of_day =
        mode.queue_end_of_day.map(|_| mode.queue_end_of_day().as_str_name().to_owned());
    let fields = [
        ("mode.shortfall", of_cycles, shortfall),
        ("mode.algorithm", of_queue, algorithm),
        ("mode.gross_first", of_queue, mode.gross_first.map(|first| first.to_string())),
        ("mode.look_ahead", looks_ahead, mode.look_ahead.map(|most| most.to_string())),
        ("mode.queue_end_of_day", of_queue, end_of_day),
    ];
    fields
        .into_iter()
        .find_map(|(field, used, value)| value.filter(|_| !used).map(|value| (field, value)))
}

#[cfg(test)]
mod tests {
    use clearing_domain::netting;

    use super::*;
    use crate::enums;

    fn named(settlement: Settlement) -> v1::SettlementMode {
        v1::SettlementMode { settlement: settlement.into(), ..v1::SettlementMode::default() }
    }

    #[track_caller]
    fn check_refused(mode: &v1::SettlementMode, field: &str, value: &str) {
        let error = read(mode).unwrap_err();
        assert_eq!((error.reason, error.field), (Reason::FieldInvalid, field));
        assert!(error.message.contains(value), "{} does not name {value}", error.message);
    }

    #[test]
    fn a_mode_without_a_known_settlement_is_refused() {
        let optimal = Some(Algorithm::Optimal.into());
        let without = v1::SettlementMode { algorithm: optimal, ..v1::SettlementMode::default() };
        check_refused(&without, "mode.settlement", "settlement 0 is no");
        for number in [5, -1] {
            let unknown =
                v1::SettlementMode { settlement: number, ..v1::SettlementMode::default() };
            check_refused(&unknown, "mode.settlement", &format!("settlement {number} is no"));
        }
    }

    #[test]
    fn numbers_outside_a_field_are_refused_with_their_value() {
        let hybrid = named(Settlement::Hybrid);
        for number in [0, 8] {
            let mode = v1::SettlementMode { algorithm: Some(number), ..hybrid };
            check_refused(&mode, "mode.algorithm", &format!("algorithm {number} is no"));
        }
        for number in [0, 7] {
            let net = named(Settlement::DeferredNet);
            let mode = v1::SettlementMode { shortfall: Some(number), ..net };
            check_refused(&mode, "mode.shortfall", &format!("shortfall {number} is no"));
        }
        for number in [0, 4] {
            let mode = v1::SettlementMode { queue_end_of_day: Some(number), ..hybrid };
            check_refused(
                &mode,
                "mode.queue_end_of_day",
                &format!("queue_end_of_day {number} is no"),
            );
        }
        for most in [0, 1_000_001, u32::MAX] {
            let mode = v1::SettlementMode { look_ahead: Some(most), ..hybrid };
            check_refused(&mode, "mode.look_ahead", &format!("{most} is not 1 to 1000000"));
        }
    }

    #[test]
    fn fields_that_the_settlement_makes_no_use_of_are_refused_with_their_value() {
        use Settlement::{DeferredNet, Gross, GrossQueue, Hybrid};
        for (settlement, refused) in [
            (
                Gross,
                &["shortfall", "algorithm", "gross_first", "look_ahead", "queue_end_of_day"][..],
            ),
            (DeferredNet, &["algorithm", "gross_first", "look_ahead", "queue_end_of_day"]),
            (GrossQueue, &["shortfall", "look_ahead"]),
            (Hybrid, &["shortfall"]),
        ] {
            let mode = named(settlement);
            let unwind = Some(Shortfall::Unwind.into());
            let partial_net = Some(Algorithm::PartialNet.into());
            let carry = Some(QueueEndOfDay::Carry.into());
            for (field, value, changed) in [
                ("shortfall", "UNWIND", v1::SettlementMode { shortfall: unwind, ..mode }),
                ("algorithm", "PARTIAL_NET", v1::SettlementMode { algorithm: partial_net, ..mode }),
                ("gross_first", "false", v1::SettlementMode { gross_first: Some(false), ..mode }),
                ("look_ahead", "7", v1::SettlementMode { look_ahead: Some(7), ..mode }),
                (
                    "queue_end_of_day",
                    "CARRY",
                    v1::SettlementMode { queue_end_of_day: carry, ..mode },
                ),
            ] {
                if refused.contains(&field) {
                    check_refused(&changed, &format!("mode.{field}"), value);
                } else {
                    let read = [&changed, &mode].map(|mode| read(mode).unwrap());
                    assert_ne!(read[0], read[1], "{settlement:?} with {field}");
                }
            }
        }
    }

    #[test]
    fn every_mode_is_read_as_it_is_shown() {
        let shortfalls = (1..=6).map(|number| {
            SettlementMode::DeferredNet(enums::read::<Shortfall>("shortfall", number).unwrap())
        });
        let queued = (1..=7).flat_map(|number| {
            let release = enums::read::<Algorithm>("algorithm", number).unwrap();
            let release = release.looking_ahead(LOOK_AHEAD + 1);
            [None, Some(netting::Algorithm::PartialNet)].map(|at_cut_offs| {
                SettlementMode::Queued(QueueRule {
                    release,
                    gross_first: false,
                    at_cut_offs,
                    ..QueueRule::HYBRID
                })
            })
        });
        let ends_of_day = (1..=3).map(|number| {
            let end_of_day = enums::read::<QueueEndOfDay>("queue_end_of_day", number).unwrap();
            SettlementMode::Queued(QueueRule { end_of_day, ..QueueRule::GROSS_QUEUE })
        });
        let modes: Vec<_> = [SettlementMode::Gross]
            .into_iter()
            .chain(shortfalls)
            .chain(queued)
            .chain(ends_of_day)
            .collect();
        assert_eq!(modes.len(), 24);
        for mode in modes {
            assert_eq!(read(&show(mode)).unwrap(), mode);
        }
    }
}
