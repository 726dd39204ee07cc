//! The settlement mode in force, and how it changes between business days.
//!
//! A payment keeps the manner in which it was admitted: what was under way when the mode changed
//! joins its cycle or settles by itself, as it would have before. What the cycles have carried goes
//! on to be settled at the cut-offs, and what waits in a queue goes on to be released.

use crate::link::OperationId;
use crate::money::{Position, RequestId, RequestKey, Timestamp};
use crate::netting::Algorithm;

use super::changes::EventKind;
use super::cycle::OpenCycle;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::operation::{Operation, OperationKind};
use super::settings::{CentralBankSettings, QueueRule, SettlementMode, Shortfall};
use crate::money::CycleId;

/// A settlement mode and when it comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The first moment of it.
    pub from: Timestamp,
    /// The mode.
    pub mode: SettlementMode,
}

/// In what manner a payment settles; decided when it is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As an obligation in a cycle.
    Net,
    /// By itself, with cover set aside for it.
    Gross,
    /// By itself, once there is cover.
    Queued,
}

/// The mode in force and what was asked for.
#[derive(Debug)]
pub(super) struct Modes {
    /// In force for payments admitted from now on.
    pub(super) present: SettlementMode,
    /// What happens when cycles are short: of the last mode that had cycles.
    pub(super) shortfall: Shortfall,
    /// How a queue is released: of the last mode that had one.
    pub(super) queue_rule: Option<QueueRule>,
    /// When it came into force.
    since: Option<Timestamp>,
    /// What the configuration and callers asked for, in the order they did and with the ids of
    /// their requests.
    asked: Vec<(OperationId, ModeChange)>,
    /// Tells whether the configuration is still the same.
    configured: OperationId,
}

impl Modes {
    pub(super) fn new(mode: SettlementMode) -> Self {
        Self {
            present: mode,
            shortfall: Shortfall::PartialNet,
            queue_rule: None,
            since: None,
            asked: Vec::new(),
            configured: OperationId::default(),
        }
    }

    fn adopt(&mut self, mode: SettlementMode, at: Timestamp) {
        (self.present, self.since) = (mode, Some(at));
        match mode {
            SettlementMode::DeferredNet(shortfall) => self.shortfall = shortfall,
            SettlementMode::Queued(rule) => self.queue_rule = Some(rule),
            SettlementMode::Gross => {}
        }
    }
}

impl SettlementMode {
    /// The manner in which payments settle.
    pub const fn manner(self) -> Manner {
        match self {
            Self::Gross => Manner::Gross,
            Self::Queued(_) => Manner::Queued,
            Self::DeferredNet(_) => Manner::Net,
        }
    }

    /// The mode as the sum of an operation's row.
    fn to_sum(self) -> Position {
        let number = match self {
            Self::Gross => 1,
            Self::DeferredNet(shortfall) => 2 | i64::from(shortfall as u8) << 4,
            Self::Queued(QueueRule { release, gross_first, at_cut_offs }) => {
                let (algorithm, look_ahead) = algorithm_number(release);
                let (offset, offset_look_ahead) = at_cut_offs.map_or((0, 0), algorithm_number);
                let first = i64::from(gross_first) << 12;
                3 | algorithm << 8
                    | first
                    | offset << 13
                    | look_ahead << 17
                    | offset_look_ahead << 38
            }
        };
        Position::from_fen(number)
    }

    /// The mode of a stored sum.
    pub(super) fn from_sum(sum: Position) -> Option<Self> {
        let bits = |from: u32, count: u32| (sum.fen() >> from) & ((1 << count) - 1);
        let mode = match bits(0, 4) {
            1 => Self::Gross,
            2 => Self::DeferredNet(Shortfall::from_number(u8::try_from(bits(4, 4)).ok()?)?),
            3 => Self::Queued(QueueRule {
                release: algorithm_from(bits(8, 4), bits(17, 21))?,
                gross_first: bits(12, 1) == 1,
                at_cut_offs: match bits(13, 4) {
                    0 => None,
                    number => Some(algorithm_from(number, bits(38, 21))?),
                },
            }),
            _ => return None,
        };
        (mode.to_sum() == sum).then_some(mode)
    }
}

/// The number of an algorithm and how far it looks ahead.
fn algorithm_number(algorithm: Algorithm) -> (i64, i64) {
    let place = Algorithm::ALL
        .iter()
        .position(|known| known.name() == algorithm.name())
        .unwrap_or_default();
    let look_ahead = algorithm.look_ahead().unwrap_or_default();
    (
        i64::try_from(place + 1).unwrap_or_default(),
        i64::try_from(look_ahead).unwrap_or(LOOK_AHEAD_MAX),
    )
}

fn algorithm_from(number: i64, look_ahead: i64) -> Option<Algorithm> {
    let place = usize::try_from(number - 1).ok()?;
    Algorithm::ALL
        .get(place)
        .map(|algorithm| algorithm.looking_ahead(usize::try_from(look_ahead).unwrap_or(1)))
}

/// As far as the row of an operation can say.
const LOOK_AHEAD_MAX: i64 = (1 << 21) - 1;

impl Shortfall {
    /// All rules.
    pub const ALL: [Self; 6] = [
        Self::AllOrNothing,
        Self::PartialNet,
        Self::Unwind,
        Self::LossSharing,
        Self::CentralBankCredit,
        Self::ProRata,
    ];

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| *rule as u8 == number)
    }
}

impl CentralBankSettings {
    /// The mode that the configuration means at a time.
    fn mode_at(&self, at: Timestamp) -> SettlementMode {
        let begun = self.changes.iter().filter(|change| change.from <= at);
        begun.max_by_key(|change| change.from).map_or(self.mode, |change| change.mode)
    }

    /// Another one when anything of the modes is configured otherwise.
    fn fingerprint(&self) -> OperationId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.mode.to_sum().fen().to_le_bytes());
        for change in &self.changes {
            hasher.update(&change.from.ms().to_le_bytes());
            hasher.update(&change.mode.to_sum().fen().to_le_bytes());
        }
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        OperationId(id)
    }
}

impl CentralBankLedger {
    /// The settlement mode in force.
    pub fn mode(&self) -> SettlementMode {
        self.modes.present
    }

    /// Takes note of what is configured, when that is new: at the start of the process it comes
    /// into force at once.
    pub fn configure(&mut self, now: Timestamp) {
        let fingerprint = self.settings.fingerprint();
        if self.modes.configured != fingerprint {
            let mode = self.settings.mode_at(self.business_time(now));
            self.append_operation(fingerprint, OperationKind::ConfigureMode, 0, mode.to_sum(), now);
        }
        self.adopt_due(self.business_time(now));
    }

    /// Changes the settlement mode with the next business day. A repeat changes nothing.
    pub fn change_mode(
        &mut self,
        mode: SettlementMode,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Timestamp, CentralBankError> {
        let id = OperationId(RequestKey::without_wallet(request_id).0);
        let operation = match self.operation(id) {
            Some((first, last))
                if (first.kind, first.sum) == (OperationKind::ScheduleMode, mode.to_sum()) =>
            {
                if last.kind == OperationKind::CancelMode {
                    return Err(CentralBankError::ModeChangeCancelled(request_id.clone()));
                }
                first
            }
            Some(_) => return Err(CentralBankError::RequestIdReused(request_id.clone())),
            None => self.append_operation(id, OperationKind::ScheduleMode, 0, mode.to_sum(), now),
        };
        Ok(next_day(operation.at))
    }

    /// Calls off a change of the settlement mode that is not in force yet. A repeat changes
    /// nothing.
    pub fn cancel_mode_change(
        &mut self,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<ModeChange, CentralBankError> {
        let unknown = || CentralBankError::ModeChangeUnknown(request_id.clone());
        let id = OperationId(RequestKey::without_wallet(request_id).0);
        let (first, last) = self.operation(id).ok_or_else(unknown)?;
        if first.kind != OperationKind::ScheduleMode {
            return Err(unknown());
        }
        let from = next_day(first.at);
        let mode = SettlementMode::from_sum(first.sum).ok_or_else(unknown)?;
        if last.kind != OperationKind::CancelMode {
            if from <= self.business_time(now) {
                return Err(CentralBankError::ModeChangeInForce {
                    request_id: request_id.clone(),
                    from,
                });
            }
            self.append_operation(id, OperationKind::CancelMode, 0, first.sum, now);
        }
        Ok(ModeChange { from, mode })
    }

    /// The changes still to come, the earliest first; of one moment the last counts.
    pub fn mode_changes(&self, now: Timestamp) -> Vec<ModeChange> {
        let at = self.business_time(now);
        let mut coming: Vec<_> = self.asked_for().filter(|change| change.from > at).collect();
        coming.sort_by_key(|change| change.from);
        coming
    }

    fn asked_for(&self) -> impl Iterator<Item = ModeChange> + '_ {
        self.settings
            .changes
            .iter()
            .chain(self.modes.asked.iter().map(|(_, change)| change))
            .copied()
    }

    /// The mode that was asked for by a time; of two changes for one moment the later asked counts.
    fn asked_for_by(&self, at: Timestamp) -> Option<SettlementMode> {
        let begun = self.asked_for().filter(|change| change.from <= at);
        begun.max_by_key(|change| change.from).map(|change| change.mode)
    }

    /// Puts the mode into force that was asked for by now.
    pub(super) fn adopt_due(&mut self, at: Timestamp) {
        let Some(mode) = self.asked_for_by(at) else { return };
        if mode != self.modes.present || self.modes.since.is_none() {
            self.append_operation(
                OperationId::default(),
                OperationKind::AdoptMode,
                0,
                mode.to_sum(),
                at,
            );
            let how = match mode.manner() {
                Manner::Net => "in cycles",
                Manner::Gross => "one by one",
                Manner::Queued => "from a queue",
            };
            self.happened(EventKind::ModeChanged, format!("payments settle {how}"));
        }
    }

    /// When the wall clock next changes the mode: the first moment for which another one was asked.
    pub(super) fn mode_due(&self) -> Option<Timestamp> {
        let since = self.modes.since?;
        let moments = self.asked_for().map(|change| change.from).filter(|from| *from > since);
        moments
            .filter(|from| self.asked_for_by(*from).is_some_and(|mode| mode != self.mode()))
            .min()
    }

    /// Takes the row of a mode into the ledger; the one place for live operation and restore.
    pub(super) fn apply_mode(&mut self, operation: &Operation) {
        let Some(mode) = SettlementMode::from_sum(operation.sum) else { return };
        if operation.kind == OperationKind::AdoptMode {
            return self.adopt(mode, operation.at);
        }
        if operation.kind == OperationKind::ConfigureMode {
            self.modes.configured = operation.id;
            return self.modes.asked.push((operation.id, ModeChange { from: operation.at, mode }));
        }
        if operation.kind == OperationKind::CancelMode {
            return self.modes.asked.retain(|(asked, _)| *asked != operation.id);
        }
        self.modes.asked.push((operation.id, ModeChange { from: next_day(operation.at), mode }));
    }

    fn adopt(&mut self, mode: SettlementMode, at: Timestamp) {
        self.modes.adopt(mode, at);
        // The cut-offs before are of the mode before.
        self.queue.looked_at(at);
        self.changes.state = true;
        if mode.manner() != Manner::Net {
            return;
        }
        match &mut self.open {
            None => self.open = Some(OpenCycle::new(CycleId::FIRST, at, self.accounts.len())),
            Some(open) if open.is_idle() => open.cycle.opened_at = at,
            Some(_) => {}
        }
    }
}

fn next_day(at: Timestamp) -> Timestamp {
    at.date().next().start()
}

#[cfg(test)]
mod tests;
