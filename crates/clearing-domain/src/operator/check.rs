//! Whether a row of a file can be history.

use crate::details::Voucher;
use crate::money::{Amount, PaymentCode, Position, Total, WalletNumber};
use crate::{Details, Reason};

use super::OperatorLedger;
use super::apply::{Known, Record};
use super::bills::BillState;
use super::credit::Credit;
use super::facts::{Answered, Decided, End, Taken};
use super::funding::FundingState;
pub use super::restore_error::RestoreError;
use super::rows::{
    BillRow, CancelledBillRow, FrontEndRow, FundingRow, InboundRow, OperatorRow, OutcomeRow,
    PayeeRow, PaymentCodeRow, PaymentRow, SubWalletRow, WalletEventRow,
};
use super::slot::WalletSlot;
use super::state::{InboundState, PaymentState};
use super::sub_wallets::kind_of;

impl OperatorLedger {
    /// Whether a row can follow those that were applied, whatever its number; answers what it found
    /// on the way, so that it is not looked up again when the row is applied.
    pub(super) fn check(&self, row: &OperatorRow) -> Result<Known, RestoreError> {
        match row {
            OperatorRow::Event(row) => self.check_event(row)?,
            OperatorRow::Payment(row) => self.check_payment(row)?,
            OperatorRow::Inbound(row) => self.check_inbound(row)?,
            OperatorRow::Funding(row) => self.check_funding_row(row)?,
            OperatorRow::Outcome(row) => return self.check_outcome(row).map(Known::Record),
            OperatorRow::SubWallet(row) => self.check_sub_wallet(row)?,
            OperatorRow::Payee(row) => self.check_payee_row(row)?,
            OperatorRow::Bill(row) => self.check_bill(row)?,
            OperatorRow::CancelledBill(row) => self.check_cancelled(row)?,
            OperatorRow::FrontEnd(row) => self.check_front_end(row)?,
            OperatorRow::PaymentCode(row) => self.check_payment_code(row)?,
            OperatorRow::Campaign(row) => self.check_campaign_row(row)?,
            OperatorRow::Registration(row) => self.check_registration(row)?,
            OperatorRow::Draw(row) => self.check_draw(row)?,
            OperatorRow::Claim(row) => self.check_claim(row)?,
            OperatorRow::GrantSpend(row) => self.check_grant_spend(row)?,
            OperatorRow::Voucher(row) => self.check_voucher_row(row)?,
            OperatorRow::Contract(row) => self.check_contract_row(row)?,
            OperatorRow::ContractStep(row) => self.check_contract_step(row)?,
            OperatorRow::Release(row) => self.check_release(row)?,
            OperatorRow::Suspension(row) => self.check_suspension(row)?,
            OperatorRow::Payroll(row) => self.check_payroll(row)?,
            OperatorRow::PayrollLine(row) => self.check_payroll_line(row)?,
            OperatorRow::PayrollDecision(row) => self.check_payroll_decision(row)?,
            OperatorRow::Card(row) => self.check_card_row(row)?,
            OperatorRow::CardVoucher(row) => self.check_card_voucher(row)?,
            OperatorRow::CardChange(row) => self.check_card_change(row)?,
            OperatorRow::Unclaimed(row) => self.check_unclaimed(row)?,
            OperatorRow::Interest(row) => self.check_interest(row)?,
            OperatorRow::Participant(row) => self.check_participant(row)?,
            OperatorRow::Loan(row) => self.check_loan_row(row)?,
            OperatorRow::Mandate(row) => self.check_mandate_row(row)?,
            OperatorRow::LoanStep(row) => self.check_loan_step(row)?,
            OperatorRow::Product(row) => self.check_product_row(row)?,
            OperatorRow::Redemption(row) => self.check_redemption_row(row)?,
            OperatorRow::CancelledRedemption(row) => self.check_cancelled_redemption(row)?,
        }
        Ok(Known::Nothing)
    }

    fn check_bill(&self, row: &BillRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.biller)?;
        check_amount(row.row, row.amount.position())?;
        match self.bills.find(row.biller, &row.reference) {
            None => Ok(()),
            Some(_) => Err(RestoreError::Promise { row: row.row, reason: Reason::BillTaken }),
        }
    }

    fn check_cancelled(&self, row: &CancelledBillRow) -> Result<(), RestoreError> {
        let slot = self.bills.find(row.biller, &row.reference);
        match slot.map(|slot| self.bills[slot].state) {
            Some(BillState::Open) => Ok(()),
            Some(_) => Err(RestoreError::Promise { row: row.row, reason: Reason::BillPaid }),
            None => Err(RestoreError::Promise { row: row.row, reason: Reason::BillUnknown }),
        }
    }

    /// Whether a credit may pay the bill, and give back the payment, that it names.
    fn check_promise(&self, row: u64, credit: &Credit<'_>) -> Result<(), RestoreError> {
        self.check_details(credit).map_err(|reason| RestoreError::Promise { row, reason })
    }

    fn check_given(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let Some(original) = row.details.as_ref().and_then(|details| details.refund_of) else {
            return Ok(());
        };
        let refused = |reason| RestoreError::Promise { row: row.row, reason };
        let left = self.refundable_to(original, row.payee).map_err(refused)?.left;
        if row.amount > left { Err(refused(Reason::RefundExceeds)) } else { Ok(()) }
    }

    fn check_event(&self, row: &WalletEventRow) -> Result<(), RestoreError> {
        let number = row.wallet;
        if row.change.opens() {
            let next = number.serial() == self.wallets.next_serial(number.kind());
            let unknown = RestoreError::WalletUnknown { row: row.row, wallet: number };
            return if next { Ok(()) } else { Err(unknown) };
        }
        let wallet = self.check_wallet(row.row, number)?;
        check_amount(row.row, row.change.moves())?;
        if let Some((account, linked)) = row.change.linked_before()
            && (self.linked(wallet).contains(&account) != linked
                || linked && self.check_keeps_account(wallet).is_err())
        {
            return Err(RestoreError::BankAccount { row: row.row, wallet: number });
        }
        if row.change.is_within_family() {
            let alone = RestoreError::Family { row: row.row, wallet: number };
            let parent = self.parent_of(wallet).ok_or(alone)?;
            self.check_moved(row.row, parent, -row.change.moves())?;
        }
        self.check_moved(row.row, wallet, row.change.moves())
    }

    /// Whether a wallet can hold what an event makes of it, and gives nothing but its own.
    fn check_moved(
        &self,
        row: u64,
        slot: WalletSlot,
        change: Position,
    ) -> Result<(), RestoreError> {
        self.check_balance(row, slot, change)?;
        self.check_own(row, slot, change.debit(), Amount::ZERO)
    }

    /// A sub-wallet is of the kind and class of its parent, which is no sub-wallet itself.
    fn check_sub_wallet(&self, row: &SubWalletRow) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.wallet)?;
        let parent = self.check_wallet(row.row, row.parent)?;
        let alone = [slot, parent].iter().all(|slot| self.families.sub_wallet(*slot).is_none());
        // It belongs to the participant of its parent.
        let alone = alone && !self.participants.has(slot);
        let (one, other) = (&self.wallets[slot], &self.wallets[parent]);
        let fits = alone
            && slot != parent
            && self.families.sub_wallets_of(slot).is_empty()
            && one.kind() == kind_of(row.used_for, other.kind())
            && one.class == other.class;
        if fits { Ok(()) } else { Err(RestoreError::Family { row: row.row, wallet: row.wallet }) }
    }

    fn check_payee_row(&self, row: &PayeeRow) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.wallet)?;
        let sub_wallet = self.families.sub_wallet(slot);
        let payees = sub_wallet.and_then(|sub_wallet| sub_wallet.payees.as_ref());
        let fits = payees.is_some_and(|payees| payees.contains(&row.payee) != row.allowed);
        if fits { Ok(()) } else { Err(RestoreError::Family { row: row.row, wallet: row.wallet }) }
    }

    fn check_front_end(&self, row: &FrontEndRow) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.wallet)?;
        let same = self.front_ends.region(slot, &row.front_end) == row.region;
        if same { Err(RestoreError::FrontEnd { row: row.row, wallet: row.wallet }) } else { Ok(()) }
    }

    fn check_payment_code(&self, row: &PaymentCodeRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.wallet)?;
        check_amount(row.row, row.amount.unwrap_or_default().position())?;
        let own = row.code.prefix() == Some(self.settings.prefix);
        let made = self.payment_codes.find(row.code).is_some();
        let cannot_be = RestoreError::PaymentCode { row: row.row, code: row.code };
        if own && !made { Ok(()) } else { Err(cannot_be) }
    }

    /// Whether a payment that uses a code is the one that the code allows.
    fn check_use(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let Some(code) = PaymentCode::of_request(&row.request_id) else { return Ok(()) };
        let made = self.payment_codes.find(code);
        let fits = made.is_some_and(|made| {
            made.wallet == row.payer && made.check(row.amount, row.submitted_at).is_ok()
        });
        if fits { Ok(()) } else { Err(RestoreError::PaymentCode { row: row.row, code }) }
    }

    fn check_payment(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let payer = self.check_wallet(row.row, row.payer)?;
        self.check_use(row)?;
        self.check_release_of(row)?;
        self.check_loan_part(row)?;
        self.check_wealth_part(row)?;
        // What was refused for its amount keeps it, and is added to nothing.
        if let Taken::Rejected { .. } = row.taken {
            return Ok(());
        }
        check_amount(row.row, row.amount.position())?;
        self.check_given(row)?;
        self.check_voucher_of(row)?;
        let rest = Details::payers_part(row.details.as_deref(), row.amount);
        self.check_balance(row.row, payer, -rest.position())?;
        self.check_own(row.row, payer, rest, self.grants.sum_spent_on(row.id))?;
        if row.taken == Taken::Completed {
            self.check_promise(row.row, &Credit::of_row(row))?;
            let payee = self.check_wallet(row.row, row.payee)?;
            self.check_balance(row.row, payee, row.amount.position())?;
        }
        Ok(())
    }

    /// Whether a wallet has what it pays beside its grants, of which a part is spent already.
    pub(super) fn check_own(
        &self,
        row: u64,
        slot: WalletSlot,
        amount: Amount,
        granted: Amount,
    ) -> Result<(), RestoreError> {
        let wallet = &self.wallets[slot];
        let balance = Total::from(wallet.balance) - amount;
        // What grants pay was spent by rows before, so that it is no grant any more.
        let own = Total::from(self.own_funds(slot)) - amount;
        if own >= Total::ZERO && granted <= amount {
            return Ok(());
        }
        Err(RestoreError::Balance { row, wallet: wallet.number, balance })
    }

    /// Whether payer and campaign both pay a part, from two wallets; the campaign's is debited here
    /// when it is of this operator, and within it all money stays.
    fn check_voucher_of(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let voucher = row.details.as_ref().and_then(|details| details.voucher);
        let Some(voucher) = voucher else { return Ok(()) };
        let Voucher { campaign, discount } = voucher;
        let parts = voucher.rest_of(row.amount);
        let is_elsewhere = !self.is_on_us(campaign);
        let is_elsewhere_at_rest = is_elsewhere && row.taken == Taken::Completed;
        if parts.is_none() || [row.payer, row.payee].contains(&campaign) || is_elsewhere_at_rest {
            return Err(RestoreError::Voucher(row.row));
        }
        if is_elsewhere {
            let held = self.check_held_voucher(voucher, row.payer, row.submitted_at);
            return held.map_err(|_| RestoreError::Voucher(row.row));
        }
        let campaign = self.check_wallet(row.row, campaign)?;
        self.check_balance(row.row, campaign, -discount.position())
    }

    fn check_funding_row(&self, row: &FundingRow) -> Result<(), RestoreError> {
        if let Answered::Declined { .. } = row.answered {
            return Ok(());
        }
        check_amount(row.row, row.discount.position())?;
        let campaign = self.check_wallet(row.row, row.campaign)?;
        self.check_balance(row.row, campaign, -row.discount.position())
    }

    fn check_inbound(&self, row: &InboundRow) -> Result<(), RestoreError> {
        if let Decided::Rejected { .. } = row.decided {
            return Ok(());
        }
        let delivered = row.delivered.as_ref().ok_or(RestoreError::Undelivered(row.row))?;
        check_amount(row.row, delivered.amount.position())?;
        let payee = self.check_wallet(row.row, delivered.payee)?;
        self.check_promise(row.row, &Credit::from(delivered))?;
        if row.decided == Decided::Held {
            return Ok(());
        }
        self.check_balance(row.row, payee, delivered.amount.position())
    }

    fn check_outcome(&self, row: &OutcomeRow) -> Result<Record, RestoreError> {
        let unknown = RestoreError::Outcome { row: row.row, of: row.of };
        let record = self.record_of(row.of).ok_or_else(|| unknown.clone())?;
        match record {
            Record::Payment(slot) => {
                let payment = &self.payments[slot];
                if payment.state != PaymentState::InTransit {
                    return Err(unknown);
                }
                if let End::Refused { .. } = row.end {
                    let rest = payment.payers_part().position();
                    self.check_balance(row.row, payment.payer, rest)?;
                    if let Some((campaign, discount)) = self.own_campaign(payment.details()) {
                        self.check_balance(row.row, campaign, discount.position())?;
                    }
                }
            }
            Record::Inbound(slot) => {
                let inbound = &self.inbound[slot];
                match (inbound.state, row.end, inbound.wallet) {
                    (InboundState::Accepted, End::Cleared { .. }, _)
                    | (InboundState::Held, End::Refused { .. }, _) => {}
                    (InboundState::Held, End::Cleared { .. }, Some(wallet)) => {
                        self.check_balance(row.row, wallet, inbound.amount().position())?;
                    }
                    _ => return Err(unknown),
                }
            }
            Record::Funding(slot) => {
                let funding = &self.fundings[slot];
                match (funding.state, row.end, funding.wallet) {
                    (FundingState::Funded, End::Cleared { .. }, _) => {}
                    (FundingState::Funded, End::Refused { .. }, Some(wallet)) => {
                        self.check_balance(row.row, wallet, funding.discount().position())?;
                    }
                    _ => return Err(unknown),
                }
            }
        }
        Ok(record)
    }

    /// The payment, transfer or discount of a row.
    fn record_of(&self, row: u64) -> Option<Record> {
        let payment = self.payments.of_row(row).map(Record::Payment);
        let transfer = payment.or_else(|| self.inbound.of_row(row).map(Record::Inbound));
        transfer.or_else(|| self.fundings.of_row(row).map(Record::Funding))
    }

    pub(super) fn check_wallet(
        &self,
        row: u64,
        wallet: WalletNumber,
    ) -> Result<WalletSlot, RestoreError> {
        self.wallets.slot_of(wallet).ok_or(RestoreError::WalletUnknown { row, wallet })
    }

    /// Whether a wallet can hold what a change makes of its balance.
    pub(super) fn check_balance(
        &self,
        row: u64,
        wallet: WalletSlot,
        change: Position,
    ) -> Result<(), RestoreError> {
        let wallet = &self.wallets[wallet];
        let balance = Total::from(wallet.balance) + change;
        match balance.position().and_then(Amount::from_sum) {
            Some(_) => Ok(()),
            None => Err(RestoreError::Balance { row, wallet: wallet.number, balance }),
        }
    }
}

/// A column takes any amount, because sums are amounts too.
pub(super) fn check_amount(row: u64, amount: Position) -> Result<(), RestoreError> {
    let largest = Amount::MAX.position();
    let fits = amount <= largest && amount >= -largest;
    if fits { Ok(()) } else { Err(RestoreError::Amount { row, amount }) }
}
