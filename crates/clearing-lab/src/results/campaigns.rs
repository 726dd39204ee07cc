//! What became of campaigns over the time of a run, and what they moved between operators.

use std::collections::{BTreeMap, HashMap};

use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::{Amount, CycleId, HOUR_MS, Timestamp, WalletNumber};
use clearing_domain::operator::{
    FundingState, InboundState, OperatorLedger, Payment, PaymentState, WalletChange,
};
use serde::{Deserialize, Serialize};

use crate::engine::Ledgers;

use super::tables::all_cycles;

/// A campaign over the time of a run; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CampaignSummary {
    /// What it is called.
    pub title: String,
    /// The number of its wallet.
    pub wallet: String,
    /// The place of its sponsor's operator among the operators, from 0.
    pub operator: usize,
    /// What changed, by the ends of hours.
    pub changes: Vec<CampaignChange>,
    /// What the campaign moved the net position of that operator by, cycle by cycle.
    pub net_fen: Vec<i64>,
}

/// What changed in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CampaignChange {
    /// The end of the hour, in milliseconds since 1970 UTC.
    pub at: i64,
    /// What came into the pool, less what left it.
    pub pool_fen: i64,
    /// What was claimed.
    pub claimed_fen: i64,
    /// What was spent of it.
    pub redeemed_fen: i64,
    /// What came back of it.
    pub reclaimed_fen: i64,
}

/// What happens to the money of a campaign.
#[derive(Clone, Copy)]
enum Moved {
    In,
    Out,
    Packet,
    Voucher,
    Spent,
    Redeemed,
    Reclaimed,
}

#[derive(Default)]
struct Course {
    title: String,
    operator: usize,
    hours: BTreeMap<i64, CampaignChange>,
    nets: HashMap<CycleId, i64>,
}

impl Course {
    fn note(&mut self, at: Timestamp, moved: Moved, amount: Amount) {
        let (end, fen) = ((at.ms().div_euclid(HOUR_MS) + 1) * HOUR_MS, amount.fen());
        let hour = self.hours.entry(end).or_default();
        hour.at = end;
        match moved {
            Moved::In => hour.pool_fen += fen,
            Moved::Out => hour.pool_fen -= fen,
            Moved::Packet => {
                hour.pool_fen -= fen;
                hour.claimed_fen += fen;
            }
            Moved::Voucher => hour.claimed_fen += fen,
            Moved::Spent => hour.redeemed_fen += fen,
            Moved::Redeemed => {
                hour.pool_fen -= fen;
                hour.redeemed_fen += fen;
            }
            Moved::Reclaimed => {
                hour.pool_fen += fen;
                hour.reclaimed_fen += fen;
            }
        }
    }

    fn settle(&mut self, cycle: Option<CycleId>, fen: i64) {
        if let Some(cycle) = cycle {
            *self.nets.entry(cycle).or_default() += fen;
        }
    }
}

/// The campaigns of all operators, in the order they were created at each.
pub(super) fn campaigns(ledgers: &Ledgers) -> Vec<CampaignSummary> {
    let mut courses: BTreeMap<WalletNumber, Course> = BTreeMap::new();
    for (operator, ledger) in ledgers.operators.iter().enumerate() {
        for campaign in ledger.campaigns().list() {
            let title = campaign.row.title.as_deref().unwrap_or_default().to_owned();
            let course = Course { title, operator, ..Course::default() };
            courses.insert(campaign.row.campaign, course);
        }
    }
    if courses.is_empty() {
        return Vec::new();
    }
    for ledger in &ledgers.operators {
        read_pools(ledger, &mut courses);
        ledger.payments().iter().for_each(|payment| read_payment(ledger, payment, &mut courses));
        read_transfers(ledger, &mut courses);
        read_grants(ledger, &mut courses);
    }
    let summed = courses.into_iter().map(|(wallet, course)| {
        let nets = cycles(&ledgers.central_bank);
        let net = |cycle: &CycleId| course.nets.get(cycle).copied().unwrap_or_default();
        CampaignSummary {
            title: course.title,
            wallet: wallet.to_string(),
            operator: course.operator,
            net_fen: nets.iter().map(net).collect(),
            changes: course.hours.into_values().collect(),
        }
    });
    summed.collect()
}

fn cycles(ledger: &CentralBankLedger) -> Vec<CycleId> {
    all_cycles(ledger).map(|cycle| cycle.id).collect()
}

/// What sponsors put in and had back, and vouchers that were claimed.
fn read_pools(ledger: &OperatorLedger, courses: &mut BTreeMap<WalletNumber, Course>) {
    for event in ledger.events().iter() {
        let Some(course) = courses.get_mut(&ledger.wallets()[event.wallet].number) else {
            continue;
        };
        if let WalletChange::Loaded { amount } = event.change {
            course.note(event.at, Moved::In, amount);
        } else if let WalletChange::Pooled { amount } | WalletChange::PooledAll { amount } =
            event.change
        {
            course.note(event.at, Moved::Out, amount);
        }
    }
    for campaign in ledger.campaigns().list() {
        let Some(course) = courses.get_mut(&campaign.row.campaign) else { continue };
        let claims = ledger.campaigns().claims().iter();
        let of_it = claims.filter(|claim| claim.campaign == campaign.row.campaign);
        for claim in of_it.filter(|claim| claim.payment.is_none()) {
            course.note(claim.at, Moved::Voucher, campaign.row.face);
        }
    }
}

/// Packets, parts that vouchers of the payer's operator pay, and what comes back within an operator.
fn read_payment(
    ledger: &OperatorLedger,
    payment: &Payment,
    courses: &mut BTreeMap<WalletNumber, Course>,
) {
    let Some(details) = payment.details() else { return };
    let (at, amount) = (payment.submitted_at, payment.amount);
    let is_there = matches!(payment.state, PaymentState::Completed | PaymentState::InTransit);
    if !is_there {
        return;
    }
    if details.grant.is_some()
        && let Some(course) = courses.get_mut(&ledger.payer_of(payment))
    {
        course.note(at, Moved::Packet, amount);
        course.settle(payment.cycle, -amount.fen());
    }
    if let Some(voucher) = details.voucher
        && ledger.wallet(voucher.campaign).is_some()
        && let Some(course) = courses.get_mut(&voucher.campaign)
    {
        course.note(at, Moved::Redeemed, voucher.discount);
        course.settle(payment.cycle, -voucher.discount.fen());
    }
    if details.refund_of.is_some()
        && !payment.crosses()
        && let Some(course) = courses.get_mut(&payment.payee)
    {
        course.note(at, Moved::Reclaimed, amount);
    }
}

/// Parts that vouchers pay for payers of other operators, and what comes back from other operators.
fn read_transfers(ledger: &OperatorLedger, courses: &mut BTreeMap<WalletNumber, Course>) {
    for funding in ledger.fundings().iter() {
        let asked = funding.as_row();
        if funding.state == FundingState::Redeemed
            && let Some(course) = courses.get_mut(&asked.campaign)
        {
            course.note(asked.decided_at, Moved::Redeemed, funding.discount());
            if ledger.wallet(asked.payee).is_none() {
                course.settle(funding.cycle, -funding.discount().fen());
            }
        }
    }
    for inbound in ledger.inbound().iter() {
        let Some(delivered) = &inbound.delivered else { continue };
        let gives_back =
            delivered.details.as_ref().is_some_and(|details| details.refund_of.is_some());
        if gives_back
            && matches!(inbound.state, InboundState::Accepted | InboundState::Final)
            && let Some(course) = courses.get_mut(&delivered.payee)
        {
            course.note(inbound.decided_at, Moved::Reclaimed, delivered.amount);
            course.settle(inbound.cycle, delivered.amount.fen());
        }
    }
}

/// What wallets of an operator spent of their grants.
fn read_grants(ledger: &OperatorLedger, courses: &mut BTreeMap<WalletNumber, Course>) {
    let grants = ledger.grants();
    for row in grants.rows() {
        let campaign = grants.of_claim(row.claim).map(|slot| grants[slot].campaign);
        let payment = ledger.payment(row.payment).filter(|payment| {
            payment.state == PaymentState::Completed && payment.refund_of().is_none()
        });
        if let Some(payment) = payment
            && let Some(course) = campaign.and_then(|campaign| courses.get_mut(&campaign))
        {
            course.note(payment.submitted_at, Moved::Spent, row.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::run;
    use crate::experiment::Experiment;

    /// The campaigns of a scenario with what the ledgers themselves keep of them.
    fn of(text: &str, scale: &str) -> Vec<CampaignSummary> {
        let experiment = Experiment::from_text(text, &[scale.parse().unwrap()], None).unwrap();
        let ledgers = run(&experiment).unwrap();
        let campaigns = campaigns(&ledgers);
        for found in &campaigns {
            let ledger = &ledgers.operators[found.operator];
            let wallet = found.wallet.parse().unwrap();
            let kept = ledger.campaign(wallet).unwrap();
            let sum = |of: fn(&CampaignChange) -> i64| found.changes.iter().map(of).sum::<i64>();
            assert_eq!(sum(|change| change.pool_fen), ledger.pool_of(wallet).fen());
            let claimed = kept.row.face.fen() * i64::try_from(kept.claimed()).unwrap();
            assert_eq!(sum(|change| change.claimed_fen), claimed);
            let back = kept.reclaimed().position().unwrap().fen();
            assert_eq!(sum(|change| change.reclaimed_fen), back);
            assert!(found.changes.is_sorted_by_key(|change| change.at));
        }
        campaigns
    }

    #[test]
    fn the_course_of_red_packets_ends_where_their_ledgers_are() {
        let text = include_str!("../../../../experiments/scenarios/s08-luohu-red-packets.toml");
        let campaigns = of(text, "scale=5000");
        let spent: i64 = campaigns[0].changes.iter().map(|change| change.redeemed_fen).sum();
        let moved: i64 = campaigns[0].net_fen.iter().sum();
        assert!(campaigns.len() == 1 && spent > 0 && moved < 0, "{campaigns:?}");
    }

    #[test]
    fn the_course_of_vouchers_ends_where_their_ledgers_are() {
        let text = include_str!("../../../../experiments/scenarios/s06-voucher-round.toml");
        let campaigns = of(text, "scale=200");
        let redeemed: i64 = campaigns[0].changes.iter().map(|change| change.redeemed_fen).sum();
        assert!(redeemed > 0 && campaigns[0].net_fen.iter().sum::<i64>() <= 0, "{campaigns:?}");
    }
}
