//! Compares the witnesses that each side keeps of the other's ledger with that ledger.

use std::fmt::Display;

use crate::central_bank::CentralBankLedger;
use crate::link::Witness;
use crate::operator::OperatorLedger;
use crate::seal::{BatchSeal, Invariant};

use super::Findings;

/// Checks that no ledger is behind the last batch that it reported, and that none is a fork.
///
/// The operators' files are read before the central bank's. While the cluster is running, a report
/// that the central bank has received since then is no finding against an operator's file.
pub fn audit_witnesses(
    central_bank: (&CentralBankLedger, &[BatchSeal]),
    operators: &[(&OperatorLedger, &[BatchSeal])],
    running: bool,
) -> Vec<Invariant> {
    let (mut of_operators, mut of_central_bank) = (Findings::default(), Findings::default());
    let (bank, bank_seals) = central_bank;
    for (operator, seals) in operators {
        let code = operator.settings().code;
        let number = bank.operator_number(code).ok();
        let reported = number.map(|number| bank.witness_of(number)).unwrap_or_default();
        // The operator may have written this batch after its file was read.
        let unread = running && reported.batch > last_batch(seals);
        if let Some(text) = disagreement(reported, seals).filter(|_| !unread) {
            of_operators.add(|| format!("{code} {text} than it reported to the central bank"));
        }
        let link = operator.link();
        let seen = Witness { batch: link.central_bank_batch, head: link.central_bank_head };
        if let Some(text) = disagreement(seen, bank_seals) {
            of_central_bank.add(|| format!("it {text} than it reported to {code}"));
        }
    }
    let checked = format!("{} operators", operators.len());
    vec![
        of_operators
            .invariant("no operator's ledger is behind or a fork of what it reported", &checked),
        of_central_bank.invariant(
            "the central bank's ledger is not behind or a fork of what it reported",
            &checked,
        ),
    ]
}

fn last_batch(seals: &[BatchSeal]) -> u64 {
    seals.last().map_or(0, |seal| seal.batch)
}

/// How a ledger differs from the one that was reported, if it does.
fn disagreement(reported: Witness, seals: &[BatchSeal]) -> Option<impl Display> {
    let Witness { batch, .. } = reported;
    let last = last_batch(seals);
    if batch > last {
        return Some(format!("ends at batch {last}, earlier (LEDGER_BEHIND, batch {batch})"));
    }
    let found =
        seals.binary_search_by_key(&batch, |seal| seal.batch).ok().map(|index| seals[index].hash);
    let forked = found.is_some_and(|head| !reported.agrees_with(&head));
    forked.then(|| format!("has another head at batch {batch} (LEDGER_FORKED)"))
}
