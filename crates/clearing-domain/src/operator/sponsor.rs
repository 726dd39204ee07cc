//! Sponsor: a campaign pays its part of a payment.
//!
//! Where the payer's wallet is of another operator, the central bank asks for the discount before
//! the payee's operator hears of the payment. It leaves the campaign with the answer, and comes
//! back only with the central bank's refusal of the payment.

use crate::link::{Fund, Notice, Outcome};
use crate::money::{Amount, CycleId, Timestamp, WalletNumber};
use crate::{Details, Reason};

use super::OperatorLedger;
use super::accounts::Account;
use super::apply::{Known, Record};
use super::campaign::CampaignEventKind;
use super::facts::{Answered, End, SubWalletUse};
use super::funding::FundingState;
use super::grant::purchase;
use super::payment::Payment;
use super::rows::{FundingRow, OutcomeRow};
use super::slot::{FundingSlot, WalletSlot};

impl OperatorLedger {
    /// Answers a request for a discount, or repeats the answer of an earlier one.
    pub(super) fn pay_discount(&mut self, fund: &Fund, now: Timestamp) {
        if let Some(slot) = self.fundings.find(fund.id) {
            return self.repeat_funding(slot, fund);
        }
        let answered = match self.check_funding(fund) {
            Ok(()) => Answered::Funded,
            Err(reason) => Answered::Declined { reason },
        };
        let row = FundingRow::new(fund, answered, self.business_time(now));
        let slot = self.fundings.list().next_slot();
        self.append(row, Known::Nothing);
        if answered == Answered::Funded {
            self.post(Account::Wallets, Account::InTransit, fund.voucher.discount);
            let event = CampaignEventKind::Redeemed(fund.payer, fund.id);
            self.report_campaign(fund.voucher.campaign, event, self.business_time(now));
        }
        self.session.answer_funding(self.fundings[slot].answer());
    }

    fn repeat_funding(&mut self, slot: FundingSlot, fund: &Fund) {
        let funding = &self.fundings[slot];
        if !funding.matches(fund) {
            return self
                .alarm(format!("payment {} was to be funded again with other content", fund.id));
        }
        // One that has ended was answered long ago, or the central bank could not have ended it.
        if matches!(funding.state, FundingState::Funded | FundingState::Declined) {
            self.session.answer_funding(funding.answer());
        }
    }

    /// Whether a campaign of this operator pays a discount: the rules of campaigns stand here.
    pub(super) fn check_funding(&self, fund: &Fund) -> Result<(), Reason> {
        let Fund { payer, payee, amount, voucher, purpose, submitted_at, .. } = *fund;
        voucher.rest_of(amount).ok_or(Reason::VoucherInvalid)?;
        self.check_campaign(voucher.campaign, voucher.discount)?;
        let details = Details { purpose, ..Details::default() };
        let purchase = purchase(payee, amount, Some(&details), fund.merchant);
        self.check_voucher_rules(voucher, payer, &purchase, submitted_at)
    }

    /// Whether the wallet of a campaign is here and can pay. Whoever pays names the campaign, so no
    /// other wallet may be debited in this way.
    pub(super) fn check_campaign(
        &self,
        campaign: WalletNumber,
        discount: Amount,
    ) -> Result<(), Reason> {
        let slot = self.wallets.slot_of(campaign).ok_or(Reason::CampaignUnknown)?;
        let family = self.families.sub_wallet(slot);
        let is_pool = family.is_some_and(|family| family.used_for == SubWalletUse::Campaign);
        if !is_pool && !self.settings.any_pool {
            return Err(Reason::CampaignUnknown);
        }
        let wallet = &self.wallets[slot];
        wallet.check_pays().map_err(|_| Reason::CampaignInactive)?;
        if wallet.balance < discount { Err(Reason::PoolInsufficient) } else { Ok(()) }
    }

    /// The campaign of this operator that pays a part of a payment of one of its wallets, and how
    /// much.
    pub(super) fn own_campaign(&self, details: Option<&Details>) -> Option<(WalletSlot, Amount)> {
        let voucher = details?.voucher?;
        Some((self.wallets.slot_of(voucher.campaign)?, voucher.discount))
    }

    /// What of a payment this operator debits: all of it, unless the campaign is elsewhere.
    pub fn debited_by(&self, payment: &Payment) -> Amount {
        let voucher = payment.details().and_then(|details| details.voucher);
        let is_elsewhere = voucher.is_some_and(|voucher| !self.is_on_us(voucher.campaign));
        if is_elsewhere { payment.payers_part() } else { payment.amount }
    }

    /// Applies the outcome of a payment of which a campaign pays a part; a repeat changes nothing.
    pub(super) fn finish_funding(&mut self, notice: &Notice) {
        let slot = self.fundings.find(notice.id);
        let state = slot.map(|slot| self.fundings[slot].state);
        match (slot, state, notice.outcome) {
            (Some(slot), Some(FundingState::Funded), Outcome::Cleared(cycle)) => {
                self.redeem(slot, cycle, notice.at);
            }
            (Some(slot), Some(FundingState::Funded), Outcome::Refused(reason)) => {
                self.return_discount(slot, reason, notice.at);
            }
            // A sponsor that was never asked, or declined, has nothing to give back.
            (_, Some(FundingState::Redeemed), Outcome::Cleared(_))
            | (
                _,
                None | Some(FundingState::Declined | FundingState::Returned),
                Outcome::Refused(_),
            )
            | (_, _, Outcome::Queued) => {}
            (_, state, outcome) => {
                let state =
                    state.map_or_else(|| "unknown".to_owned(), |state| format!("{state:?}"));
                self.alarm(format!(
                    "the discount of payment {} is {state} here but its outcome is {outcome:?}",
                    notice.id
                ));
            }
        }
    }

    fn redeem(&mut self, slot: FundingSlot, cycle: Option<CycleId>, at: Timestamp) {
        let discount = self.fundings[slot].discount().position();
        if self.post_reported(Account::InTransit, Account::of_settlement(cycle), discount) {
            self.end_funding(slot, End::Cleared { cycle }, at);
        }
    }

    fn return_discount(&mut self, slot: FundingSlot, reason: Reason, at: Timestamp) {
        let discount = self.fundings[slot].discount();
        self.post(Account::InTransit, Account::Wallets, discount);
        self.end_funding(slot, End::Refused { reason }, at);
    }

    fn end_funding(&mut self, slot: FundingSlot, end: End, at: Timestamp) {
        let of = self.fundings[slot].as_row().row;
        self.append(OutcomeRow { row: 0, of, end, at }, Known::Record(Record::Funding(slot)));
    }
}

#[cfg(test)]
mod tests;
