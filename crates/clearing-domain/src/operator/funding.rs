//! Discounts that campaigns of this operator were asked for by payments of other operators, as rows
//! and as kept in memory.

use crate::Reason;
use crate::details::Voucher;
use crate::link::{Fund, FundingAnswer};
use crate::money::{Amount, CycleId, Timestamp};
use crate::row::numbered;

use super::facts::{Answered, End};
use super::payment::Ended;
use super::rows::{FundingRow, OutcomeRow};
use super::slot::WalletSlot;

numbered! {
    /// Where a discount stands at the sponsor's operator.
    pub enum FundingState {
        /// Debited from the campaign; the outcome of the payment is not known yet.
        Funded = 1,
        /// Final: declined; nothing moved.
        Declined = 2,
        /// Final: the payee has it.
        Redeemed = 3,
        /// Final: the payment was refused; the campaign has it back.
        Returned = 4,
    }
}

impl FundingRow {
    /// The answer on what the central bank asks for.
    pub fn new(fund: &Fund, answered: Answered, decided_at: Timestamp) -> Self {
        let Fund { id, payer, payee, amount, voucher, submitted_at, .. } = *fund;
        let Voucher { campaign, discount } = voucher;
        Self {
            row: 0,
            id,
            campaign,
            payer,
            payee,
            discount,
            amount,
            submitted_at,
            decided_at,
            answered,
        }
    }
}

/// A discount that a campaign was asked for, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// The row as it was appended.
    asked: FundingRow,
    /// The slot of the wallet that is debited; a declined one has none.
    pub wallet: Option<WalletSlot>,
    /// Where it stands.
    pub state: FundingState,
    /// Why it was declined or returned.
    pub reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub cycle: Option<CycleId>,
    /// The outcome, when it came after the answer.
    ended: Option<Ended>,
}

impl Funding {
    /// A discount as its row says, of a campaign in a slot.
    pub fn new(asked: FundingRow, wallet: Option<WalletSlot>) -> Self {
        let (state, reason) = match asked.answered {
            Answered::Funded => (FundingState::Funded, None),
            Answered::Declined { reason } => (FundingState::Declined, Some(reason)),
        };
        Self { asked, wallet, state, reason, cycle: None, ended: None }
    }

    /// Ends one that is held.
    pub fn end(&mut self, outcome: &OutcomeRow) {
        match outcome.end {
            End::Cleared { cycle } => {
                self.state = FundingState::Redeemed;
                self.cycle = cycle;
            }
            End::Refused { reason } => {
                self.state = FundingState::Returned;
                self.reason = Some(reason);
            }
        }
        self.ended = Ended::by(outcome);
    }

    /// The row that was appended for it, whatever came later.
    pub fn as_row(&self) -> &FundingRow {
        &self.asked
    }

    /// What the campaign pays.
    pub fn discount(&self) -> Amount {
        self.asked.discount
    }

    /// The answer again.
    pub fn answer(&self) -> FundingAnswer {
        let declined = match self.asked.answered {
            Answered::Funded => None,
            Answered::Declined { reason } => Some(reason),
        };
        FundingAnswer { id: self.asked.id, declined, decided_at: self.asked.decided_at }
    }

    /// Whether the central bank asks for the same again.
    pub fn matches(&self, fund: &Fund) -> bool {
        let asked = &self.asked;
        let voucher = Voucher { campaign: asked.campaign, discount: asked.discount };
        (asked.payer, asked.payee, asked.amount, voucher)
            == (fund.payer, fund.payee, fund.amount, fund.voucher)
    }

    /// When the outcome was recorded.
    pub fn finished_at(&self) -> Option<Timestamp> {
        self.ended.map(Ended::at)
    }

    /// The row of its outcome, once there is one.
    pub fn outcome(&self) -> Option<OutcomeRow> {
        let end = match self.reason {
            Some(reason) => End::Refused { reason },
            None => End::Cleared { cycle: self.cycle },
        };
        self.ended.map(|ended| ended.as_row(self.asked.row, end))
    }
}

impl FundingState {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Funded)
    }
}
