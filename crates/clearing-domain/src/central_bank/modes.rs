//! The settlement mode in force, and the modes that were asked for.

use crate::link::OperationId;
use crate::money::Timestamp;

use super::settings::CentralBankSettings;
use super::settlement_mode::{ModeChange, QueueRule, SettlementMode, Shortfall};

/// The mode in force and what was asked for.
#[derive(Debug)]
pub struct Modes {
    /// In force for payments admitted from now on.
    present: SettlementMode,
    /// What happens when cycles are short: of the last mode that had cycles.
    shortfall: Shortfall,
    /// How a queue is released: of the last mode that had one.
    queue_rule: Option<QueueRule>,
    /// When it came into force.
    since: Option<Timestamp>,
    /// Changes that the configuration names.
    planned: Vec<ModeChange>,
    /// What the configuration and callers asked for, in the order they did and with the ids of
    /// their requests.
    asked: Vec<(Option<OperationId>, ModeChange)>,
    /// Shows whether the configuration is still the same.
    configured: Option<OperationId>,
}

impl Modes {
    /// The mode that the configuration begins with; it is in force once a row has it.
    pub fn new(settings: &CentralBankSettings) -> Self {
        Self {
            present: settings.mode,
            shortfall: Shortfall::PartialNet,
            queue_rule: None,
            since: None,
            planned: settings.changes.clone(),
            asked: Vec::new(),
            configured: None,
        }
    }

    /// The mode in force for payments admitted from now on.
    pub fn present(&self) -> SettlementMode {
        self.present
    }

    /// What happens when cycles are short: of the last mode that had cycles.
    pub fn shortfall(&self) -> Shortfall {
        self.shortfall
    }

    /// How a queue is released: of the last mode that had one.
    pub fn queue_rule(&self) -> Option<QueueRule> {
        self.queue_rule
    }

    /// Whether the configuration is the one whose modes were asked for last.
    pub fn is_configured(&self, fingerprint: OperationId) -> bool {
        self.configured == Some(fingerprint)
    }

    fn asked_for(&self) -> impl Iterator<Item = ModeChange> + '_ {
        self.planned.iter().chain(self.asked.iter().map(|(_, change)| change)).copied()
    }

    /// The mode that was asked for by a time; of two changes for one moment the later asked counts.
    fn asked_for_by(&self, at: Timestamp) -> Option<SettlementMode> {
        let begun = self.asked_for().filter(|change| change.from <= at);
        begun.max_by_key(|change| change.from).map(|change| change.mode)
    }

    /// The changes after a time, the earliest first; of one moment the last counts.
    pub fn coming(&self, at: Timestamp) -> Vec<ModeChange> {
        let mut coming: Vec<_> = self.asked_for().filter(|change| change.from > at).collect();
        coming.sort_by_key(|change| change.from);
        coming
    }

    /// The mode that was asked for by now and is not in force.
    pub fn to_adopt(&self, at: Timestamp) -> Option<SettlementMode> {
        // The first mode is adopted although it is the present one: its row opens the first cycle.
        self.asked_for_by(at).filter(|mode| *mode != self.present || self.since.is_none())
    }

    /// When the wall clock next changes the mode: the first moment for which another one was asked.
    pub fn due(&self) -> Option<Timestamp> {
        let since = self.since?;
        let moments = self.asked_for().map(|change| change.from).filter(|from| *from > since);
        moments
            .filter(|from| self.asked_for_by(*from).is_some_and(|mode| mode != self.present))
            .min()
    }

    /// The configuration asks for a mode from now on; its fingerprint is the id.
    pub fn configure(
        &mut self,
        fingerprint: Option<OperationId>,
        mode: SettlementMode,
        at: Timestamp,
    ) {
        self.configured = fingerprint;
        self.asked.push((fingerprint, ModeChange { from: at, mode }));
    }

    /// A caller asks for a mode from the next business day on.
    pub fn schedule(&mut self, id: Option<OperationId>, mode: SettlementMode, at: Timestamp) {
        self.asked.push((id, ModeChange { from: at.next_day(), mode }));
    }

    /// Calls off what was asked for under an id.
    pub fn cancel(&mut self, id: Option<OperationId>) {
        self.asked.retain(|(asked, _)| *asked != id);
    }

    /// Puts a mode into force. What the modes before leave behind, an unsettled cycle or a queue,
    /// still goes by their rules, which are therefore kept.
    pub fn adopt(&mut self, mode: SettlementMode, at: Timestamp) {
        self.present = mode;
        self.since = Some(at);
        match mode {
            SettlementMode::DeferredNet(shortfall) => self.shortfall = shortfall,
            SettlementMode::Queued(rule) => self.queue_rule = Some(rule),
            SettlementMode::Gross => {}
        }
    }
}
