//! The records of the operator's ledger as messages for clients: payments, wallets and entries.

use std::collections::BTreeSet;

use clearing_api::enums::WireEnum;
use clearing_api::shown::reason;
use clearing_api::text::timestamp;
use clearing_api::v1;
use clearing_domain::details::{Purpose, Voucher, WealthPart};
use clearing_domain::money::{Amount, CycleId, PaymentId, RequestId, Timestamp, WalletNumber};
use clearing_domain::operator::{
    Bill, BillRow, BillState, Entry, EntryKind, Funding, FundingState, Inbound, InboundState,
    Limits, OperatorLedger, Payment, PaymentState, PaymentUpdate, SubWallet, Sweep, Wallet,
    WalletStatus,
};
use clearing_domain::{Details, Reason};

/// The data of a payment for clients, before its conversion to a message: the ledger's thread
/// copies the data, and other threads format it.
#[derive(Clone, Debug)]
pub(crate) struct PaymentView {
    /// The id.
    pub(crate) id: PaymentId,
    /// The payer's name for the request; `None` at the payee's operator.
    pub(crate) request_id: Option<RequestId>,
    /// The wallet debited.
    pub(crate) payer: Option<WalletNumber>,
    /// The wallet credited.
    pub(crate) payee: Option<WalletNumber>,
    /// The amount.
    pub(crate) amount: Amount,
    /// The state.
    pub(crate) state: PaymentState,
    /// Whether it waits for cover at the central bank.
    pub(crate) queued: bool,
    /// Why it was refused.
    pub(crate) reason: Option<Reason>,
    /// The cycle it was cleared in.
    pub(crate) cycle: Option<CycleId>,
    /// When it was submitted.
    pub(crate) submitted_at: Option<Timestamp>,
    /// When it may no longer be accepted; `None` at the payee's operator.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it became final.
    pub(crate) finished_at: Option<Timestamp>,
    /// The payer's text.
    pub(crate) remark: Option<Box<str>>,
    /// What it is for.
    pub(crate) details: Option<Box<Details>>,
    /// What was given back of it.
    pub(crate) refunded: Amount,
}

impl PaymentView {
    /// A payment at the payer's operator.
    pub(crate) fn outgoing(payment: &Payment, payer: WalletNumber) -> Self {
        Self {
            id: payment.id,
            request_id: Some(payment.request_id.clone()),
            payer: Some(payer),
            payee: Some(payment.payee),
            amount: payment.amount,
            state: payment.state,
            queued: payment.queued,
            reason: payment.reason,
            cycle: payment.cycle,
            submitted_at: Some(payment.submitted_at),
            expires_at: Some(payment.expires_at),
            finished_at: payment.finished_at(),
            remark: payment.remark().map(Into::into),
            details: payment.details().cloned().map(Box::new),
            refunded: Amount::ZERO,
        }
    }

    /// A payment at the payee's operator.
    pub(crate) fn incoming(inbound: &Inbound) -> Self {
        let delivered = inbound.delivered.as_ref();
        Self {
            id: inbound.id,
            request_id: None,
            payer: delivered.map(|delivered| delivered.payer),
            payee: delivered.map(|delivered| delivered.payee),
            amount: inbound.amount(),
            // Accepted is not final: the payee's operator knows the outcome only from the notice.
            state: match inbound.state {
                InboundState::Accepted | InboundState::Held => PaymentState::InTransit,
                InboundState::Rejected => PaymentState::Rejected,
                InboundState::Final => PaymentState::Completed,
            },
            queued: false,
            reason: inbound.reason,
            cycle: inbound.cycle,
            submitted_at: delivered.map(|delivered| delivered.submitted_at),
            expires_at: None,
            finished_at: inbound.finished_at(),
            remark: None,
            details: delivered.and_then(|delivered| delivered.details.clone()),
            refunded: Amount::ZERO,
        }
    }

    /// The payment of an id, as payer's or payee's operator.
    pub(crate) fn find(ledger: &OperatorLedger, id: PaymentId) -> Option<Self> {
        let outgoing =
            ledger.payment(id).map(|payment| Self::outgoing(payment, ledger.payer_of(payment)));
        let found = outgoing.or_else(|| ledger.transfer(id).map(Self::incoming))?;
        let refunded = found.payer.map(|payer| ledger.refunded_to(id, payer)).unwrap_or_default();
        Some(Self { refunded, ..found })
    }

    /// Sets the state of a change.
    pub(crate) fn update(&mut self, update: &PaymentUpdate) {
        self.state = update.state;
        self.reason = update.reason;
        self.cycle = update.cycle;
        self.queued = update.queued;
        self.finished_at = update.finished_at;
    }

    /// Whether a caller receives its answer now: the payment is final, or it waits for cover.
    pub(crate) fn is_answer(&self) -> bool {
        self.state.is_final() || self.queued
    }
}

impl From<PaymentView> for v1::Payment {
    fn from(view: PaymentView) -> Self {
        let number = |number: Option<WalletNumber>| {
            number.map(|number| number.to_string()).unwrap_or_default()
        };
        let details = view.details.map(|details| *details).unwrap_or_default();
        Self {
            payment_id: view.id.to_string(),
            request_id: view
                .request_id
                .map(|request_id| request_id.to_string())
                .unwrap_or_default(),
            payer_wallet: number(view.payer),
            payee_wallet: number(view.payee),
            amount: view.amount.to_string(),
            state: state(view.state, view.queued).into(),
            reason: reason(view.reason).into(),
            cycle: view.cycle.map(CycleId::number),
            create_time: view.submitted_at.map(timestamp),
            expire_time: view.expires_at.map(timestamp),
            finish_time: view.finished_at.map(timestamp),
            remark: view.remark.map(String::from).unwrap_or_default(),
            purpose: purpose(details.purpose).into(),
            bill_reference: details.bill.map(|bill| bill.to_string()).unwrap_or_default(),
            refund_of: details.refund_of.map(|id| id.to_string()).unwrap_or_default(),
            loan_id: details.loan.map(|part| part.loan.to_string()).unwrap_or_default(),
            product_code: match details.wealth {
                Some(WealthPart::Subscription { product, .. }) => product.to_string(),
                Some(WealthPart::Redemption(_)) | None => String::new(),
            },
            redemption_id: match details.wealth {
                Some(WealthPart::Redemption(redemption)) => redemption.to_string(),
                Some(WealthPart::Subscription { .. }) | None => String::new(),
            },
            refunded_amount: if view.refunded > Amount::ZERO {
                view.refunded.to_string()
            } else {
                String::new()
            },
            voucher: details.voucher.map(voucher),
            earliest_time: details.times.earliest.map(timestamp),
            latest_time: details.times.latest.map(timestamp),
        }
    }
}

fn voucher(voucher: Voucher) -> v1::Voucher {
    v1::Voucher {
        campaign_wallet: voucher.campaign.to_string(),
        discount: voucher.discount.to_string(),
    }
}

/// What a campaign was asked to pay of a payment.
pub(crate) fn campaign_part(funding: &Funding) -> v1::CampaignPart {
    use v1::campaign_part::State;
    let state = match funding.state {
        FundingState::Funded => State::Funded,
        FundingState::Declined => State::Declined,
        FundingState::Redeemed => State::Redeemed,
        FundingState::Returned => State::Returned,
    };
    v1::CampaignPart {
        campaign_wallet: funding.as_row().campaign.to_string(),
        discount: funding.discount().to_string(),
        state: state.into(),
        reason: reason(funding.reason).into(),
    }
}

/// What a payment is for; unspecified when it does not say.
fn purpose(purpose: Option<Purpose>) -> v1::Purpose {
    purpose.map_or(v1::Purpose::Unspecified, v1::Purpose::of)
}

/// A bill as it stands. What the payer gets is shown once the payment is final, and as long as not
/// all of it was given back.
pub(crate) fn bill(ledger: &OperatorLedger, bill: &Bill) -> v1::Bill {
    use v1::bill::State;
    let (state, payment) = match bill.state {
        BillState::Open => (State::Open, None),
        BillState::Reserved(_) => (State::Reserved, None),
        BillState::Paid(id) => (State::Paid, PaymentView::find(ledger, id)),
        BillState::Refunded(id) => (State::Refunded, PaymentView::find(ledger, id)),
        BillState::Cancelled => (State::Cancelled, None),
    };
    let payment = payment.filter(|payment| payment.state == PaymentState::Completed);
    let released = payment.is_some() && state == State::Paid;
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    let row = &bill.row;
    v1::Bill {
        biller_wallet: row.biller.to_string(),
        reference: row.reference.to_string(),
        amount: row.amount.to_string(),
        due_time: Some(timestamp(row.due_at)),
        purpose: purpose(row.purpose).into(),
        subject: text(&row.subject),
        state: state.into(),
        create_time: Some(timestamp(row.at)),
        released: if released { text(&row.release) } else { String::new() },
        receipt: payment.map(|payment| receipt(row, &payment)),
    }
}

/// What proves the payment of a bill. The bill says what it was for where the payment does not.
fn receipt(bill: &BillRow, payment: &PaymentView) -> v1::Receipt {
    let of_payment = payment.details.as_ref().and_then(|details| details.purpose);
    let paid_for = of_payment.or(bill.purpose);
    v1::Receipt {
        payment_id: payment.id.to_string(),
        payer_wallet: payment.payer.map(|payer| payer.to_string()).unwrap_or_default(),
        biller_wallet: bill.biller.to_string(),
        bill_reference: bill.reference.to_string(),
        amount: payment.amount.to_string(),
        purpose: purpose(paid_for).into(),
        purpose_code: paid_for.and_then(Purpose::iso_code).unwrap_or_default().to_owned(),
        pay_time: payment.finished_at.map(timestamp),
        refunded_amount: payment.refunded.to_string(),
    }
}

fn state(state: PaymentState, queued: bool) -> v1::payment::State {
    match state {
        PaymentState::InTransit if queued => v1::payment::State::Queued,
        PaymentState::InTransit => v1::payment::State::InTransit,
        PaymentState::Completed => v1::payment::State::Completed,
        PaymentState::Rejected => v1::payment::State::Rejected,
        PaymentState::Returned => v1::payment::State::Returned,
    }
}

/// A wallet with the used part of its limits on the day of `now`.
pub(crate) fn wallet(ledger: &OperatorLedger, wallet: &Wallet, now: Timestamp) -> v1::Wallet {
    let (daily, annual) = wallet.used(now.date());
    v1::Wallet {
        wallet_number: wallet.number.to_string(),
        kind: i32::from(wallet.kind().digit()),
        wallet_class: wallet.class.get().into(),
        status: status(wallet.status).into(),
        balance: wallet.balance.to_string(),
        in_transit: wallet.in_transit.to_string(),
        limits: Some(limits(&ledger.limits_of(wallet))),
        daily_used: daily.to_string(),
        annual_used: annual.to_string(),
        create_time: Some(timestamp(ledger.opened_at(wallet))),
        parent_wallet: ledger
            .sub_wallet(wallet)
            .map(|found| ledger.wallets()[found.parent].number.to_string())
            .unwrap_or_default(),
        granted: ledger.granted(wallet).to_string(),
        locked: ledger.locked(wallet.number).to_string(),
        participant: ledger
            .participant_of(wallet.number)
            .map_or_else(String::new, |participant| participant.to_string()),
        accrued_interest: ledger
            .accrued_interest(wallet.number, now)
            .map_or_else(String::new, |interest| interest.to_string()),
    }
}

/// A sub-wallet with what its parent allows it.
pub(crate) fn sub_wallet(
    ledger: &OperatorLedger,
    wallet: &Wallet,
    found: &SubWallet,
    now: Timestamp,
) -> v1::SubWallet {
    let listed = found.payees.as_ref().map_or(0, BTreeSet::len);
    v1::SubWallet {
        wallet: Some(self::wallet(ledger, wallet, now)),
        r#use: v1::sub_wallet::Use::of(found.used_for).into(),
        single_cap: found.single.map(|cap| cap.to_string()),
        daily_cap: found.daily.map(|cap| cap.to_string()),
        restricted: found.payees.is_some(),
        allowed_payees: u32::try_from(listed).unwrap_or(u32::MAX),
        platform: found.platform.as_deref().unwrap_or_default().to_owned(),
    }
}

fn status(status: WalletStatus) -> v1::wallet::Status {
    match status {
        WalletStatus::Normal => v1::wallet::Status::Normal,
        WalletStatus::ReceiveOnly => v1::wallet::Status::ReceiveOnly,
        WalletStatus::Frozen => v1::wallet::Status::Frozen,
        WalletStatus::Closed => v1::wallet::Status::Closed,
    }
}

fn limits(limits: &Limits) -> v1::WalletLimits {
    let text = |limit: Option<Amount>| limit.map(|limit| limit.to_string());
    v1::WalletLimits {
        balance: text(limits.balance),
        single: text(limits.single),
        daily: text(limits.daily),
        annual: text(limits.annual),
    }
}

/// A sweep to the treasury.
pub(crate) fn sweep(sweep: Sweep) -> v1::Sweep {
    use v1::sweep::State;
    v1::Sweep {
        wallet_number: sweep.wallet.to_string(),
        amount: sweep.amount.to_string(),
        state: if sweep.is_remitted { State::Remitted } else { State::Waiting }.into(),
        operation_id: sweep.operation.to_string(),
        create_time: Some(timestamp(sweep.at)),
    }
}

/// An entry of a wallet's statement.
pub(crate) fn entry(entry: &Entry) -> v1::Entry {
    use v1::entry::Kind;
    let kind = match entry.kind {
        EntryKind::PaymentSent => Kind::PaymentSent,
        EntryKind::PaymentReceivedOnUs | EntryKind::PaymentReceived => Kind::PaymentReceived,
        EntryKind::PaymentReturned => Kind::PaymentReturned,
        EntryKind::ExchangedOut => Kind::ExchangedOut,
        EntryKind::ExchangedBack => Kind::ExchangedBack,
        EntryKind::MovedIn => Kind::MovedIn,
        EntryKind::MovedOut => Kind::MovedOut,
        EntryKind::VoucherPaid => Kind::VoucherPaid,
        EntryKind::VoucherReturned => Kind::VoucherReturned,
        EntryKind::Swept => Kind::Swept,
        EntryKind::InterestCredited => Kind::InterestCredited,
    };
    v1::Entry {
        kind: kind.into(),
        change: entry.change.to_string(),
        balance_after: entry.balance_after.to_string(),
        create_time: Some(timestamp(entry.at)),
        payment_id: entry.payment.map(|id| id.to_string()).unwrap_or_default(),
        counterparty_wallet: entry
            .counterparty
            .map(|number| number.to_string())
            .unwrap_or_default(),
        bank_account_digits: entry
            .bank_account
            .map(|digits| digits.to_string())
            .unwrap_or_default(),
    }
}
