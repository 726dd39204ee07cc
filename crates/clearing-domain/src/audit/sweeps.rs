//! Compares what operators swept with what the treasury was paid, sweep by sweep.

use std::collections::BTreeMap;

use crate::central_bank::{Action, CentralBankLedger};
use crate::link::{AdviceEvent, OperationId};
use crate::money::{Amount, OperatorNumber, Total};
use crate::operator::OperatorLedger;
use crate::seal::Invariant;

use super::Findings;

/// Every sweep is on its way or at the treasury, once; nothing came from anywhere else.
pub(super) fn check(
    central_bank: &CentralBankLedger,
    ledgers: &[Option<&OperatorLedger>],
) -> Invariant {
    let (mut findings, mut swept) = (Findings::default(), Total::ZERO);
    for (number, ledger) in ledgers.iter().enumerate() {
        let operator = OperatorNumber::at(number);
        let mut asked = asked(central_bank, operator);
        let code = central_bank.accounts()[operator].code;
        for sweep in ledger.iter().flat_map(|ledger| ledger.sweeps()) {
            swept += sweep.amount;
            let found = asked.remove(&sweep.operation);
            let fits = match found {
                // Not heard of yet, or not paid: the operator knows that it waits.
                None => !sweep.is_remitted,
                Some((amount, None)) => amount == sweep.amount && !sweep.is_remitted,
                Some((amount, Some(paid))) => {
                    let is_told = told(central_bank, operator, sweep.operation, *ledger);
                    amount == sweep.amount && paid == sweep.amount && sweep.is_remitted == is_told
                }
            };
            if !fits {
                let name = sweep.operation;
                findings
                    .add(|| format!("{code}: sweep {name} of {} yuan: {found:?}", sweep.amount));
            }
        }
        for (operation, (amount, _)) in asked {
            findings.add(|| format!("{code}: {amount} yuan of {operation} were never swept"));
        }
    }
    let treasury = central_bank.treasury();
    let checked = format!("{swept} yuan were swept, the treasury has {treasury}");
    findings.invariant("what was swept is at the treasury once", &checked)
}

/// What an operator asked for, and what was paid of it.
fn asked(
    central_bank: &CentralBankLedger,
    operator: OperatorNumber,
) -> BTreeMap<OperationId, (Amount, Option<Amount>)> {
    let mut asked = BTreeMap::new();
    for operation in central_bank.operations() {
        let Some(id) = operation.id.filter(|_| operation.operator == Some(operator)) else {
            continue;
        };
        if let Action::RequestRemittance { amount } = operation.action {
            asked.insert(id, (amount, None));
        } else if let Action::Remit { amount } = operation.action
            && let Some((_, paid)) = asked.get_mut(&id)
        {
            *paid = Some(amount);
        }
    }
    asked
}

/// Whether an operator has applied the advice that a sweep is paid.
fn told(
    central_bank: &CentralBankLedger,
    operator: OperatorNumber,
    sweep: OperationId,
    ledger: Option<&OperatorLedger>,
) -> bool {
    let applied = ledger.map_or(0, |ledger| ledger.link().advice);
    central_bank.advices_to(operator).any(|row| {
        let of = if let AdviceEvent::Remitted { operation, .. } = row.event {
            operation == sweep
        } else {
            false
        };
        of && row.number <= applied
    })
}
