//! Whose a wallet is, and what each row makes of positions.

use crate::money::{Amount, OperatorCode, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Record;
use super::super::check::RestoreError;
use super::super::error::OperatorError;
use super::super::facts::End;
use super::super::rows::OutcomeRow;
use super::super::slot::{PaymentSlot, WalletSlot};
use super::{Part, ParticipantRow, Participants, Period};

impl OperatorLedger {
    /// The participants.
    pub const fn participants(&self) -> &Participants {
        &self.participants
    }

    /// Opens wallets for these participants and no other ones.
    pub fn list_participants(&mut self, participants: &[OperatorCode]) {
        self.participants.listed = participants.to_vec();
    }

    /// The participant of a wallet; `None` of the operator's own.
    pub fn participant_of(&self, wallet: WalletNumber) -> Part {
        self.participant_at(self.wallets.slot_of(wallet)?)
    }

    /// The participant of a wallet: of a sub-wallet that of its parent.
    pub(in super::super) fn participant_at(&self, slot: WalletSlot) -> Part {
        if self.participants.of_wallet.is_empty() {
            return None;
        }
        let alone = self.parent_of(slot).unwrap_or(slot);
        self.participants.of_wallet.get(&alone).copied()
    }

    /// Whether wallets are opened for a participant.
    pub(in super::super) fn check_listed(
        &self,
        participant: OperatorCode,
    ) -> Result<(), OperatorError> {
        if self.participants.is_listed(participant) {
            return Ok(());
        }
        Err(OperatorError::ParticipantUnknown { participant, operator: self.settings.code })
    }

    /// The wallet was opened by the row before, and is no sub-wallet, so that it has paid nothing yet.
    pub(in super::super) fn check_participant(
        &self,
        row: &ParticipantRow,
    ) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.wallet)?;
        let is_new = self.events[self.wallets[slot].opened].row == self.chain.row;
        let is_other = row.participant != self.settings.code;
        if is_new && is_other {
            return Ok(());
        }
        let (row, wallet) = (row.row, row.wallet);
        Err(RestoreError::Participant { row, wallet })
    }

    pub(in super::super) fn apply_participant(&mut self, row: ParticipantRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.wallet);
        self.participants.open(wallet, row);
    }

    /// Counts what a record makes of positions that was cleared.
    pub(in super::super) fn count_cleared(&mut self, record: Record, row: &OutcomeRow) {
        let End::Cleared { cycle } = row.end else { return };
        let period = Period::of(cycle, row.at);
        match record {
            Record::Payment(slot) => {
                let parts = self.senders_of(slot);
                parts.into_iter().flatten().for_each(|part| self.count_sent(period, part));
            }
            Record::Inbound(slot) => {
                let inbound = &self.inbound[slot];
                let (Some(wallet), amount) = (inbound.wallet, inbound.amount()) else { return };
                let part = self.participant_at(wallet);
                self.participants.position_mut(period, part).received += amount;
            }
            Record::Funding(slot) => {
                let funding = &self.fundings[slot];
                let (Some(wallet), discount) = (funding.wallet, funding.discount()) else { return };
                self.count_sent(period, (wallet, discount));
            }
        }
    }

    /// Counts a payment within the operator between wallets of two participants, which settles in
    /// its books.
    pub(in super::super) fn count_on_us(&mut self, slot: PaymentSlot, payee: WalletSlot) {
        if self.participants.of_wallet.is_empty() {
            return;
        }
        let (to, day) = (self.participant_at(payee), self.payments[slot].submitted_at.date());
        for (wallet, amount) in self.senders_of(slot).into_iter().flatten() {
            let from = self.participant_at(wallet);
            if from != to {
                let participants = &mut self.participants;
                participants.position_mut(Period::Day(day), from).on_us_sent += amount;
                participants.position_mut(Period::Day(day), to).on_us_received += amount;
            }
        }
    }

    /// Who of this operator pays how much of a payment: the payer, and a campaign that pays a part.
    fn senders_of(&self, slot: PaymentSlot) -> [Option<(WalletSlot, Amount)>; 2] {
        let payment = &self.payments[slot];
        let payer = (payment.payer, payment.payers_part());
        [Some(payer), self.own_campaign(payment.details())]
    }

    fn count_sent(&mut self, period: Period, (wallet, amount): (WalletSlot, Amount)) {
        let part = self.participant_at(wallet);
        self.participants.position_mut(period, part).sent += amount;
    }
}
