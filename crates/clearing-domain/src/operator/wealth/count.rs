//! Holdings and redemptions counted again from the rows, for the audit: not by the functions that
//! kept them.

use std::collections::BTreeMap;

use crate::details::{ProductCode, WealthPart};
use crate::money::{Amount, BusinessDate, PaymentId, RedemptionId, Timestamp, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{Decided, End, Taken};
use super::super::recount::NAMED_MAX;
use super::super::rows::{InboundRow, OperatorRow, OutcomeRow, PaymentRow};
use super::rows::{ProductTerms, RedemptionRow};

type ProductKey = (WalletNumber, ProductCode);

/// What the rows say of the holding of a wallet.
#[derive(Default)]
struct Held {
    subscribed: Total,
    redeemed: Total,
    /// Every change with its day, so that each day has its closing holding.
    changes: Vec<(BusinessDate, Total)>,
    /// The fen times days that redemptions took along.
    taken: i128,
}

/// What the rows say of a redemption.
struct Asked {
    row: RedemptionRow,
    paid: Vec<PaymentId>,
}

/// A payment that has not ended.
#[derive(Clone, Copy)]
struct Open {
    id: PaymentId,
    part: WealthPart,
    /// Who pays whom.
    between: (WalletNumber, WalletNumber),
    amount: Amount,
}

#[derive(Default)]
struct Count {
    products: BTreeMap<ProductKey, ProductTerms>,
    holdings: BTreeMap<(ProductKey, WalletNumber), Held>,
    redemptions: BTreeMap<RedemptionId, Asked>,
    /// Redemptions and subscriptions on their way, by their rows.
    open: BTreeMap<u64, Open>,
    faults: Vec<String>,
}

impl Held {
    fn amount(&self) -> Total {
        self.subscribed - self.redeemed
    }

    /// The closing holdings of the days before one, which no redemption took along.
    fn fen_days(&self, on: BusinessDate) -> i128 {
        let days = |day: BusinessDate| i128::from(on.days_since(day));
        let grown: i128 = self.changes.iter().map(|(day, change)| change.fen() * days(*day)).sum();
        grown - self.taken
    }
}

impl OperatorLedger {
    /// Every holding is what its subscriptions leave after its redemptions, and each redemption is
    /// paid at most once, with what it has earned.
    pub(in super::super) fn check_wealth(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        let mut faults = std::mem::take(&mut count.faults);
        self.compare_holdings(&count, &mut faults);
        self.compare_redemptions(&count, &mut faults);
        let held: Total = count.holdings.values().map(Held::amount).sum();
        let mut detail = format!(
            "{} products, {} holdings of {held} yuan, {} redemptions",
            count.products.len(),
            count.holdings.len(),
            count.redemptions.len()
        );
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        let name = "holdings are what subscriptions leave after redemptions";
        Invariant::new(name, faults.is_empty(), detail)
    }

    fn compare_holdings(&self, count: &Count, faults: &mut Vec<String>) {
        let mut sums: BTreeMap<ProductKey, Total> = BTreeMap::new();
        for (((provider, product), holder), held) in &count.holdings {
            *sums.entry((*provider, *product)).or_default() += held.amount();
            let found = self.wealth.holding(*provider, *product, *holder);
            let is_kept = found.is_some_and(|found| {
                Total::from(found.amount) == held.amount() && found.subscribed == held.subscribed
            });
            if !is_kept {
                faults.push(format!("{holder} holds other than its rows say of product {product}"));
            }
        }
        let is_extra = self.wealth.holdings.len() != count.holdings.len()
            || self.wealth.products.len() != count.products.len();
        if is_extra {
            faults.push("there are products or holdings without rows".to_owned());
        }
        for (key @ (provider, product), terms) in &count.products {
            let sum = sums.get(key).copied().unwrap_or_default();
            let found = self.wealth.product(*provider, *product);
            let is_kept = found.is_some_and(|found| Total::from(found.held) == sum);
            if !is_kept || sum > Total::from(terms.maximum) {
                faults.push(format!("holders hold {sum} yuan of product {product}"));
            }
        }
    }

    fn compare_redemptions(&self, count: &Count, faults: &mut Vec<String>) {
        for (id, asked) in &count.redemptions {
            let under_way = count.open.values().filter(
                |open| matches!(open.part, WealthPart::Redemption(redemption) if redemption == *id),
            );
            let payments: Vec<_> =
                asked.paid.iter().copied().chain(under_way.map(|open| open.id)).collect();
            let found = self.wealth.redemptions.find(*id);
            let is_kept = found.is_some_and(|found| {
                payments.iter().copied().eq(found.payment())
                    && found.paid == asked.paid.first().copied()
            });
            if !is_kept {
                faults.push(format!("redemption {id} is kept otherwise than its rows say"));
            }
        }
        if self.wealth.redemptions.list().len() != count.redemptions.len() {
            faults.push("there are redemptions without rows".to_owned());
        }
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        // Few kinds of rows are about wealth products, and none of the others names one.
        if let OperatorRow::Product(row) = row {
            self.products.insert((row.provider, row.product), row.terms);
        } else if let OperatorRow::Redemption(row) = row {
            self.ask(row);
        } else if let OperatorRow::Payment(row) = row {
            self.take_payment(row);
        } else if let OperatorRow::Inbound(row) = row {
            self.take_inbound(row);
        } else if let OperatorRow::Outcome(row) = row {
            self.take_outcome(row);
        }
    }

    fn ask(&mut self, row: &RedemptionRow) {
        let (id, key, on) = (row.redemption, (row.provider, row.product), row.at.date());
        let rate = self.products.get(&key).map(|terms| terms.rate);
        let held = self.holdings.entry((key, row.holder)).or_default();
        let before = held.amount();
        let days = held.fen_days(on);
        let principal = i128::from(row.principal.fen());
        let share = if before == Total::from(row.principal) {
            days
        } else {
            days.checked_mul(principal).and_then(|all| all.checked_div(before.fen())).unwrap_or(-1)
        };
        // Half a fen goes up.
        let parts = rate.map_or(0, |rate| share * i128::from(rate.millionths()));
        let earned = (2 * parts + 365_000_000).div_euclid(730_000_000);
        if earned != i128::from(row.earned.fen()) || before < Total::from(row.principal) {
            self.faults.push(format!("redemption {id} takes what was not held or earned"));
        }
        held.taken += share;
        held.redeemed += row.principal;
        held.changes.push((on, Total::ZERO - row.principal));
        if self.redemptions.insert(id, Asked { row: row.clone(), paid: Vec::new() }).is_some() {
            self.faults.push(format!("redemption {id} is asked for twice"));
        }
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let Some(part) = row.details.as_ref().and_then(|details| details.wealth) else { return };
        let (between, amount) = ((row.payer, row.payee), row.amount);
        let open = Open { id: row.id, part, between, amount };
        match (row.taken, part) {
            (Taken::Rejected { .. }, _) => {}
            // A subscription that crosses is of the other operator.
            (Taken::InTransit, WealthPart::Subscription { .. }) => {}
            (Taken::InTransit, WealthPart::Redemption(_)) => {
                self.open.insert(row.row, open);
            }
            (Taken::Completed, _) => self.arrive(open, row.submitted_at),
        }
    }

    fn take_inbound(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let part = delivered.details.as_ref().and_then(|details| details.wealth);
        // A redemption that arrives is of the other operator.
        let Some(part @ WealthPart::Subscription { .. }) = part else { return };
        let between = (delivered.payer, delivered.payee);
        let open = Open { id: row.id, part, between, amount: delivered.amount };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.arrive(open, row.decided_at),
            Decided::Held => {
                self.open.insert(row.row, open);
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(open) = self.open.remove(&row.of) else { return };
        if let End::Cleared { .. } = row.end {
            self.arrive(open, row.at);
        }
    }

    fn arrive(&mut self, open: Open, at: Timestamp) {
        let Open { id, part, between: (payer, payee), amount } = open;
        match part {
            WealthPart::Subscription { product, .. } => {
                let key = (payee, product);
                if !self.products.contains_key(&key) {
                    return self.faults.push(format!("payment {id} is of no product {product}"));
                }
                let held = self.holdings.entry((key, payer)).or_default();
                held.subscribed += amount;
                held.changes.push((at.date(), amount.into()));
            }
            WealthPart::Redemption(redemption) => {
                let Some(asked) = self.redemptions.get_mut(&redemption) else {
                    return self.faults.push(format!("payment {id} is of no redemption"));
                };
                let is_due = (asked.row.provider, asked.row.holder) == (payer, payee)
                    && asked.row.amount() == Some(amount);
                asked.paid.push(id);
                if !is_due || asked.paid.len() > 1 {
                    self.faults.push(format!("payment {id} is not due to be redeemed"));
                }
            }
        }
    }
}
