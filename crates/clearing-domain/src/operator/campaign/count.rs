//! Campaigns counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::details::{Details, Voucher};
use crate::money::{Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{Answered, End, Taken};
use super::super::rows::{OperatorRow, PaymentRow};
use super::super::state::PaymentState;
use super::draw::ticket;
use super::rows::{CampaignKind, CampaignRow, ClaimRow, DrawRow};
use super::vouchers::VoucherState;

/// How many faults are named.
const NAMED_MAX: usize = 5;

/// What the rows say of one campaign.
struct Counted {
    row: CampaignRow,
    registered: Vec<WalletNumber>,
    won: BTreeSet<WalletNumber>,
    claimed: BTreeSet<WalletNumber>,
    redeemed: BTreeSet<WalletNumber>,
}

#[derive(Default)]
struct Count {
    campaigns: BTreeMap<WalletNumber, Counted>,
    /// Vouchers that are held for payments, by the rows of these.
    held: BTreeMap<u64, (WalletNumber, WalletNumber)>,
    /// The vouchers of campaigns elsewhere, by campaign and wallet, and where they stand.
    vouchers: BTreeMap<(WalletNumber, WalletNumber), VoucherState>,
    faults: Vec<String>,
}

impl OperatorLedger {
    /// No campaign hands out more than it may, to others than its winners, or twice.
    pub(in super::super) fn check_campaigns(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        for counted in count.campaigns.values() {
            let faults = self.compare_campaign(counted);
            count.faults.extend(faults);
        }
        count.faults.extend(self.compare_vouchers(&count.vouchers));
        let claims: usize = count.campaigns.values().map(|found| found.claimed.len()).sum();
        let mut detail = format!("{} campaigns, {claims} claims", count.campaigns.len());
        let faults = &count.faults;
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("campaigns pay winners once", faults.is_empty(), detail)
    }

    fn compare_campaign(&self, counted: &Counted) -> Vec<String> {
        let mut faults = Vec::new();
        let campaign = counted.row.campaign;
        let Some(kept) = self.campaigns.find(campaign) else {
            return vec![format!("campaign {campaign} is missing")];
        };
        let by_rows = (counted.registered.len(), counted.claimed.len(), counted.redeemed.len());
        let found = (kept.registered(), kept.claimed(), kept.redeemed());
        if by_rows != found {
            faults.push(format!("campaign {campaign} counts {found:?}, by the rows {by_rows:?}"));
        }
        let most = usize::try_from(counted.row.winners).unwrap_or(usize::MAX);
        if counted.won.len().max(counted.claimed.len()) > most {
            faults.push(format!("campaign {campaign} has more than {most} winners"));
        }
        // Only what is there can be promised: closing leaves no less in the pool.
        let open = counted.claimed.difference(&counted.redeemed);
        let promised = match counted.row.kind {
            CampaignKind::Voucher if self.time <= counted.row.valid_until => {
                Total::times(counted.row.face, open.count())
            }
            CampaignKind::Voucher | CampaignKind::RedPacket => Total::ZERO,
        };
        let pool = self.pool_of(campaign);
        if promised > Total::from(pool) {
            faults.push(format!("campaign {campaign} owes {promised} yuan and has {pool}"));
        }
        faults.extend(self.compare_packets(counted));
        faults
    }

    /// Every voucher of a campaign elsewhere stands where its payments do, and none paid that was
    /// not claimed.
    fn compare_vouchers(
        &self,
        counted: &BTreeMap<(WalletNumber, WalletNumber), VoucherState>,
    ) -> Vec<String> {
        let kept = self.vouchers.list().iter();
        let kept: BTreeMap<_, _> =
            kept.map(|held| ((held.row.campaign, held.row.wallet), held.state)).collect();
        let differs = counted.iter().filter(|(of, state)| kept.get(of) != Some(state));
        let mut faults: Vec<_> = differs
            .map(|((campaign, wallet), state)| {
                format!("the voucher of wallet {wallet} from {campaign} is {state:?} by the rows")
            })
            .collect();
        if kept.len() != counted.len() {
            faults.push(format!("{} vouchers are held, {} by the rows", kept.len(), counted.len()));
        }
        if self.settings.any_pool {
            return faults;
        }
        for payment in self.payments.list().iter() {
            let voucher = payment.details().and_then(|details| details.voucher);
            let Some(Voucher { campaign, .. }) = voucher else { continue };
            let wallet = self.payer_of(payment);
            let is_rejected = payment.state == PaymentState::Rejected;
            if !is_rejected
                && !self.is_on_us(campaign)
                && !counted.contains_key(&(campaign, wallet))
            {
                faults.push(format!("wallet {wallet} pays with no voucher of {campaign}"));
            }
        }
        faults
    }

    /// Every claim of a red packet was paid, once at a time.
    fn compare_packets(&self, counted: &Counted) -> Vec<String> {
        let Counted { row, .. } = counted;
        let mut paid: BTreeMap<WalletNumber, usize> = BTreeMap::new();
        for payment in self.payments.list().iter() {
            let lives = matches!(payment.state, PaymentState::InTransit | PaymentState::Completed);
            let is_packet = payment.details().is_some_and(|details| details.grant.is_some());
            if lives && is_packet && self.payer_of(payment) == row.campaign {
                let fits = payment.amount == row.face && counted.claimed.contains(&payment.payee);
                // A packet of another sum, or to no claimant, counts as one too many.
                *paid.entry(payment.payee).or_default() += if fits { 1 } else { 2 };
            }
        }
        let wrong = paid.into_iter().filter(|(_, times)| *times != 1);
        wrong
            .map(|(wallet, _)| format!("campaign {} paid wallet {wallet} wrongly", row.campaign))
            .collect()
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        match row {
            OperatorRow::Campaign(row) => {
                let counted = Counted {
                    row: row.clone(),
                    registered: Vec::new(),
                    won: BTreeSet::new(),
                    claimed: BTreeSet::new(),
                    redeemed: BTreeSet::new(),
                };
                self.campaigns.insert(row.campaign, counted);
            }
            OperatorRow::Registration(row) => self.change(row.campaign, |counted| {
                counted.registered.push(row.wallet);
            }),
            OperatorRow::Draw(row) => self.change(row.campaign, |counted| counted.draw(row)),
            OperatorRow::Claim(row) => self.take_claim(row),
            OperatorRow::Voucher(row) => {
                self.vouchers.insert((row.campaign, row.wallet), VoucherState::Open);
            }
            OperatorRow::Payment(row) => self.take_payment(row),
            OperatorRow::Funding(row) if row.answered == Answered::Funded => {
                self.redeem(row.row, row.campaign, row.payer);
            }
            OperatorRow::Outcome(row) => {
                let Some((campaign, wallet)) = self.held.remove(&row.of) else { return };
                let is_back = matches!(row.end, End::Refused { .. });
                if let Some(state) = self.vouchers.get_mut(&(campaign, wallet)) {
                    *state = if is_back { VoucherState::Open } else { VoucherState::Used };
                }
                if is_back {
                    self.change(campaign, |counted| {
                        counted.redeemed.remove(&wallet);
                    });
                }
            }
            OperatorRow::Event(_)
            | OperatorRow::Inbound(_)
            | OperatorRow::SubWallet(_)
            | OperatorRow::Payee(_)
            | OperatorRow::Funding(_)
            | OperatorRow::Bill(_)
            | OperatorRow::CancelledBill(_)
            | OperatorRow::FrontEnd(_)
            | OperatorRow::PaymentCode(_)
            | OperatorRow::GrantSpend(_)
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
            | OperatorRow::Interest(_)
            | OperatorRow::Participant(_)
            | OperatorRow::Loan(_)
            | OperatorRow::Mandate(_)
            | OperatorRow::LoanStep(_)
            | OperatorRow::Product(_)
            | OperatorRow::Redemption(_)
            | OperatorRow::CancelledRedemption(_) => {}
        }
    }

    fn change(&mut self, campaign: WalletNumber, change: impl FnOnce(&mut Counted)) {
        if let Some(counted) = self.campaigns.get_mut(&campaign) {
            change(counted);
        }
    }

    fn take_claim(&mut self, row: &ClaimRow) {
        let Some(counted) = self.campaigns.get_mut(&row.campaign) else { return };
        if counted.row.commitment.is_some() && !counted.won.contains(&row.wallet) {
            self.faults.push(format!("wallet {} did not win {}", row.wallet, row.campaign));
        }
        counted.claimed.insert(row.wallet);
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let voucher = row.details.as_deref().and_then(|details: &Details| details.voucher);
        if let Some(Voucher { campaign, .. }) = voucher
            && !matches!(row.taken, Taken::Rejected { .. })
        {
            self.redeem(row.row, campaign, row.payer);
            self.pay_with(row, campaign);
        }
    }

    /// A payment has the voucher of a campaign elsewhere, which no other one has.
    fn pay_with(&mut self, row: &PaymentRow, campaign: WalletNumber) {
        let Some(state) = self.vouchers.get_mut(&(campaign, row.payer)) else { return };
        if *state != VoucherState::Open {
            self.faults.push(format!("wallet {} pays twice with {campaign}", row.payer));
        }
        *state = VoucherState::InTransit;
        self.held.insert(row.row, (campaign, row.payer));
    }

    fn redeem(&mut self, row: u64, campaign: WalletNumber, wallet: WalletNumber) {
        let Some(counted) = self.campaigns.get_mut(&campaign) else { return };
        if !counted.claimed.contains(&wallet) || !counted.redeemed.insert(wallet) {
            self.faults.push(format!("wallet {wallet} redeemed too much of {campaign}"));
        }
        self.held.insert(row, (campaign, wallet));
    }
}

impl Counted {
    /// The winners as the document describes them, by sorting all tickets.
    fn draw(&mut self, row: &DrawRow) {
        let mut tickets: Vec<_> =
            self.registered.iter().map(|wallet| (ticket(&row.seed, *wallet), *wallet)).collect();
        tickets.sort_unstable();
        let most = usize::try_from(self.row.winners).unwrap_or(usize::MAX);
        self.won = tickets.into_iter().take(most).map(|(_, wallet)| wallet).collect();
    }
}
