//! The figures of the wealth products of a script, from the ledgers of their providers.

use clearing_domain::details::{ProductCode, WealthPart};
use clearing_domain::money::{BusinessDate, Timestamp, Total};
use clearing_domain::operator::{
    Holding, OperatorLedger, PaymentState, Product, RedemptionState, WealthRedemption,
};

use crate::engine::Ledgers;
use crate::experiment::script::WealthFigure;
use crate::workload::Named;

use super::story::{count, fen};

/// A product that a provider has defined, with the ledger that keeps it.
type Kept<'a> = (&'a OperatorLedger, &'a Product);

/// A figure of the products of the providers of a name; nothing of those that were never defined.
pub(super) fn of_wealth(
    ledgers: &Ledgers,
    (providers, code): (&[Named], ProductCode),
    figure: WealthFigure,
) -> i64 {
    let kept: Vec<Kept<'_>> = providers
        .iter()
        .filter_map(|provider| {
            let ledger = &ledgers.operators[provider.operator];
            Some((ledger, ledger.wealth().product(provider.number, code)?))
        })
        .collect();
    let sum = |of: &dyn Fn(&OperatorLedger, &Holding) -> Total| -> i64 {
        let holdings = kept.iter().flat_map(|(ledger, product)| {
            ledger.wealth().holdings_of(product, 0).map(|(_, holding)| of(ledger, holding))
        });
        fen(holdings.sum())
    };
    let paid = |part: usize| sum(&|ledger, holding| ledger.redeemed_of(holding)[part]);
    match figure {
        WealthFigure::Holders => {
            let holds = |(ledger, product): &Kept<'_>| {
                let holdings = ledger.wealth().holdings_of(product, 0);
                holdings.filter(|(_, holding)| holding.amount.fen() > 0).count()
            };
            count(kept.iter().map(holds).sum::<usize>())
        }
        WealthFigure::Subscribed => sum(&|_, holding| holding.subscribed),
        WealthFigure::Holding => sum(&|_, holding| holding.amount.into()),
        WealthFigure::Redeeming => paid(0),
        WealthFigure::Redeemed => paid(1),
        WealthFigure::Yield => paid(2),
        WealthFigure::Redemptions => count(redemptions(&kept, |_, _| true)),
        WealthFigure::Paid => {
            count(redemptions(&kept, |found, on| found.state(on) == RedemptionState::Paid))
        }
        WealthFigure::Waiting => count(redemptions(&kept, |found, on| {
            [RedemptionState::Waiting, RedemptionState::Overdue].contains(&found.state(on))
        })),
        WealthFigure::Refused => count(refused(ledgers, providers, code)),
    }
}

fn redemptions(kept: &[Kept<'_>], is: fn(&WealthRedemption, BusinessDate) -> bool) -> usize {
    let of = |(ledger, product): &Kept<'_>| {
        let on = ledger.business_time(Timestamp::ZERO).plus_ms(-1).date();
        let key = (product.row.provider, product.row.product);
        let all = ledger.wealth().redemptions().list().iter();
        all.filter(|found| (found.row.provider, found.row.product) == key && is(found, on)).count()
    };
    kept.iter().map(of).sum()
}

/// How many subscriptions were refused or came back.
fn refused(ledgers: &Ledgers, providers: &[Named], code: ProductCode) -> usize {
    let of_ledger = |ledger: &OperatorLedger| {
        let refused = ledger.payments().iter().filter(|payment| {
            let part = payment.details().and_then(|details| details.wealth);
            let is_of =
                matches!(part, Some(WealthPart::Subscription { product, .. }) if product == code);
            is_of
                && providers.iter().any(|provider| provider.number == payment.payee)
                && matches!(payment.state, PaymentState::Rejected | PaymentState::Returned)
        });
        refused.count()
    };
    ledgers.operators.iter().map(of_ledger).sum()
}
