//! What the day of each operator was drawn to be: the payments of its wallets and those to them.

use clearing_domain::indicators::{Flows, Record, lower_bound_liquidity, upper_bound_liquidity};
use clearing_domain::money::{Position, WalletNumber};
use clearing_domain::operator::TickItem;

/// What the day of an operator was drawn to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What its wallets will pay to those of other operators.
    pub sent: Position,
    /// What they will be paid.
    pub received: Position,
    /// With how much its day settles when it is netted at its end.
    pub lower_bound: Position,
    /// With how much each of its payments settles when it is submitted.
    pub upper_bound: Position,
}

/// The flows of a day between the operators, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct DayFlows {
    operators: Vec<Expected>,
    /// What the wallets of the first of a pair will pay to those of the second.
    pairs: Vec<Vec<Position>>,
}

impl DayFlows {
    /// The flows of the payments of a day; wallets belong to the operators of a place.
    pub(super) fn new(
        lists: &[Vec<TickItem>],
        place_of: impl Fn(WalletNumber) -> Option<usize>,
    ) -> Self {
        let mut records = Vec::new();
        for (sender, item) in lists.iter().enumerate().flat_map(|(place, list)| {
            list.iter().filter(|item| waits(item)).map(move |item| (place, item))
        }) {
            let Some(receiver) = place_of(item.payee).filter(|receiver| *receiver != sender) else {
                continue;
            };
            let submitted = item.at.ms();
            records.push(Record { sender, receiver, value: item.amount, submitted, settled: None });
        }
        let flows = Flows::of(lists.len(), &records);
        let bounds = lower_bound_liquidity(&flows).into_iter();
        let bounds = bounds.zip(upper_bound_liquidity(lists.len(), &records));
        let position = |fen: i128| Position::from_fen(i64::try_from(fen).unwrap_or(i64::MAX));
        let mut operators: Vec<_> = bounds
            .map(|(lower, upper)| Expected {
                lower_bound: position(lower),
                upper_bound: position(upper),
                ..Expected::default()
            })
            .collect();
        let mut pairs = vec![vec![Position::ZERO; lists.len()]; lists.len()];
        for record in &records {
            operators[record.sender].sent += record.value;
            operators[record.receiver].received += record.value;
            pairs[record.sender][record.receiver] += record.value;
        }
        Self { operators, pairs }
    }

    /// What the day of an operator is to be.
    pub(super) fn of(&self, place: usize) -> Expected {
        self.operators.get(place).copied().unwrap_or_default()
    }

    /// What the wallets of an operator will pay to those of another.
    pub(super) fn between(&self, payer: usize, payee: usize) -> Position {
        self.pairs.get(payer).and_then(|sums| sums.get(payee)).copied().unwrap_or_default()
    }
}

/// Whether a payment waits for cover when there is none: one with a voucher needs it at once.
pub(super) fn waits(item: &TickItem) -> bool {
    item.details.as_ref().is_none_or(|details| details.voucher.is_none())
}
