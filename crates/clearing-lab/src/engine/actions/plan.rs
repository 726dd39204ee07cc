//! From actions to the orders that they are made of, operator by operator.

use clearing_domain::link::Head;
use clearing_domain::money::{Amount, Timestamp, WalletNumber};
use clearing_domain::operator::{BillOrder, commitment};

use crate::experiment::Experiment;
use crate::experiment::script::{Action, ActionKind, ContractStep, Part, Participation};
use crate::workload::{Named, Planned, Workload};

use super::super::{Engine, EngineError};
use super::contracts::{self, ContractOrder};
use super::order::{Binding, Order, Participant, PlannedCampaign};

/// What actions are planned from.
pub(super) struct Plan<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) workload: &'a Workload,
}

/// The orders to each operator, in the order of the configuration.
pub(super) type Orders = Vec<Vec<Order>>;
/// An order with the place of the operator that it goes to.
type Placed = (usize, Order);
/// A sum that leaves a wallet, under the name of its request.
type Sum = (WalletNumber, String, Amount);

impl Plan<'_> {
    /// The orders of an action. Their requests are named by the place of the action, so that one
    /// that is given again is known.
    pub(super) async fn orders<E: Engine>(
        &self,
        place: usize,
        action: &Action,
        engine: &mut E,
    ) -> Result<Orders, EngineError> {
        let mut orders = vec![Vec::new(); self.experiment.cluster.operators.len()];
        for (operator, order) in self.placed(place, action, engine).await? {
            orders[operator].push(order);
        }
        Ok(orders)
    }

    async fn placed<E: Engine>(
        &self,
        place: usize,
        action: &Action,
        engine: &mut E,
    ) -> Result<Vec<Placed>, EngineError> {
        Ok(match &action.kind {
            ActionKind::PublishBills { series, due, release } => {
                self.bills(*series, *due, release.as_deref())
            }
            ActionKind::CancelBills { series, every } => self.cancelled(*series, *every),
            ActionKind::Refund { series, every, amount } => {
                self.refunds(place, *series, *every, *amount)
            }
            ActionKind::ExchangeBack { wallets, amount } => {
                let sums = self.sums(place, *wallets, *amount, engine).await?;
                let order = |(wallet, request_id, amount)| Order::ExchangeBack {
                    request_id,
                    wallet,
                    amount,
                };
                sums.into_iter().map(|(operator, sum)| (operator, order(sum))).collect()
            }
            ActionKind::SweepToTreasury { wallets, amount } => {
                let sums = self.sums(place, *wallets, *amount, engine).await?;
                let order = |(wallet, request_id, amount)| Order::SweepToTreasury {
                    request_id,
                    wallet,
                    amount,
                };
                sums.into_iter().map(|(operator, sum)| (operator, order(sum))).collect()
            }
            ActionKind::BindFrontEnd { wallets, front_end, region, mismatch } => {
                self.of_wallets(*wallets, |wallet| {
                    let (front_end, region, mismatch) = (front_end.clone(), *region, *mismatch);
                    Order::BindFrontEnd(Binding { wallet, front_end, region, mismatch })
                })
            }
            ActionKind::RegisterMerchant { wallets, traits } => self
                .of_wallets(*wallets, |wallet| Order::RegisterMerchant { wallet, traits: *traits }),
            ActionKind::CreateCampaign(of) => {
                let planned = self.campaign(place, *of).into_iter();
                planned.map(|(at, one)| (at, Order::CreateCampaign(Box::new(one)))).collect()
            }
            ActionKind::Draw(of) => {
                self.of_pool(*of, |campaign| Order::Draw { campaign, seed: self.seed(*of) })
            }
            ActionKind::CloseCampaign(of) => self.closing(place, *of),
            ActionKind::Contracts { contracts, step, of } => self.steps_of(*contracts, *step, of),
            ActionKind::Loans(action) => self.loans(place, action),
            ActionKind::Wealth(action) => self.wealth(place, action),
            ActionKind::PayPayroll(of) => self.payrolls(place, *of),
            ActionKind::SuspendMerchant { wallets, suspended } => {
                self.of_wallets(*wallets, |merchant| Order::SuspendMerchant {
                    merchant,
                    suspended: *suspended,
                })
            }
            // The chips of the cards give their orders.
            ActionKind::IssueCards(_)
            | ActionKind::LoadCards { .. }
            | ActionKind::Tap(_)
            | ActionKind::ReportLost { .. }
            | ActionKind::ReissueCards { .. } => Vec::new(),
            ActionKind::Register(part) => self.participants(part, Order::Register),
            ActionKind::Claim(part) => self.participants(part, Order::Claim),
        })
    }

    /// The bills of a series, each to the operator of its payee.
    fn bills(&self, series: usize, due: Option<Timestamp>, release: Option<&str>) -> Vec<Placed> {
        let end = self.experiment.cluster.lockstep.day(self.experiment.days).start();
        let due_at = due.unwrap_or(end);
        let purpose = self.experiment.script.series[series].purpose;
        let bill = |(number, planned): (u64, Planned)| {
            let release = release.map(|text| format!("{text} {number}").into());
            let Planned { payee, due: amount, reference, .. } = planned;
            let (biller, reference) = (payee.number, reference?);
            let subject = None;
            let order = BillOrder { biller, reference, amount, due_at, purpose, subject, release };
            Some((payee.operator, Order::PublishBill(order)))
        };
        (1..).zip(self.workload.series(series)).filter_map(bill).collect()
    }

    /// A step of the contracts of a name, to the operator that takes it.
    fn steps_of(&self, contracts: usize, step: ContractStep, of: &Part) -> Vec<Placed> {
        let planned = contracts::planned(self.experiment, self.workload.named(), contracts);
        let numbered = (1..).zip(planned).filter(|(number, _)| of.has(*number));
        let order = |(_, contract)| ContractOrder { step, contract };
        let placed = |order: ContractOrder| (order.operator(), Order::Contract(order));
        numbered.map(order).map(placed).collect()
    }

    fn cancelled(&self, series: usize, every: u64) -> Vec<Placed> {
        let cancel = |planned: Planned| {
            let (biller, reference) = (planned.payee.number, planned.reference?);
            Some((planned.payee.operator, Order::CancelBill { biller, reference }))
        };
        self.every(series, every).filter_map(cancel).collect()
    }

    fn refunds(
        &self,
        place: usize,
        series: usize,
        every: u64,
        amount: Option<Amount>,
    ) -> Vec<Placed> {
        let refund = |(number, planned): (u64, Planned)| {
            let (request_id, original) = (request_id(place, number), planned.id);
            (planned.payee.operator, Order::Refund { request_id, original, amount })
        };
        (1..).zip(self.every(series, every)).map(refund).collect()
    }

    /// An order to each wallet of a name.
    fn of_wallets(&self, wallets: usize, order: impl Fn(WalletNumber) -> Order) -> Vec<Placed> {
        let all = self.workload.named()[wallets].iter();
        all.map(|named| (named.operator, order(named.number))).collect()
    }

    fn closing(&self, place: usize, of: usize) -> Vec<Placed> {
        let request_id = || request_id(place, 1);
        self.of_pool(of, |campaign| Order::CloseCampaign { request_id: request_id(), campaign })
    }

    /// An order about a campaign, to the operator of its sponsor; none before it is created.
    fn of_pool(&self, of: usize, order: impl Fn(WalletNumber) -> Order) -> Vec<Placed> {
        let pool = self.workload.campaigns()[of].into_iter();
        pool.map(|pool| (pool.operator, order(pool.number))).collect()
    }

    /// The wallets of a name with the sums that leave them, each under the name of its request;
    /// without those that nothing leaves.
    async fn sums<E: Engine>(
        &self,
        place: usize,
        wallets: usize,
        amount: Option<Amount>,
        engine: &mut E,
    ) -> Result<Vec<(usize, Sum)>, EngineError> {
        let mut sums = Vec::new();
        for (number, named) in (1..).zip(&self.workload.named()[wallets]) {
            // Asked once, before: an order that is given again must be of the same sum.
            let all = engine.balance(named.operator, named.number).await?;
            let amount = amount.unwrap_or(all);
            if amount > Amount::ZERO {
                sums.push((named.operator, (named.number, request_id(place, number), amount)));
            }
        }
        Ok(sums)
    }

    /// An order for each wallet that takes part in a campaign.
    fn participants(
        &self,
        part: &Participation,
        order: impl Fn(Participant) -> Order,
    ) -> Vec<Placed> {
        let Some(pool) = self.workload.campaigns()[part.campaign] else { return Vec::new() };
        let takes_part =
            |number: u64| part.except.is_none_or(|except| !number.is_multiple_of(except));
        let all = (1..).zip(&self.workload.named()[part.wallets]);
        let all = all.filter(|(number, _)| takes_part(*number)).map(|(_, named)| named);
        let participant =
            |named: &Named| Participant { campaign: pool.number, wallet: named.number };
        all.map(|named| (named.operator, order(participant(named)))).collect()
    }

    /// A campaign with the place of its sponsor's operator.
    fn campaign(&self, place: usize, of: usize) -> Option<(usize, PlannedCampaign)> {
        let (script, cluster) = (&self.experiment.script, &self.experiment.cluster);
        let pool = self.workload.campaigns()[of]?;
        let campaign = script.campaigns[of].clone();
        let sponsor = self.workload.named()[campaign.sponsor].first()?.number;
        let operators = cluster.operators.iter();
        let operators = operators.filter(|operator| campaign.operators.contains(&operator.code));
        let planned = PlannedCampaign {
            pool: pool.number,
            request_id: request_id(place, 1),
            sponsor,
            winners: campaign.winners_at(script.scale),
            amount: campaign.pool_at(script.scale),
            commitment: campaign.draws.then(|| commitment(&self.seed(of))),
            operators: operators.map(|operator| (operator.code, operator.prefix)).collect(),
            campaign,
        };
        Some((pool.operator, planned))
    }

    /// The seed of a draw, which follows from that of the experiment.
    fn seed(&self, of: usize) -> Head {
        let mut hasher = blake3::Hasher::new();
        let name = &self.experiment.script.campaigns[of].name;
        hasher.update(b"draw").update(&self.experiment.seed.to_le_bytes()).update(name.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The last of each so many payments of a series.
    fn every(&self, series: usize, every: u64) -> impl Iterator<Item = Planned> {
        let all = (1..).zip(self.workload.series(series));
        all.filter(move |(number, _): &(u64, _)| number.is_multiple_of(every)).map(|(_, one)| one)
    }
}

pub(super) fn request_id(place: usize, number: u64) -> String {
    format!("action-{}-{number}", place + 1)
}
