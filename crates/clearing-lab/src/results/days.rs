//! The figures of a run up to the end of a day.

use clearing_domain::money::{BusinessDate, Total};
use clearing_domain::operator::{OperatorLedger, Payment, PaymentState};
use clearing_domain::region::Region;

use crate::engine::Ledgers;
use crate::experiment::script::ByFigure;
use crate::workload::Homes;

use super::story::{count, fen};

/// The payments that were submitted by the end of a day, each with the ledger of its payer.
fn submitted(
    ledgers: &Ledgers,
    day: BusinessDate,
) -> impl Iterator<Item = (&OperatorLedger, &Payment)> {
    let end = day.next().start();
    let all = ledgers.operators.iter();
    let all = all.flat_map(|ledger| ledger.payments().iter().map(move |one| (ledger, one)));
    all.filter(move |(_, payment)| payment.submitted_at < end)
}

/// A figure of the whole run.
pub(super) fn by(ledgers: &Ledgers, day: BusinessDate, figure: ByFigure) -> i64 {
    let completed = || {
        let all = submitted(ledgers, day).map(|(_, payment)| payment);
        all.filter(|payment| payment.state == PaymentState::Completed)
    };
    match figure {
        ByFigure::Payments => count(submitted(ledgers, day).count()),
        ByFigure::Completed => count(completed().count()),
        ByFigure::Value => fen(completed().map(|payment| payment.amount).sum::<Total>()),
    }
}

/// How many payments wallets of an operator made or were to receive.
pub(super) fn by_operator(ledgers: &Ledgers, day: BusinessDate, operator: usize) -> i64 {
    let prefix = ledgers.operators[operator].settings().prefix;
    let takes_part = |(ledger, payment): &(&OperatorLedger, &Payment)| {
        [ledger.settings().prefix, payment.payee.prefix()].contains(&prefix)
    };
    count(submitted(ledgers, day).filter(takes_part).count())
}

/// How many payments wallets that live in a region made.
pub(super) fn by_region(
    ledgers: &Ledgers,
    homes: &Homes,
    day: BusinessDate,
    region: Region,
) -> i64 {
    let lives = |(ledger, payment): &(&OperatorLedger, &Payment)| {
        homes.of(ledger.payer_of(payment)) == Some(region)
    };
    count(submitted(ledgers, day).filter(lives).count())
}
