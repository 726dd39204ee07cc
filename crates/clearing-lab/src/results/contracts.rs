//! The figures of the contracts of a script, from the ledgers of their payers.

use clearing_domain::money::Total;
use clearing_domain::operator::{Contract, ContractState, LessonState};

use crate::engine::{Ledgers, PlannedContract};
use crate::experiment::script::ContractFigure;

use super::story::{count, fen};

/// A figure of the contracts of a name; nothing of those that were never created.
pub(super) fn of_contracts(
    ledgers: &Ledgers,
    planned: &[PlannedContract],
    figure: ContractFigure,
) -> i64 {
    let found = || {
        planned.iter().filter_map(|one| {
            let contracts = ledgers.operators[one.payer.operator].contracts();
            let contract = contracts.find(one.id)?;
            Some((contract, contracts.state_of(contract)))
        })
    };
    let those = |is: fn(ContractState) -> bool| count(found().filter(|(_, of)| is(*of)).count());
    let sum = |of: fn(&Contract) -> Total| -> i64 { fen(found().map(|(one, _)| of(one)).sum()) };
    match figure {
        ContractFigure::Contracts => those(|_| true),
        ContractFigure::Running => those(|state| {
            use ContractState::{Active, Funded, PartiallyReleased};
            matches!(state, Funded | Active | PartiallyReleased)
        }),
        ContractFigure::Completed => those(|state| state == ContractState::Completed),
        ContractFigure::Ended => {
            those(|state| matches!(state, ContractState::Refunded | ContractState::Expired))
        }
        ContractFigure::Suspended => those(|state| state == ContractState::Suspended),
        ContractFigure::Lessons => {
            count(found().map(|(one, _)| u64::from(one.paid_lessons())).sum::<u64>())
        }
        ContractFigure::Disputed => {
            let lessons = found().flat_map(|(one, _)| &one.lessons);
            count(lessons.filter(|one| one.state == LessonState::Disputed).count())
        }
        ContractFigure::Prepaid => {
            sum(|one| if one.was_funded() { one.row.terms.total.into() } else { Total::ZERO })
        }
        ContractFigure::Locked => sum(|one| one.locked.into()),
        ContractFigure::Released => sum(|one| one.released.into()),
        ContractFigure::Refunded => sum(|one| one.refunded.into()),
    }
}
