//! The participants with their wallets and positions.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::money::{CycleId, OperatorCode, Total};

use super::super::slot::WalletSlot;
use super::position::{IndirectPosition, Period};
use super::rows::ParticipantRow;

/// A participant of which positions are counted; `None` is the operator itself.
pub type Part = Option<OperatorCode>;

/// The participants, their wallets and positions.
#[derive(Debug, Default)]
pub struct Participants {
    /// Those for which wallets are opened, as the configuration has it.
    pub(super) listed: Vec<OperatorCode>,
    rows: Vec<ParticipantRow>,
    pub(super) of_wallet: FxHashMap<WalletSlot, OperatorCode>,
    /// How many wallets were opened for each, sub-wallets not counted.
    wallets: BTreeMap<OperatorCode, u64>,
    /// In the order in which they came up, so that a page stays where it is.
    pub(super) positions: Vec<(Period, Part, IndirectPosition)>,
    places: FxHashMap<(Period, Part), usize>,
    /// The place that was counted at last.
    last: usize,
}

impl Participants {
    /// Whether wallets are opened for a participant.
    pub fn is_listed(&self, participant: OperatorCode) -> bool {
        self.listed.contains(&participant)
    }

    /// Every participant that is listed or has wallets, in the order of codes.
    pub fn codes(&self) -> Vec<OperatorCode> {
        let mut codes: Vec<_> = self.listed.iter().chain(self.wallets.keys()).copied().collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// How many wallets were opened for a participant, sub-wallets not counted.
    pub fn wallets_of(&self, participant: OperatorCode) -> u64 {
        self.wallets.get(&participant).copied().unwrap_or_default()
    }

    /// The positions of all periods, in the order in which they came up.
    pub fn positions(&self) -> &[(Period, Part, IndirectPosition)] {
        &self.positions
    }

    /// The position of a part in a period; nothing before anything was paid.
    pub fn position(&self, period: Period, part: Part) -> Option<&IndirectPosition> {
        self.places.get(&(period, part)).map(|place| &self.positions[*place].2)
    }

    /// The positions of a cycle: first the operator's own, then the participants by their codes.
    pub fn in_cycle(
        &self,
        cycle: CycleId,
    ) -> impl Iterator<Item = (Period, Part, &IndirectPosition)> {
        let period = Period::Cycle(cycle);
        let parts = [None].into_iter().chain(self.codes().into_iter().map(Some));
        parts.filter_map(move |part| Some((period, part, self.position(period, part)?)))
    }

    /// What a part sent and received in all periods.
    pub fn total_of(&self, part: Part) -> IndirectPosition {
        let of_part = self.positions.iter().filter(|(_, of, _)| *of == part);
        of_part.fold(IndirectPosition::default(), |sum, (_, _, position)| sum.and(position))
    }

    /// What all parts make of a cycle: the position of the operator.
    pub fn net_in(&self, cycle: CycleId) -> Total {
        self.in_cycle(cycle).map(|(_, _, position)| position.net()).sum()
    }

    /// Whether a wallet was opened for a participant.
    pub fn has(&self, wallet: WalletSlot) -> bool {
        self.of_wallet.contains_key(&wallet)
    }

    /// The rows of all wallets of participants, in order.
    pub fn rows(&self) -> &[ParticipantRow] {
        &self.rows
    }

    pub(super) fn open(&mut self, wallet: WalletSlot, row: ParticipantRow) {
        self.of_wallet.insert(wallet, row.participant);
        *self.wallets.entry(row.participant).or_default() += 1;
        self.rows.push(row);
    }

    pub(super) fn position_mut(&mut self, period: Period, part: Part) -> &mut IndirectPosition {
        // Nearly all payments of a cycle count for the operator itself, one after the other.
        if self.positions.get(self.last).is_none_or(|last| (last.0, last.1) != (period, part)) {
            self.last = *self.places.entry((period, part)).or_insert_with(|| {
                self.positions.push((period, part, IndirectPosition::default()));
                self.positions.len() - 1
            });
        }
        &mut self.positions[self.last].2
    }
}
