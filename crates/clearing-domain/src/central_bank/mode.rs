//! How the settlement mode changes between business days.
//!
//! A payment keeps the manner in which it was admitted: what was under way when the mode changed
//! joins its cycle or settles by itself, as it would have before. What the cycles have carried goes
//! on to be settled at the cut-offs, and what waits in a queue goes on to be released.

use crate::link::OperationId;
use crate::money::{RequestId, RequestKey, Timestamp};
use crate::row::OptionalField;

use super::CentralBankLedger;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::operation::Action;
use super::settings::CentralBankSettings;
use super::settlement_mode::{Manner, ModeChange, SettlementMode};

impl CentralBankSettings {
    /// The mode that the configuration means at a time.
    fn mode_at(&self, at: Timestamp) -> SettlementMode {
        let begun = self.changes.iter().filter(|change| change.from <= at);
        begun.max_by_key(|change| change.from).map_or(self.mode, |change| change.mode)
    }

    /// Another one when anything of the modes is configured otherwise.
    fn fingerprint(&self) -> OperationId {
        let mut bytes = Vec::new();
        let Ok(()) = OptionalField::put(Some(&self.mode), &mut bytes);
        for change in &self.changes {
            bytes.extend(change.from.ms().to_le_bytes());
            let Ok(()) = OptionalField::put(Some(&change.mode), &mut bytes);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
        OperationId(id)
    }
}

impl CentralBankLedger {
    /// The settlement mode in force.
    pub fn mode(&self) -> SettlementMode {
        self.modes.present()
    }

    /// Takes note of what is configured, when that is new: at the start of the process it comes
    /// into force at once.
    pub fn configure(&mut self, now: Timestamp) {
        let fingerprint = self.settings.fingerprint();
        // Its fingerprint is its id, so that a restart under the same configuration adds no row.
        if !self.modes.is_configured(fingerprint) {
            let mode = self.settings.mode_at(self.business_time(now));
            self.append_operation(Some(fingerprint), None, Action::ConfigureMode { mode }, now);
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
        self.check_mode(mode)?;
        let id = OperationId(RequestKey::without_wallet(request_id).0);
        let action = Action::ScheduleMode { mode };
        let operation = match self.operation(id) {
            Some((first, last)) if first.action == action => {
                if last.action == Action::CancelMode {
                    return Err(CentralBankError::ModeChangeCancelled(request_id.clone()));
                }
                first
            }
            Some(_) => return Err(CentralBankError::RequestIdReused(request_id.clone())),
            None => self.append_operation(Some(id), None, action, now),
        };
        // By the first row: a repeat after midnight is answered with the day that was promised.
        Ok(operation.at.next_day())
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
        let Action::ScheduleMode { mode } = first.action else { return Err(unknown()) };
        let from = first.at.next_day();
        // What was called off in time stays so, also when that is asked for again later.
        if last.action != Action::CancelMode {
            if from <= self.business_time(now) {
                return Err(CentralBankError::ModeChangeInForce {
                    request_id: request_id.clone(),
                    from,
                });
            }
            self.append_operation(Some(id), None, Action::CancelMode, now);
        }
        Ok(ModeChange { from, mode })
    }

    /// The changes still to come, the earliest first; of one moment the last counts.
    pub fn mode_changes(&self, now: Timestamp) -> Vec<ModeChange> {
        self.modes.coming(self.business_time(now))
    }

    /// Puts the mode into force that was asked for by now.
    pub(super) fn adopt_due(&mut self, at: Timestamp) {
        let Some(mode) = self.modes.to_adopt(at) else { return };
        self.append_operation(None, None, Action::AdoptMode { mode }, at);
        let how = match mode.manner() {
            Manner::Net => "in cycles",
            Manner::Gross => "one by one",
            Manner::Queued => "from a queue",
        };
        self.note(EventKind::ModeChanged, format!("payments settle {how}"));
    }
}

#[cfg(test)]
mod tests;
