//! The vouchers that wallets of this operator have claimed from campaigns of other operators.
//!
//! Whoever pays names a campaign, and the central bank sets headroom of its operator aside before
//! that operator is asked. So a payment with a voucher leaves only when its wallet holds one.

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::details::Voucher;
use crate::money::{Amount, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::check::RestoreError;
use super::super::error::OperatorError;
use super::super::slot::PaymentSlot;
use super::rows::VoucherRow;

/// A voucher that the operator of a campaign says a wallet has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedVoucher {
    /// The wallet.
    pub wallet: WalletNumber,
    /// The campaign.
    pub campaign: WalletNumber,
    /// What the campaign pays of one payment.
    pub face: Amount,
    /// From when on it may be redeemed, and until when.
    pub valid: (Timestamp, Timestamp),
}

/// Where a voucher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherState {
    /// No payment has it.
    Open,
    /// A payment in transit has it.
    InTransit,
    /// A payment that is final has it.
    Used,
}

/// A voucher that a wallet holds.
#[derive(Clone, Copy, Debug)]
pub struct HeldVoucher {
    /// The row of its claim.
    pub row: VoucherRow,
    /// Where it stands.
    pub state: VoucherState,
}

/// All of them in the order they were claimed.
#[derive(Debug, Default)]
pub struct Vouchers {
    list: Vec<HeldVoucher>,
    /// Their places by campaign and wallet.
    places: FxHashMap<(WalletNumber, WalletNumber), usize>,
}

impl Vouchers {
    /// All of them.
    pub fn list(&self) -> &[HeldVoucher] {
        &self.list
    }

    /// The voucher of a campaign that a wallet holds.
    pub fn find(&self, campaign: WalletNumber, wallet: WalletNumber) -> Option<&HeldVoucher> {
        self.places.get(&(campaign, wallet)).map(|place| &self.list[*place])
    }

    /// Takes in a voucher that was claimed.
    pub fn hold(&mut self, row: VoucherRow) {
        self.places.insert((row.campaign, row.wallet), self.list.len());
        self.list.push(HeldVoucher { row, state: VoucherState::Open });
    }

    /// Sets where a voucher stands; of campaigns of this operator there are none.
    pub fn set(&mut self, campaign: WalletNumber, wallet: WalletNumber, state: VoucherState) {
        if let Some(place) = self.places.get(&(campaign, wallet)) {
            self.list[*place].state = state;
        }
    }
}

impl OperatorLedger {
    /// The vouchers of campaigns elsewhere that wallets of this operator hold.
    pub fn vouchers(&self) -> &Vouchers {
        &self.vouchers
    }

    /// Keeps a voucher that a wallet has claimed. A repeat changes nothing, and neither does one of
    /// a campaign of this operator, which has the claim itself.
    pub fn hold_voucher(
        &mut self,
        claimed: ClaimedVoucher,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let ClaimedVoucher { wallet, campaign, face, valid } = claimed;
        self.wallets.slot_of(wallet).ok_or(OperatorError::WalletUnknown(wallet))?;
        let face = face.single()?;
        if self.is_on_us(campaign) || self.vouchers.find(campaign, wallet).is_some() {
            return Ok(());
        }
        let row = VoucherRow {
            row: 0,
            wallet,
            campaign,
            face,
            valid_from: valid.0,
            valid_until: valid.1,
            at: now,
        };
        self.append(row, Known::Nothing);
        Ok(())
    }

    /// Whether a wallet holds a voucher of a campaign elsewhere that may pay so much of a payment
    /// submitted at a time. The campaign's operator judges the rest.
    pub(in super::super) fn check_held_voucher(
        &self,
        voucher: Voucher,
        payer: WalletNumber,
        at: Timestamp,
    ) -> Result<(), Reason> {
        let Some(held) = self.vouchers.find(voucher.campaign, payer) else {
            let is_open_to_all = self.settings.any_pool;
            return if is_open_to_all { Ok(()) } else { Err(Reason::VoucherNotClaimed) };
        };
        if held.state != VoucherState::Open {
            return Err(Reason::VoucherUsed);
        }
        if voucher.discount > held.row.face {
            return Err(Reason::VoucherInvalid);
        }
        let is_valid = held.row.valid_from <= at && at <= held.row.valid_until;
        if is_valid { Ok(()) } else { Err(Reason::VoucherNotValid) }
    }

    /// Follows a payment with the voucher that it has, if it has one of a campaign elsewhere.
    pub(in super::super) fn move_voucher(&mut self, slot: PaymentSlot, state: VoucherState) {
        let payment = &self.payments[slot];
        if let Some(Voucher { campaign, .. }) = payment.details().and_then(|said| said.voucher) {
            let payer = self.payer_of(payment);
            self.vouchers.set(campaign, payer, state);
        }
    }

    pub(in super::super) fn check_voucher_row(&self, row: &VoucherRow) -> Result<(), RestoreError> {
        let is_known = self.wallets.slot_of(row.wallet).is_some();
        let is_new = self.vouchers.find(row.campaign, row.wallet).is_none();
        if is_known && is_new && !self.is_on_us(row.campaign) && row.face.single().is_ok() {
            return Ok(());
        }
        let (row, campaign, reason) = (row.row, row.campaign, Reason::VoucherInvalid);
        Err(RestoreError::Campaign { row, campaign, reason })
    }
}

#[cfg(test)]
mod tests;
