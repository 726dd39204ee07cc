//! The one transition: what a row changes, when it is appended and when it is read again.

use crate::details::Details;
use crate::money::{RequestKey, WalletNumber};

use super::OperatorLedger;
use super::bills::BillState;
use super::campaign::{Redeemed, VoucherState};
use super::contract::ContractRow;
use super::event::WalletEvent;
use super::facts::{Answered, Decided, End, SubWalletUse, Taken, WalletChange};
use super::fulfil::Promise;
use super::funding::Funding;
use super::grant::Counts;
use super::inbound::Inbound;
use super::payment::Payment;
use super::requests::RequestRef;
use super::rows::{
    FrontEndRow, FundingRow, InboundRow, OperatorRow, OutcomeRow, PayeeRow, PaymentCodeRow,
    PaymentRow, SubWalletRow, WalletEventRow,
};
use super::slot::{FundingSlot, InboundSlot, PaymentSlot, WalletSlot};
use super::statement::EntrySource;
use super::wallet::WalletStatus;

/// What was looked up for a row before it is applied: by the step that appends it, or by `check`.
/// The rest is looked up then.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// The key of the request of a payment.
    Key(RequestKey),
    /// The record that an outcome ends, without which none is applied.
    Record(Record),
}

/// A record that an outcome ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Record {
    Payment(PaymentSlot),
    Inbound(InboundSlot),
    Funding(FundingSlot),
}

impl OperatorLedger {
    /// Appends a row: numbers it, takes it into the hash of the batch, keeps it for the file, and
    /// applies it.
    pub(super) fn append(&mut self, row: impl Into<OperatorRow>, known: Known) {
        let mut row = row.into();
        row.set_number(self.chain.row + 1);
        debug_assert_eq!(self.check(&row).err(), None, "{row:?}");
        self.changes.appended.count += 1;
        if !self.hasher.is_off() {
            row.hash_into(self.hasher.bytes());
            self.keep(&row);
        }
        self.apply(row, known);
    }

    /// Keeps a row for the file. Of payments and transfers it keeps only the slot of the first;
    /// their rows are made again from the records.
    fn keep(&mut self, row: &OperatorRow) {
        let appended = &mut self.changes.appended;
        if let OperatorRow::Payment(_) = row {
            appended.payments.get_or_insert(self.payments.list().next_slot());
        } else if let OperatorRow::Inbound(_) = row {
            appended.inbound.get_or_insert(self.inbound.list().next_slot());
        } else {
            appended.others.push(row.clone());
        }
    }

    /// Changes all that follows from a row that [`check`](Self::check) has passed. Accounts, link
    /// and messages do not: they are the work of the step that appends it.
    pub(super) fn apply(&mut self, row: OperatorRow, known: Known) {
        self.chain.row = row.number();
        match row {
            OperatorRow::Event(row) => self.apply_event(row),
            OperatorRow::Payment(row) => self.apply_payment(row, known),
            OperatorRow::Inbound(row) => self.apply_inbound(&row),
            OperatorRow::Outcome(row) => self.apply_outcome(&row, known),
            OperatorRow::Bill(row) => {
                self.pass(row.at);
                self.bills.publish(row);
            }
            OperatorRow::CancelledBill(row) => {
                self.pass(row.at);
                self.bills.cancel(row);
            }
            OperatorRow::SubWallet(row) => self.apply_sub_wallet(row),
            OperatorRow::Payee(row) => self.apply_payee(row),
            OperatorRow::Funding(row) => self.apply_funding(&row),
            OperatorRow::FrontEnd(row) => self.apply_front_end(row),
            OperatorRow::PaymentCode(row) => self.apply_payment_code(row),
            OperatorRow::Campaign(row) => {
                self.pass(row.at);
                self.campaigns.create(row);
            }
            OperatorRow::Registration(row) => {
                self.pass(row.at);
                self.campaigns.register(row);
            }
            OperatorRow::Draw(row) => {
                self.pass(row.at);
                self.campaigns.draw(row);
            }
            OperatorRow::Claim(row) => {
                self.pass(row.at);
                self.campaigns.claim(row);
            }
            OperatorRow::GrantSpend(row) => self.grants.spend(row),
            OperatorRow::Voucher(row) => {
                self.pass(row.at);
                self.vouchers.hold(row);
            }
            OperatorRow::Contract(row) => self.apply_contract(row),
            OperatorRow::ContractStep(row) => {
                self.pass(row.at);
                self.contracts.step(row);
            }
            OperatorRow::Release(row) => self.contracts.release(row),
            OperatorRow::Suspension(row) => {
                self.pass(row.at);
                self.contracts.suspend(row);
            }
            OperatorRow::Payroll(row) => self.apply_payroll(row),
            OperatorRow::PayrollLine(row) => self.payrolls.add_line(row),
            OperatorRow::PayrollDecision(row) => self.apply_payroll_decision(row),
            OperatorRow::Card(row) => self.apply_card(row),
            OperatorRow::CardVoucher(row) => self.apply_card_voucher(row),
            OperatorRow::CardChange(row) => self.apply_card_change(row),
            OperatorRow::Unclaimed(row) => self.apply_unclaimed(row),
            OperatorRow::Interest(row) => self.apply_interest(row),
            OperatorRow::Participant(row) => self.apply_participant(row),
            OperatorRow::Loan(row) => self.apply_loan(row),
            OperatorRow::Mandate(row) => self.apply_mandate(row),
            OperatorRow::LoanStep(row) => self.apply_loan_step(row),
            OperatorRow::Product(row) => self.apply_product(row),
            OperatorRow::Redemption(row) => self.apply_redemption(row),
            OperatorRow::CancelledRedemption(row) => self.apply_cancelled_redemption(row),
        }
    }

    fn apply_event(&mut self, row: WalletEventRow) {
        self.pass(row.at);
        let event = self.events.next_slot();
        let wallet = match row.change {
            WalletChange::Opened { class, .. } => {
                self.wallets.open(row.wallet, class, event, row.at.date())
            }
            WalletChange::ExchangedOut { .. }
            | WalletChange::ExchangedBack { .. }
            | WalletChange::Frozen
            | WalletChange::MadeReceiveOnly
            | WalletChange::Unfrozen
            | WalletChange::Upgraded { .. }
            | WalletChange::Closed
            | WalletChange::AliasesGivenUp
            | WalletChange::Loaded { .. }
            | WalletChange::Pooled { .. }
            | WalletChange::PooledAll { .. }
            | WalletChange::BankAccountLinked { .. }
            | WalletChange::BankAccountUnlinked { .. }
            | WalletChange::Swept { .. } => self.wallet_of_row(row.row, row.wallet),
        };
        if let Some(key) = row.request_key() {
            self.requests.insert(&key, RequestRef::Event(event));
        }
        match row.change {
            WalletChange::Opened { .. } => {}
            WalletChange::ExchangedOut { amount, .. } => {
                self.wallets.credit(wallet, amount, EntrySource::Event(event));
            }
            WalletChange::ExchangedBack { amount, .. } | WalletChange::Swept { amount } => {
                self.wallets.debit(wallet, amount, EntrySource::Event(event));
            }
            WalletChange::Frozen => self.wallets.set_status(wallet, WalletStatus::Frozen),
            WalletChange::MadeReceiveOnly => {
                self.wallets.set_status(wallet, WalletStatus::ReceiveOnly);
            }
            WalletChange::Unfrozen => self.wallets.set_status(wallet, WalletStatus::Normal),
            WalletChange::Upgraded { class } => self.wallets.set_class(wallet, class),
            WalletChange::Closed => {
                self.wallets.set_status(wallet, WalletStatus::Closed);
                // Nothing can unbind, unlink or remove it later: a closed wallet takes no orders.
                self.front_ends.forget(wallet);
                self.bank_accounts.forget(wallet);
                self.families.forget_payees(wallet);
            }
            WalletChange::AliasesGivenUp => self.wallets.give_up(wallet),
            WalletChange::BankAccountLinked { account } => self.apply_link(wallet, account),
            WalletChange::BankAccountUnlinked { account } => self.apply_unlink(wallet, account),
            WalletChange::Loaded { amount } => {
                let parent = self.parent_of_row(row.row, wallet);
                self.wallets.debit(parent, amount, EntrySource::EventOfSubWallet(event));
                self.wallets.credit(wallet, amount, EntrySource::Event(event));
                self.campaigns.fund(row.wallet, amount);
            }
            WalletChange::Pooled { amount } | WalletChange::PooledAll { amount } => {
                let parent = self.parent_of_row(row.row, wallet);
                self.wallets.debit(wallet, amount, EntrySource::Event(event));
                self.wallets.credit(parent, amount, EntrySource::EventOfSubWallet(event));
            }
        }
        let WalletEventRow { row, wallet: _, change, request_id, at } = row;
        self.events.push(WalletEvent { row, wallet, change, request_id, at });
    }

    fn apply_payment(&mut self, row: PaymentRow, known: Known) {
        self.pass(row.submitted_at);
        let payer = self.wallet_of_row(row.row, row.payer);
        let key = match known {
            Known::Key(key) => key,
            Known::Nothing | Known::Record(_) => RequestKey::new(row.payer, &row.request_id),
        };
        self.take_loan_part(&row);
        self.take_wealth_part(&row);
        let PaymentRow { row: number, id: payment_id, taken, payee, amount, submitted_at, .. } =
            row;
        let day = submitted_at.date();
        let rest = Details::payers_part(row.details.as_deref(), amount);
        let campaign = self.own_campaign(row.details.as_deref());
        let slot = self.payments.push(Payment::new(row, payer));
        self.requests.insert(&key, RequestRef::Payment(slot));
        if taken != Taken::InTransit {
            self.contracts.payment_ends(payment_id, taken == Taken::Completed);
        }
        if matches!(taken, Taken::Rejected { .. }) {
            return self.cards.come_back(payment_id, submitted_at);
        }
        self.wallets.debit(payer, rest, EntrySource::Sent(slot));
        if self.payments[slot].counts() {
            self.wallets.consume_limits(payer, rest, day);
        }
        if let Some((campaign, discount)) = campaign {
            self.wallets.debit(campaign, discount, EntrySource::Sponsored(slot));
            let redeemed = Redeemed { payee, amount };
            let (campaign, payer) = (self.wallets[campaign].number, self.wallets[payer].number);
            self.campaigns.redeem(campaign, payer, redeemed);
        }
        self.refund_leaves(slot);
        self.move_voucher(slot, VoucherState::InTransit);
        self.count_spent(slot, Counts::More);
        if taken == Taken::InTransit {
            self.wallets.enter_transit(payer, rest);
            if let Some((campaign, discount)) = campaign {
                self.wallets.enter_transit(campaign, discount);
            }
        } else {
            let payee = self.wallet_of_row(number, payee);
            self.wallets.credit(payee, amount, EntrySource::ReceivedOnUs(slot));
            self.count_on_us(slot, payee);
            let payment = &self.payments[slot];
            let details = payment.details();
            let promise =
                details.map(|details| Promise::of(payment.id, payment.payee, amount, details));
            self.credit_arrives(promise, BillState::Paid);
            self.refund_ends(slot, true);
            let (id, details) = (payment_id, self.payments[slot].details().cloned());
            self.earmark(id, self.wallets[payer].number, payee, amount, details);
        }
    }

    fn apply_inbound(&mut self, row: &InboundRow) {
        self.pass(row.decided_at);
        let delivered = row.delivered.as_ref();
        let accepted = delivered.filter(|_| !matches!(row.decided, Decided::Rejected { .. }));
        let wallet = accepted.map(|delivered| self.wallet_of_row(row.row, delivered.payee));
        let slot = self.inbound.push(Inbound::new(row, wallet));
        if accepted.is_some() {
            let paid = row.decided == Decided::Accepted;
            let state = if paid { BillState::Paid } else { BillState::Reserved };
            self.credit_arrives(self.promise_of(slot), state);
        }
        self.take_loan_credit(row);
        self.take_subscription(row);
        if row.decided == Decided::Accepted
            && let Some(wallet) = wallet
        {
            self.credit_inbound(slot, wallet);
        }
    }

    /// The money of a transfer is in its wallet.
    fn credit_inbound(&mut self, slot: InboundSlot, wallet: WalletSlot) {
        let amount = self.inbound[slot].amount();
        self.wallets.credit(wallet, amount, EntrySource::Received(slot));
        let Inbound { id, delivered, .. } = &self.inbound[slot];
        let Some(delivered) = delivered else { return };
        let (id, payer, details) = (*id, delivered.payer, delivered.details.as_deref().cloned());
        self.earmark(id, payer, wallet, amount, details);
    }

    fn apply_funding(&mut self, row: &FundingRow) {
        self.pass(row.decided_at);
        let is_held = row.answered == Answered::Funded;
        let wallet = is_held.then(|| self.wallet_of_row(row.row, row.campaign));
        let slot = self.fundings.push(Funding::new(*row, wallet));
        if let Some(wallet) = wallet {
            self.wallets.debit(wallet, row.discount, EntrySource::Funded(slot));
            self.wallets.enter_transit(wallet, row.discount);
            let redeemed = Redeemed { payee: row.payee, amount: row.amount };
            self.campaigns.redeem(row.campaign, row.payer, redeemed);
        }
    }

    fn apply_outcome(&mut self, row: &OutcomeRow, known: Known) {
        self.pass(row.at);
        let Known::Record(record) = known else {
            panic!("row {} cannot be applied with {known:?}", row.row)
        };
        match record {
            Record::Payment(slot) => self.end_payment(slot, row),
            Record::Inbound(slot) => self.end_inbound(slot, row),
            Record::Funding(slot) => self.end_funded(slot, row),
        }
        self.count_cleared(record, row);
    }

    /// The wallet that a row names. The step that appends the row has found it, and `check` has at
    /// a start: a row that was skipped would leave a ledger that disagrees with its own rows.
    pub(super) fn wallet_of_row(&self, row: u64, wallet: WalletNumber) -> WalletSlot {
        let slot = self.wallets.slot_of(wallet);
        slot.unwrap_or_else(|| panic!("row {row} names wallet {wallet}, which was never opened"))
    }

    fn apply_contract(&mut self, row: ContractRow) {
        self.pass(row.at);
        let payer = self.wallet_of_row(row.row, row.terms.payer);
        self.contracts.create(row, payer);
    }

    fn apply_sub_wallet(&mut self, row: SubWalletRow) {
        let wallet = self.wallet_of_row(row.row, row.wallet);
        let parent = self.wallet_of_row(row.row, row.parent);
        match row.used_for {
            SubWalletUse::Ordinary => {}
            SubWalletUse::Campaign | SubWalletUse::Card => self.wallets.earns_nothing(wallet),
        }
        self.families.open(wallet, parent, row);
    }

    fn apply_payee(&mut self, row: PayeeRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.wallet);
        self.families.set_payee(wallet, row);
    }

    fn apply_front_end(&mut self, row: FrontEndRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.wallet);
        self.front_ends.record(wallet, row);
    }

    fn apply_payment_code(&mut self, row: PaymentCodeRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.wallet);
        self.payment_codes.record(wallet, row);
    }

    /// The parent of a wallet that moves money within its family, as `check` has found it.
    fn parent_of_row(&self, row: u64, wallet: WalletSlot) -> WalletSlot {
        let parent = self.parent_of(wallet);
        parent.unwrap_or_else(|| panic!("row {row} moves money of a wallet without a parent"))
    }

    fn end_payment(&mut self, slot: PaymentSlot, row: &OutcomeRow) {
        self.payments.end(slot, row);
        let payment = &self.payments[slot];
        let (payer, rest, day) =
            (payment.payer, payment.payers_part(), payment.submitted_at.date());
        let (campaign, counts) = (self.own_campaign(payment.details()), payment.counts());
        self.wallets.leave_transit(payer, rest);
        self.refund_ends(slot, matches!(row.end, End::Cleared { .. }));
        if let Some((campaign, discount)) = campaign {
            self.wallets.leave_transit(campaign, discount);
        }
        let refused = row.end.refusal();
        let is_back = refused.is_some();
        self.move_voucher(slot, if is_back { VoucherState::Open } else { VoucherState::Used });
        if let Some(reason) = refused {
            if counts {
                self.wallets.restore_limits(payer, rest, day);
            }
            self.wallets.credit(payer, rest, EntrySource::Returned(slot));
            if let Some((campaign, discount)) = campaign {
                self.wallets.credit(campaign, discount, EntrySource::SponsorshipReturned(slot));
                let payer = self.wallets[payer].number;
                self.campaigns.give_back(self.wallets[campaign].number, payer);
            }
            let payment = &self.payments[slot];
            let (id, reclaims) = (payment.id, payment.refund_of().is_some());
            self.grants.undo(id, reclaims.then_some(reason), row.at);
            self.count_spent(slot, Counts::Less);
            self.cards.come_back(id, row.at);
        }
        let id = self.payments[slot].id;
        self.contracts.payment_ends(id, !is_back);
        self.end_loan_part(id, !is_back, row.at);
        self.end_wealth_part(id, !is_back, row.at);
    }

    fn end_funded(&mut self, slot: FundingSlot, row: &OutcomeRow) {
        self.fundings.end(slot, row);
        let funding = &self.fundings[slot];
        let Some(wallet) = funding.wallet else { return };
        let discount = funding.discount();
        self.wallets.leave_transit(wallet, discount);
        if let End::Refused { .. } = row.end {
            self.wallets.credit(wallet, discount, EntrySource::FundingReturned(slot));
            let asked = self.fundings[slot].as_row();
            self.campaigns.give_back(asked.campaign, asked.payer);
        }
    }

    fn end_inbound(&mut self, slot: InboundSlot, row: &OutcomeRow) {
        self.inbound.end(slot, row);
        if self.inbound[slot].held {
            self.end_loan_credit(slot, row.end);
            self.end_subscription(slot, row.end, row.at);
            match row.end {
                End::Cleared { .. } => self.bill_is_paid(slot),
                End::Refused { .. } => self.credit_given_up(slot),
            }
        }
        let inbound = &self.inbound[slot];
        // What was accepted outright is credited since.
        if let End::Cleared { .. } = row.end
            && let Some(wallet) = inbound.wallet.filter(|_| inbound.held)
        {
            self.credit_inbound(slot, wallet);
        }
    }
}
