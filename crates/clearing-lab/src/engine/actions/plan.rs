//! From actions to the orders that they are made of, operator by operator.

use clearing_domain::money::Amount;
use clearing_domain::operator::BillOrder;

use crate::experiment::Experiment;
use crate::experiment::script::{Action, ActionKind};
use crate::workload::{Named, Planned, Workload};

use super::super::{Engine, EngineError};
use super::order::{Binding, Order};

/// What actions are planned from.
pub(super) struct Plan<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) workload: &'a Workload,
}

/// The orders to each operator, in the order of the configuration.
type Orders = Vec<Vec<Order>>;

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
        match &action.kind {
            ActionKind::PublishBills { series, due, release } => {
                let end = self.experiment.cluster.lockstep.day(self.experiment.days).start();
                let due_at = due.unwrap_or(end);
                for (number, planned) in (1..).zip(self.workload.series(*series)) {
                    let biller = planned.payee.operator;
                    let release = release.as_ref().map(|text| format!("{text} {number}"));
                    let purpose = self.experiment.script.series[*series].purpose;
                    let bill = bill(planned, due_at, purpose, release);
                    orders[biller].extend(bill.map(Order::PublishBill));
                }
            }
            ActionKind::CancelBills { series, every } => {
                for planned in self.every(*series, *every) {
                    let (biller, at) = (planned.payee.number, planned.payee.operator);
                    let order = |reference| Order::CancelBill { biller, reference };
                    orders[at].extend(planned.reference.map(order));
                }
            }
            ActionKind::Refund { series, every, amount } => {
                for (number, planned) in (1..).zip(self.every(*series, *every)) {
                    orders[planned.payee.operator].push(Order::Refund {
                        request_id: request_id(place, number),
                        original: planned.id,
                        amount: *amount,
                    });
                }
            }
            ActionKind::ExchangeBack { wallets, amount } => {
                for (named, request_id, amount) in
                    self.sums(place, *wallets, *amount, engine).await?
                {
                    let wallet = named.number;
                    let order = Order::ExchangeBack { request_id, wallet, amount };
                    orders[named.operator].push(order);
                }
            }
            ActionKind::SweepToTreasury { wallets, amount } => {
                for (named, request_id, amount) in
                    self.sums(place, *wallets, *amount, engine).await?
                {
                    let wallet = named.number;
                    let order = Order::SweepToTreasury { request_id, wallet, amount };
                    orders[named.operator].push(order);
                }
            }
            ActionKind::BindFrontEnd { wallets, front_end, region, mismatch } => {
                for named in &self.workload.named()[*wallets] {
                    orders[named.operator].push(Order::BindFrontEnd(Binding {
                        wallet: named.number,
                        front_end: front_end.clone(),
                        region: *region,
                        mismatch: *mismatch,
                    }));
                }
            }
        }
        Ok(orders)
    }

    /// The wallets of a name with the sums that leave them, each under the name of its request;
    /// without those that nothing leaves.
    async fn sums<E: Engine>(
        &self,
        place: usize,
        wallets: usize,
        amount: Option<Amount>,
        engine: &mut E,
    ) -> Result<Vec<(Named, String, Amount)>, EngineError> {
        let mut sums = Vec::new();
        for (number, named) in (1..).zip(&self.workload.named()[wallets]) {
            // Asked once, before: an order that is given again must be of the same sum.
            let all = engine.balance(named.operator, named.number).await?;
            let amount = amount.unwrap_or(all);
            if amount > Amount::ZERO {
                sums.push((*named, request_id(place, number), amount));
            }
        }
        Ok(sums)
    }

    /// The last of each so many payments of a series.
    fn every(&self, series: usize, every: u64) -> impl Iterator<Item = Planned> {
        let all = (1..).zip(self.workload.series(series));
        all.filter(move |(number, _): &(u64, _)| number.is_multiple_of(every)).map(|(_, one)| one)
    }
}

/// The bill for a payment.
fn bill(
    planned: Planned,
    due_at: clearing_domain::money::Timestamp,
    purpose: Option<clearing_domain::details::Purpose>,
    release: Option<String>,
) -> Option<BillOrder> {
    Some(BillOrder {
        biller: planned.payee.number,
        reference: planned.reference?,
        amount: planned.due,
        due_at,
        purpose,
        subject: None,
        release: release.map(Into::into),
    })
}

fn request_id(place: usize, number: u64) -> String {
    format!("action-{}-{number}", place + 1)
}
