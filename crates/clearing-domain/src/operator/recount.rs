//! The wallets counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, HashMap};

use crate::Details;
use crate::details::Voucher;
use crate::money::{Amount, BusinessDate, Total, WalletNumber};
use crate::seal::Invariant;

use super::OperatorLedger;
use super::facts::{Answered, Decided, End, Taken, WalletChange};
use super::funding::Funding;
use super::inbound::Inbound;
use super::limits::WalletClass;
use super::payment::Payment;
use super::rows::{
    FundingRow, InboundRow, OperatorRow, OperatorRows, OutcomeRow, PaymentRow, WalletEventRow,
};
use super::wallet::{Wallet, WalletStatus};

/// How many wallets that differ are named.
pub(super) const NAMED_MAX: usize = 5;

/// What the rows say of one wallet. They may be forged, so that sums of any size come up.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    class: WalletClass,
    status: WalletStatus,
    balance: Total,
    in_transit: Total,
    /// The last day on which it paid, and what counts on that day and in its year. Days never come
    /// again, so that what was paid before limits nothing any more.
    day: BusinessDate,
    daily_used: Total,
    annual_used: Total,
}

impl Counted {
    fn opened(class: WalletClass, day: BusinessDate) -> Self {
        Self {
            class,
            status: WalletStatus::Normal,
            balance: Total::ZERO,
            in_transit: Total::ZERO,
            day,
            daily_used: Total::ZERO,
            annual_used: Total::ZERO,
        }
    }

    fn of(wallet: &Wallet) -> Self {
        Self {
            class: wallet.class,
            status: wallet.status,
            balance: wallet.balance.into(),
            in_transit: wallet.in_transit.into(),
            day: wallet.day,
            daily_used: wallet.daily_used.into(),
            annual_used: wallet.annual_used.into(),
        }
    }

    fn pay(&mut self, amount: Amount, day: BusinessDate, counts: bool) {
        self.balance -= amount;
        if !counts {
            return;
        }
        if day > self.day {
            self.daily_used = Total::ZERO;
            if day.year() > self.day.year() {
                self.annual_used = Total::ZERO;
            }
            self.day = day;
        }
        // A payment of an earlier day, as ticks may bring one, counts on the last day.
        self.daily_used += amount;
        self.annual_used += amount;
    }

    /// A payment comes back: it no longer counts on the day, or in the year, that it counted in.
    fn come_back(&mut self, amount: Amount, day: BusinessDate, counts: bool) {
        self.balance += amount;
        if !counts {
            return;
        }
        if day == self.day {
            self.daily_used -= amount;
        }
        if day.year() == self.day.year() {
            self.annual_used -= amount;
        }
    }
}

/// What the rows say of all wallets.
#[derive(Default)]
struct Recount {
    wallets: BTreeMap<WalletNumber, Counted>,
    /// Payments in transit by their rows: who pays how much, on which day, and whether it counts
    /// against limits.
    in_transit: HashMap<u64, (WalletNumber, Amount, BusinessDate, bool)>,
    /// Parts in transit that campaigns pay, by the rows of payments and discounts: which campaign,
    /// and how much.
    sponsored: HashMap<u64, (WalletNumber, Amount)>,
    /// Transfers that hold room, by their rows: for whom, and how much.
    held: HashMap<u64, (WalletNumber, Amount)>,
    /// Sub-wallets with their parents.
    parents: HashMap<WalletNumber, WalletNumber>,
}

impl OperatorLedger {
    /// Every row in order, one at a time.
    pub(super) fn rows(&self) -> impl Iterator<Item = OperatorRow> + '_ {
        let events = self.events.iter();
        let (payments, inbound) = (self.payments.list().iter(), self.inbound.list().iter());
        let of_payments = payments.clone().filter_map(Payment::outcome);
        let of_inbound = inbound.clone().filter_map(Inbound::outcome);
        let fundings = self.fundings.list().iter();
        let of_fundings = fundings.clone().filter_map(Funding::outcome);
        let mut outcomes: Vec<_> = of_payments.chain(of_inbound).chain(of_fundings).collect();
        outcomes.sort_unstable_by_key(|outcome| outcome.row);
        OperatorRows::merge(
            events.map(|event| event.as_row(self.wallets[event.wallet].number)),
            payments.map(|payment| payment.as_row(self.payer_of(payment))),
            inbound.map(Inbound::as_row),
            outcomes.into_iter(),
            self.families.opened().iter().cloned(),
            self.families.payees().iter().copied(),
            fundings.map(Funding::as_row).copied(),
            self.bills.list().iter().map(|bill| bill.row.clone()),
            self.bills.cancellations().iter().cloned(),
            self.front_ends.rows().iter().cloned(),
            self.payment_codes.rows().cloned(),
            self.campaigns.list().iter().map(|campaign| campaign.row.clone()),
            self.campaigns.registrations().iter().copied(),
            self.campaigns.draws().iter().copied(),
            self.campaigns.claims().iter().copied(),
            self.grants.rows().iter().copied(),
            self.vouchers.list().iter().map(|held| held.row),
            self.contracts.list().iter().map(|contract| contract.row.clone()),
            self.contracts.steps().iter().copied(),
            self.contracts.releases().iter().copied(),
            self.contracts.suspensions().iter().copied(),
            self.payrolls.list().iter().map(|payroll| payroll.row.clone()),
            self.payrolls.line_rows(),
            self.payrolls.decisions().iter().copied(),
            self.cards.iter().map(|card| card.row.clone()),
            self.cards.voucher_rows().iter().copied(),
            self.cards.change_rows().iter().copied(),
            self.cards.unclaimed_rows().iter().copied(),
            self.interest.list().iter().copied(),
            self.participants.rows().iter().copied(),
            self.loans.list().iter().map(|loan| loan.row.clone()),
            self.mandates.list().iter().map(|mandate| mandate.row),
            self.loans.steps().iter().copied(),
            self.wealth.products().iter().map(|product| product.row.clone()),
            self.wealth.redemptions().list().iter().map(|redemption| redemption.row.clone()),
            self.wealth.redemptions().cancellations().iter().copied(),
        )
    }

    /// Every wallet is what its rows say.
    pub(super) fn check_wallets(&self) -> Invariant {
        let mut count = Recount::default();
        self.rows().for_each(|row| count.take(&row));
        let kept = self.wallets.list().iter();
        let wrong: Vec<_> = kept
            .filter(|wallet| count.wallets.get(&wallet.number) != Some(&Counted::of(wallet)))
            .map(|wallet| wallet.number)
            .collect();
        let (wallets, rows) = (self.wallets.list().len(), self.chain.row);
        let mut detail = format!("{wallets} wallets counted from {rows} rows");
        if !wrong.is_empty() {
            let named: Vec<_> = wrong.iter().take(NAMED_MAX).map(ToString::to_string).collect();
            detail = format!("{detail}; {} differ: {}", wrong.len(), named.join(", "));
        }
        let ok = wrong.is_empty() && count.wallets.len() == wallets;
        Invariant::new("every wallet is what its rows say", ok, detail)
    }
}

impl Recount {
    fn take(&mut self, row: &OperatorRow) {
        match row {
            OperatorRow::Event(row) => self.take_event(row),
            OperatorRow::Payment(row) => self.take_payment(row),
            OperatorRow::Inbound(row) => self.take_inbound(row),
            OperatorRow::Outcome(row) => self.take_outcome(row),
            OperatorRow::SubWallet(row) => {
                self.parents.insert(row.wallet, row.parent);
            }
            OperatorRow::Payee(_) | OperatorRow::FrontEnd(_) => {}
            OperatorRow::Interest(row) => {
                self.change(row.wallet, |wallet| wallet.balance += row.amount)
            }
            OperatorRow::Funding(row) => self.take_funding(row),
            // No money moves; what is earmarked is counted apart.
            OperatorRow::Bill(_)
            | OperatorRow::CancelledBill(_)
            | OperatorRow::PaymentCode(_)
            | OperatorRow::Campaign(_)
            | OperatorRow::Registration(_)
            | OperatorRow::Draw(_)
            | OperatorRow::Claim(_)
            | OperatorRow::GrantSpend(_)
            | OperatorRow::Voucher(_)
            | OperatorRow::Contract(_)
            | OperatorRow::ContractStep(_)
            | OperatorRow::Release(_)
            | OperatorRow::Suspension(_)
            | OperatorRow::Payroll(_)
            | OperatorRow::PayrollLine(_)
            | OperatorRow::PayrollDecision(_)
            | OperatorRow::Card(_)
            | OperatorRow::CardVoucher(_)
            | OperatorRow::CardChange(_)
            | OperatorRow::Unclaimed(_)
            | OperatorRow::Participant(_)
            | OperatorRow::Loan(_)
            | OperatorRow::Mandate(_)
            | OperatorRow::LoanStep(_)
            | OperatorRow::Product(_)
            | OperatorRow::Redemption(_)
            | OperatorRow::CancelledRedemption(_) => {}
        }
    }

    /// Changes a wallet; one that was never opened is missing in the comparison.
    fn change(&mut self, wallet: WalletNumber, change: impl FnOnce(&mut Counted)) {
        if let Some(counted) = self.wallets.get_mut(&wallet) {
            change(counted);
        }
    }

    fn take_event(&mut self, row: &WalletEventRow) {
        if let WalletChange::Opened { class, .. } = row.change {
            self.wallets.insert(row.wallet, Counted::opened(class, row.at.date()));
            return;
        }
        if row.change.is_within_family()
            && let Some(parent) = self.parents.get(&row.wallet).copied()
        {
            self.change(parent, |wallet| wallet.balance -= row.change.moves());
        }
        self.change(row.wallet, |wallet| match row.change {
            WalletChange::Opened { .. }
            | WalletChange::AliasesGivenUp
            | WalletChange::BankAccountLinked { .. }
            | WalletChange::BankAccountUnlinked { .. } => {}
            WalletChange::ExchangedOut { .. }
            | WalletChange::ExchangedBack { .. }
            | WalletChange::Swept { .. }
            | WalletChange::Loaded { .. }
            | WalletChange::Pooled { .. }
            | WalletChange::PooledAll { .. } => wallet.balance += row.change.moves(),
            WalletChange::Frozen => wallet.status = WalletStatus::Frozen,
            WalletChange::MadeReceiveOnly => wallet.status = WalletStatus::ReceiveOnly,
            WalletChange::Unfrozen => wallet.status = WalletStatus::Normal,
            WalletChange::Upgraded { class } => wallet.class = class,
            WalletChange::Closed => wallet.status = WalletStatus::Closed,
        });
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let PaymentRow { payer, payee, amount, .. } = *row;
        let day = row.submitted_at.date();
        let rest = Details::payers_part(row.details.as_deref(), amount);
        let voucher = row.details.as_ref().and_then(|details| details.voucher);
        let campaign = voucher.filter(|voucher| voucher.campaign.prefix() == payer.prefix());
        let counts = row.details.as_deref().is_none_or(Details::counts);
        match row.taken {
            Taken::Rejected { .. } => {}
            Taken::InTransit => {
                self.change(payer, |wallet| {
                    wallet.pay(rest, day, counts);
                    wallet.in_transit += rest;
                });
                self.in_transit.insert(row.row, (payer, rest, day, counts));
                if let Some(Voucher { campaign, discount }) = campaign {
                    self.sponsor(row.row, campaign, discount);
                }
            }
            Taken::Completed => {
                self.change(payer, |wallet| wallet.pay(rest, day, counts));
                if let Some(Voucher { campaign, discount }) = campaign {
                    self.change(campaign, |wallet| wallet.balance -= discount);
                }
                self.change(payee, |wallet| wallet.balance += amount);
            }
        }
    }

    /// A campaign is debited for a part that is in transit.
    fn sponsor(&mut self, row: u64, campaign: WalletNumber, discount: Amount) {
        self.change(campaign, |wallet| {
            wallet.balance -= discount;
            wallet.in_transit += discount;
        });
        self.sponsored.insert(row, (campaign, discount));
    }

    fn take_funding(&mut self, row: &FundingRow) {
        if row.answered == Answered::Funded {
            self.sponsor(row.row, row.campaign, row.discount);
        }
    }

    fn take_inbound(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => {
                self.change(delivered.payee, |wallet| wallet.balance += delivered.amount);
            }
            Decided::Held => {
                self.held.insert(row.row, (delivered.payee, delivered.amount));
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        if let Some((payer, amount, day, counts)) = self.in_transit.remove(&row.of) {
            self.change(payer, |wallet| {
                wallet.in_transit -= amount;
                if let End::Refused { .. } = row.end {
                    wallet.come_back(amount, day, counts);
                }
            });
        }
        if let Some((campaign, discount)) = self.sponsored.remove(&row.of) {
            self.change(campaign, |wallet| {
                wallet.in_transit -= discount;
                if let End::Refused { .. } = row.end {
                    wallet.balance += discount;
                }
            });
        }
        if let Some((payee, amount)) = self.held.remove(&row.of)
            && let End::Cleared { .. } = row.end
        {
            self.change(payee, |wallet| wallet.balance += amount);
        }
    }
}
