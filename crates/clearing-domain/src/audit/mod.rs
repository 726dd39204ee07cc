//! The invariants across the ledgers of the central bank and of all operators.

mod states;
mod sweeps;
mod views;
mod witnesses;

use crate::central_bank::CentralBankLedger;
use crate::operator::OperatorLedger;
use crate::seal::Invariant;

pub use witnesses::audit_witnesses;

use states::Payments;
use views::Views;

/// Checks the ledgers against each other. While the cluster is running only payments that are final
/// everywhere are compared, the others count as in flight, and sums across files are left out,
/// because the files are read one after the other. An operator without a ledger counts as one that
/// holds nothing.
pub fn audit_across(
    central_bank: &CentralBankLedger,
    operators: &[&OperatorLedger],
    running: bool,
) -> Vec<Invariant> {
    let find = |code| operators.iter().copied().find(|operator| operator.settings().code == code);
    let ledgers: Vec<_> =
        central_bank.accounts().iter().map(|account| find(account.code)).collect();
    let mut payments = Payments::new(central_bank, &ledgers, running);
    payments.check();
    let mut invariants = payments.invariants();
    invariants.push(check_roster(central_bank, operators));
    if !running {
        invariants.push(sweeps::check(central_bank, &ledgers));
        let views = Views { central_bank, ledgers: &ledgers, sums: &payments.sums };
        invariants.extend(views.invariants());
    }
    invariants
}

fn check_roster(central_bank: &CentralBankLedger, operators: &[&OperatorLedger]) -> Invariant {
    let codes = operators.iter().map(|operator| operator.settings().code);
    let unknown: Vec<_> = codes.filter(|code| central_bank.account(*code).is_none()).collect();
    let detail =
        format!("{} ledgers of operators; not in the roster: {unknown:?}", operators.len());
    Invariant::new("every operator is in the roster", unknown.is_empty(), detail)
}

/// Findings of one kind: how many, and the first few in words.
#[derive(Default)]
struct Findings {
    count: u64,
    shown: Vec<String>,
}

impl Findings {
    const SHOWN: usize = 5;

    fn add(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < Self::SHOWN {
            self.shown.push(text());
        }
    }

    fn invariant(&self, name: &'static str, checked: &str) -> Invariant {
        let detail = match self.count {
            0 => checked.to_owned(),
            count => format!("{checked}; {count} broken: {}", self.shown.join("; ")),
        };
        Invariant::new(name, self.count == 0, detail)
    }
}
