//! What must hold in the central bank's ledger, computed again from its rows.

use crate::ledger::SealedLedger;
use crate::money::{OperatorNumber, Position, Total};
use crate::seal::{BatchHasher, BatchSeal, Invariant};

use super::CentralBankLedger;
use super::cycle::{Cycle, CyclePosition, CycleState, OpenCycle};
use super::lending::Lending;
use super::operation::Action;
use super::recount::Recount;

impl CentralBankLedger {
    /// Checks every invariant of the ledger against its rows and the stored seals.
    pub fn audit(&self, seals: &[BatchSeal]) -> Vec<Invariant> {
        let mut invariants = self.audit_in_memory();
        invariants.push(self.check_chain(seals));
        invariants.push(self.check_beside());
        invariants
    }

    /// Checks what needs no seals.
    pub fn audit_in_memory(&self) -> Vec<Invariant> {
        let count = self.recount();
        vec![
            self.check_positions(),
            self.check_circulation(&count),
            self.check_accounts(&count),
            self.check_standing(&count),
            self.check_lending(&count),
            self.check_outstanding(&count),
            self.check_admissions(&count),
            self.check_no_overdraft(),
            self.check_cycles(&count),
            self.check_claims(),
            self.check_treasury(&count),
        ]
    }

    fn check_positions(&self) -> Invariant {
        let total: Total = self.accounts.list().iter().map(|account| account.unsettled).sum();
        let closed =
            self.cycles.closed().iter().chain(self.frozen_cycle()).chain(self.open_cycle());
        let unequal: Vec<_> =
            closed.filter(|cycle| !sums_to_zero(cycle)).map(|cycle| cycle.id.to_string()).collect();
        let detail =
            format!("sum {total} yuan; cycles that do not sum to zero: {}", list(&unequal));
        Invariant::new("positions sum to zero", total.is_zero() && unequal.is_empty(), detail)
    }

    fn check_circulation(&self, count: &Recount) -> Invariant {
        let held: Total = self.accounts.list().iter().map(|account| account.held).sum();
        let (issued, withdrawn) = self.accounts.circulation();
        let shown = format!("issued {issued}, withdrawn {withdrawn}");
        let [issued, withdrawn] = [issued, withdrawn].map(Total::from);
        let ok =
            held == issued - withdrawn && (issued, withdrawn) == (count.issued, count.withdrawn);
        let detail = format!("held {held}, {shown}");
        Invariant::new("e-CNY held is what was issued and not withdrawn", ok, detail)
    }

    fn check_accounts(&self, count: &Recount) -> Invariant {
        let differs =
            self.accounts.list().iter().zip(&count.accounts).filter(|(stored, counted)| {
                let stored = [stored.reserves, stored.held, stored.unsettled].map(Total::from);
                stored != [counted.reserves, counted.held, counted.unsettled]
            });
        let differs: Vec<_> = differs
            .map(|(stored, counted)| {
                let [reserves, held, unsettled] = [stored.reserves, stored.held, stored.unsettled];
                let found = format!("reserves {reserves}, held {held}, unsettled {unsettled}");
                let rows = format!(
                    "{}, {} and {} by its rows",
                    counted.reserves, counted.held, counted.unsettled
                );
                format!("{}: {found}, but {rows}", stored.code)
            })
            .collect();
        let detail = if differs.is_empty() { self.totals() } else { differs.join("; ") };
        Invariant::new("accounts follow from the rows", differs.is_empty(), detail)
    }

    /// What bounds an operator and what it has been asked for.
    fn check_standing(&self, count: &Recount) -> Invariant {
        let differs =
            self.accounts.list().iter().zip(&count.accounts).filter(|(stored, counted)| {
                let guarantees =
                    [stored.guarantees.earmarked, stored.guarantees.collateral].map(Total::from);
                (stored.cap.map(Total::from), Total::from(stored.withdrawing))
                    != (counted.cap, counted.withdrawing)
                    || guarantees != [counted.earmarked, counted.collateral]
                    || (stored.active, stored.peak_net_debit.into())
                        != (!counted.suspended, counted.peak_net_debit)
            });
        let mut differs: Vec<_> = differs.map(|(stored, _)| stored.code.to_string()).collect();
        let keeps_other = |number: &OperatorNumber| {
            self.reservations.standing(*number) != count.accounts[*number].reserved
        };
        let others = self.accounts.list().numbers().filter(keeps_other);
        differs.extend(others.map(|number| self.accounts[number].code.to_string()));
        let detail = format!("operators that differ: {}", list(&differs));
        Invariant::new(
            "caps, withdrawals and standing follow from the rows",
            differs.is_empty(),
            detail,
        )
    }

    /// What was lent and repaid, and what lasted beyond a day.
    fn check_lending(&self, count: &Recount) -> Invariant {
        let differs =
            self.accounts.list().iter().zip(&count.accounts).filter(|(stored, counted)| {
                let Lending { drawn, repaid, overdraft, .. } = stored.lending;
                let stored = [drawn, repaid, overdraft].map(Total::from);
                stored != [counted.drawn, counted.repaid, counted.overdraft] || repaid > drawn
            });
        let differs: Vec<_> = differs.map(|(stored, _)| stored.code.to_string()).collect();
        let open = |lending: Lending| Total::from(lending.drawn) - lending.repaid;
        let open: Total = self.accounts.list().iter().map(|account| open(account.lending)).sum();
        let detail = format!("{open} yuan are lent; operators that differ: {}", list(&differs));
        Invariant::new(
            "credit of the central bank follows from the rows",
            differs.is_empty(),
            detail,
        )
    }

    fn totals(&self) -> String {
        let reserves: Total = self.accounts.list().iter().map(|account| account.reserves).sum();
        let held: Total = self.accounts.list().iter().map(|account| account.held).sum();
        format!("{} operators, reserves {reserves}, held {held}", self.accounts.list().len())
    }

    fn check_outstanding(&self, count: &Recount) -> Invariant {
        let stored: Total = self.accounts.list().iter().map(|account| account.outstanding).sum();
        // From two sides: by the walk over the rows for each operator, and in all by where the
        // transfers stand.
        let undecided = self.transfers.list().iter().filter(|transfer| !transfer.state.is_final());
        let undecided = undecided.flat_map(|transfer| transfer.legs());
        let undecided: Total = undecided.map(|leg| leg.amount).sum();
        let pairs = self.accounts.list().iter().zip(&count.accounts);
        let ok = pairs
            .clone()
            .all(|(account, counted)| Total::from(account.outstanding) == counted.outstanding);
        let detail = format!("accounts {stored}, undecided transfers {undecided}");
        Invariant::new("outstanding admissions", ok && stored == undecided, detail)
    }

    /// A cap lowered below the exposure, or a settlement that turned inflow into money, is no
    /// breach.
    fn check_admissions(&self, count: &Recount) -> Invariant {
        let detail = format!(
            "{} transfers; breaches: {}",
            self.transfers.list().len(),
            list(&count.breaches)
        );
        Invariant::new(
            "nothing was admitted beyond cap or cover",
            count.breaches.is_empty(),
            detail,
        )
    }

    fn check_no_overdraft(&self) -> Invariant {
        let short = self.accounts.list().iter().filter(|account| {
            // The credit line is one of the reserve account; e-CNY is there or it is not.
            Total::from(account.reserves) + account.credit < Total::ZERO
                || account.held < Position::ZERO
        });
        let short: Vec<_> = short.map(|account| account.code.to_string()).collect();
        Invariant::new(
            "no account is overdrawn beyond its credit line",
            short.is_empty(),
            format!("overdrawn: {}", list(&short)),
        )
    }

    /// The treasury has what operators paid it, each sum that was asked for once at most.
    fn check_treasury(&self, count: &Recount) -> Invariant {
        let operators = self.accounts.list().numbers();
        let waiting = operators.flat_map(|number| self.operations.remittances(number));
        let waiting: Total = waiting.map(|(_, amount)| *amount).sum();
        let of = |is: fn(&Action) -> bool| -> Total {
            let rows = self.operations.rows().iter().filter(|row| is(&row.action));
            rows.map(|row| row.action.sum()).sum()
        };
        let asked = of(|action| matches!(action, Action::RequestRemittance { .. }));
        let treasury = Total::from(self.accounts.treasury());
        let ok = treasury == count.treasury && asked == treasury + waiting;
        let detail = format!("treasury {treasury} yuan, asked for {asked}, waiting {waiting}");
        Invariant::new("the treasury has what was remitted", ok, detail)
    }

    /// The claims between operators are what the cycles left.
    fn check_claims(&self) -> Invariant {
        let held = self.cycles.claims().by_operator(self.accounts.list().len());
        let left = |number: usize| {
            self.cycles.closed().iter().map(|cycle| cycle.positions[number].claimed).sum::<Total>()
        };
        let ok = held.iter().enumerate().all(|(number, held)| Total::from(*held) == left(number));
        let total: Total = held.iter().map(|held| Total::from(*held).debit()).sum();
        Invariant::new(
            "claims are what cycles left unsettled",
            ok,
            format!("claims of {total} yuan between operators"),
        )
    }

    /// Every cleared transfer lies in exactly one cycle, and the cycle's sums are those of its
    /// transfers and of what was carried into it.
    fn check_cycles(&self, count: &Recount) -> Invariant {
        let mut wrong = Vec::new();
        // What one cycle carries the next one must bring: a gap between two would make or lose
        // money.
        let mut brought = vec![Position::ZERO; self.accounts.list().len()];
        let mut payments = 0;
        let unsettled = [self.cycles.frozen(), self.cycles.open()];
        let unsettled = unsettled.into_iter().flatten().map(OpenCycle::cycle);
        for cycle in self.cycles.closed().iter().chain(unsettled) {
            if !matches_rows(cycle, count) || !adds_up(cycle, &brought) {
                wrong.push(cycle.id.to_string());
            }
            payments += cycle.payments;
            brought = cycle.positions.iter().map(|position| position.carried).collect();
        }
        let counted: u64 = count.cycles.values().map(|cycle| cycle.payments).sum();
        let detail = format!(
            "{payments} payments in cycles, {counted} cleared; cycles that differ: {}",
            list(&wrong)
        );
        Invariant::new(
            "cycles are the sums of their payments",
            wrong.is_empty() && payments == counted,
            detail,
        )
    }

    /// Computes the hash of every batch again.
    fn check_chain(&self, seals: &[BatchSeal]) -> Invariant {
        let mut hasher = BatchHasher::default();
        let mut rows = self.rows().peekable();
        crate::seal::check_chain(seals, self.chain, |previous, seal| {
            // A seal names the last row of its batch, so that a row moved to another batch is
            // found, too.
            while let Some(row) = rows.next_if(|row| row.number() <= seal.last_row) {
                row.hash_into(hasher.bytes());
            }
            hasher.seal(previous, seal.batch, seal.beside.as_ref())
        })
    }
}

fn sums_to_zero(cycle: &Cycle) -> bool {
    let sum = |of: fn(&CyclePosition) -> Position| cycle.positions.iter().map(of).sum::<Total>();
    let sums = [
        sum(|position| position.net),
        sum(|position| position.settled),
        sum(|position| position.carried),
    ];
    sums.iter().all(|sum| sum.is_zero())
}

fn matches_rows(cycle: &Cycle, count: &Recount) -> bool {
    let Some(counted) = count.cycles.get(&cycle.id) else {
        return cycle.payments == 0 && cycle.gross.is_zero();
    };
    let same = |(stored, (sent, received)): (&CyclePosition, &(Total, Total))| {
        (Total::from(stored.sent), Total::from(stored.received)) == (*sent, *received)
    };
    (cycle.payments, Total::from(cycle.gross)) == (counted.payments, counted.gross)
        && cycle.positions.iter().zip(&counted.flows).all(same)
}

/// What came in and was cleared is what settled and went on; in the open cycle nothing has yet.
fn adds_up(cycle: &Cycle, brought: &[Position]) -> bool {
    let is_open = matches!(cycle.state, CycleState::Open | CycleState::Frozen);
    cycle.positions.iter().zip(brought).all(|(position, brought)| {
        let ends = Total::from(position.settled) + position.carried + position.claimed;
        Total::from(position.net) == Total::from(position.received) - position.sent
            && position.brought == *brought
            && (is_open || ends == Total::from(position.net) + position.brought)
    })
}

/// Some of a list, readable whatever its length.
fn list(items: &[String]) -> String {
    const SHOWN: usize = 5;
    match items.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => {
            format!("{} and {} more", items[..SHOWN].join(", "), count - SHOWN)
        }
        _ => items.join(", "),
    }
}

#[cfg(test)]
mod tests;
