//! What each side told of its own ledger, as the other keeps it, against the ledger itself.

use std::fmt::Display;

use crate::central_bank::CentralBankLedger;
use crate::link::Witness;
use crate::operator::OperatorLedger;
use crate::seal::{BatchSeal, Invariant};

use super::Findings;

/// Checks that no ledger is behind what it told the others, and none a fork.
///
/// The operators' files are read before the central bank's: while the cluster is running, what the
/// central bank has heard since then is not held against them.
pub fn audit_witnesses(
    central_bank: (&CentralBankLedger, &[BatchSeal]),
    operators: &[(&OperatorLedger, &[BatchSeal])],
    running: bool,
) -> Vec<Invariant> {
    let (mut of_operators, mut of_central_bank) = (Findings::default(), Findings::default());
    let (bank, bank_seals) = central_bank;
    for (operator, seals) in operators {
        let code = operator.settings().code;
        let told = bank.account(code).map(|account| account.witness()).unwrap_or_default();
        let unread = running && told.batch > last_batch(seals);
        if let Some(text) = disagreement(told, seals).filter(|_| !unread) {
            of_operators.add(|| format!("{code} {text} than it told the central bank"));
        }
        let link = operator.link();
        let heard = Witness { batch: link.central_bank_batch, head: link.central_bank_head };
        if let Some(text) = disagreement(heard, bank_seals) {
            of_central_bank.add(|| format!("it {text} than it told {code}"));
        }
    }
    let checked = format!("{} operators", operators.len());
    vec![
        of_operators
            .invariant("no operator's ledger is behind or a fork of what it told", &checked),
        of_central_bank.invariant(
            "the central bank's ledger is not behind or a fork of what it told",
            &checked,
        ),
    ]
}

fn last_batch(seals: &[BatchSeal]) -> u64 {
    seals.last().map_or(0, |seal| seal.batch)
}

/// In what way a ledger is another than the one that was told of.
fn disagreement(told: Witness, seals: &[BatchSeal]) -> Option<impl Display> {
    let Witness { batch, .. } = told;
    let last = last_batch(seals);
    if batch > last {
        return Some(format!("ends at batch {last}, earlier (LEDGER_BEHIND, batch {batch})"));
    }
    let found =
        seals.binary_search_by_key(&batch, |seal| seal.batch).ok().map(|index| seals[index].hash);
    let forked = found.is_some_and(|head| !told.agrees_with(&head));
    forked.then(|| format!("has another head at batch {batch} (LEDGER_FORKED)"))
}
