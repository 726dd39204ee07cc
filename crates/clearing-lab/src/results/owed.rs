//! Who owes what outside settlement: claims between operators, who bears them, and credit of the
//! central bank.

use std::collections::BTreeMap;

use clearing_domain::Regime;
use clearing_domain::central_bank::{Action, CentralBankLedger};
use clearing_domain::money::{OperatorNumber, Position, Timestamp};

/// What stands for the central bank among the creditors.
const CENTRAL_BANK: &str = "central-bank";

/// What an operator owes, is owed and has lost, outside settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OperatorOwed {
    /// What the central bank lent it at cut-offs.
    pub(super) drawn: Position,
    /// What it repaid of that.
    pub(super) repaid: Position,
    /// What is lent to it and not repaid at the end.
    pub(super) open: Position,
    /// What it owed the central bank after the last close of a day, its reserve account below zero
    /// included.
    pub(super) overdraft: Position,
    /// Claims on other operators at the end.
    pub(super) claims_held: Position,
    /// What other operators claim of it at the end.
    pub(super) claims_owed: Position,
    /// The claims that it got in the place of money, when they arose.
    pub(super) loss: Position,
}

/// What one owes another, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Debt<'a> {
    /// `CLAIM`, `CREDIT` or `OVERDRAFT`.
    pub(super) kind: &'static str,
    pub(super) debtor: &'a str,
    pub(super) creditor: &'a str,
    /// Everything that arose.
    pub(super) arisen: Position,
    /// What of that was repaid, or set off against claims the other way.
    pub(super) settled: Position,
    /// What is owed at the end.
    pub(super) open: Position,
    /// At how many cut-offs it arose.
    pub(super) cut_offs: usize,
}

/// What each operator owes, is owed and has lost, by its number; what arose up to a time is left
/// out.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many actions a few move money")]
pub(super) fn by_operator(ledger: &CentralBankLedger, from: Timestamp) -> Vec<OperatorOwed> {
    let open = |account: &clearing_domain::central_bank::OperatorAccount| OperatorOwed {
        open: account.lending.open(),
        overdraft: account.lending.overdraft,
        ..OperatorOwed::default()
    };
    let mut owed: Vec<_> = ledger.accounts().iter().map(open).collect();
    // Only flows are counted from a time on; what is owed at the end is owed whenever it arose.
    for row in ledger.operations().iter().filter(|row| row.at > from) {
        let Some(operator) = row.operator else { continue };
        match row.action {
            Action::Lend { amount } => owed[operator.place()].drawn += amount,
            Action::Repay { amount } => owed[operator.place()].repaid += amount,
            _ => {}
        }
    }
    for claim in ledger.outstanding_claims() {
        owed[usize::from(claim.creditor)].claims_held += claim.amount;
        owed[usize::from(claim.debtor)].claims_owed += claim.amount;
    }
    let closed_since = |id: clearing_domain::money::CycleId| {
        ledger.cycles().get(id.index()).is_some_and(|cycle| cycle.closed_at > Some(from))
    };
    for default in ledger.defaults().iter().filter(|default| closed_since(default.cycle)) {
        for claim in &default.claims {
            owed[usize::from(claim.creditor)].loss += claim.amount;
        }
    }
    owed
}

/// Everything owed outside settlement, by debtor and creditor.
pub(super) fn debts(ledger: &CentralBankLedger) -> Vec<Debt<'_>> {
    let code = |number: OperatorNumber| ledger.accounts()[number].code.as_str();
    let mut arisen: BTreeMap<(OperatorNumber, OperatorNumber), (Position, usize)> = BTreeMap::new();
    for claim in ledger.defaults().iter().flat_map(|default| &default.claims) {
        let (sum, cut_offs) = arisen.entry((claim.debtor, claim.creditor)).or_default();
        *sum += claim.amount;
        *cut_offs += 1;
    }
    let open: BTreeMap<_, _> = ledger
        .outstanding_claims()
        .into_iter()
        .map(|claim| ((claim.debtor, claim.creditor), claim.amount))
        .collect();
    let claims = arisen.into_iter().map(|(pair, (arisen, cut_offs))| {
        let open = open.get(&pair).copied().unwrap_or_default();
        let (debtor, creditor) = (code(pair.0), code(pair.1));
        Debt { kind: "CLAIM", debtor, creditor, arisen, settled: arisen - open, open, cut_offs }
    });
    let mut debts: Vec<_> = claims.collect();
    for (number, account) in ledger.accounts().numbered() {
        let lent = |row: &&clearing_domain::central_bank::Operation| {
            matches!(row.action, Action::Lend { .. }) && row.operator == Some(number)
        };
        let of_central_bank = |kind, arisen, settled, cut_offs| Debt {
            kind,
            debtor: account.code.as_str(),
            creditor: CENTRAL_BANK,
            arisen,
            settled,
            open: arisen - settled,
            cut_offs,
        };
        if account.lending.drawn > Position::ZERO {
            let cut_offs = ledger.operations().iter().filter(lent).count();
            debts.push(of_central_bank(
                "CREDIT",
                account.lending.drawn,
                account.lending.repaid,
                cut_offs,
            ));
        }
        // In the cash regime reserves do not settle, and a balance below zero there cannot be.
        if ledger.settings().regime == Regime::Deposit && account.reserves < Position::ZERO {
            debts.push(of_central_bank(
                "OVERDRAFT",
                account.reserves.debit().position(),
                Position::ZERO,
                0,
            ));
        }
    }
    debts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::run;
    use crate::experiment::Experiment;

    /// The golden net, in which A owes 80 net and has 30.
    fn short(sets: &[&str]) -> crate::engine::Ledgers {
        let sets =
            sets.iter().chain(&["cluster.operators.A.reserves=30"]).map(|set| set.parse().unwrap());
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        run(&Experiment::from_text(&text, &sets.collect::<Vec<_>>(), None).unwrap()).unwrap()
    }

    fn debts_of(sets: &[&str]) -> Vec<(&'static str, String, [i64; 3])> {
        let ledgers = short(sets);
        let debts = debts(&ledgers.central_bank).into_iter().map(|debt| {
            let parties = format!("{} to {}", debt.debtor, debt.creditor);
            (debt.kind, parties, [debt.arisen, debt.settled, debt.open].map(|sum| sum.fen()))
        });
        debts.collect()
    }

    fn debts_as(
        kind: &'static str,
        parties: &str,
        sums: [i64; 3],
    ) -> (&'static str, String, [i64; 3]) {
        (kind, parties.to_owned(), sums)
    }

    #[test]
    fn what_the_central_bank_lent_is_owed_to_it() {
        // 50 are lent at the close of the day; A has nothing left to repay with.
        assert_eq!(
            debts_of(&["cluster.shortfall=central-bank-credit"]),
            [debts_as("CREDIT", "A to central-bank", [5000, 0, 5000])]
        );
        let ledgers = short(&["cluster.shortfall=central-bank-credit"]);
        let of_a = by_operator(&ledgers.central_bank, Timestamp::ZERO)[0];
        let sums = [of_a.drawn, of_a.repaid, of_a.open, of_a.overdraft].map(|sum| sum.fen());
        assert_eq!(sums, [5000, 0, 5000, 5000]);
    }

    #[test]
    fn who_is_not_paid_bears_the_loss() {
        let losses = |shortfall: &str| -> Vec<i64> {
            by_operator(&short(&[shortfall]).central_bank, Timestamp::ZERO)
                .iter()
                .map(|one| one.loss.fen())
                .collect()
        };
        // Taken out: A owes B 60 and D 55, and is owed 35 by C. What is left: B pays C 20, D pays B
        // 35 and C 25.
        assert_eq!(losses("cluster.shortfall=unwind"), [3500, 6000, 0, 5500]);
        // A pays in the 30 it has; B and D are exposed with 60 and 55 and share the 50 it lacks.
        assert_eq!(losses("cluster.shortfall=loss-sharing"), [0, 2609, 0, 2391]);
        // A has 30 and gets 35: 65 for 115. B gets 60 x 65/115 and D 55 x 65/115, in whole fen.
        assert_eq!(losses("cluster.shortfall=pro-rata"), [0, 2609, 0, 2392]);
        let claims = debts_of(&["cluster.shortfall=pro-rata"]);
        assert_eq!(
            claims,
            [
                debts_as("CLAIM", "A to B", [2609, 0, 2609]),
                debts_as("CLAIM", "A to D", [2392, 0, 2392])
            ]
        );
        assert!(debts_of(&["cluster.shortfall=partial-net"]).is_empty());
    }

    #[test]
    fn claims_in_both_directions_are_set_off() {
        // The failure of A at noon leaves claims; in the afternoon B fails towards A.
        let more = "  { time = \"15:00\", from = \"B\", to = \"A\", value = \"50\" },\n]";
        let text = include_str!("../../../../experiments/golden-net.toml")
            .replace("\n]\n", &format!("\n{more}\n"));
        let sets = [
            "cluster.cycles_per_day=2",
            "cluster.operators.A.reserves=30",
            "cluster.operators.B.reserves=0",
        ];
        let sets =
            sets.into_iter().chain(["cluster.shortfall=unwind"]).map(|set| set.parse().unwrap());
        let sets: Vec<_> = sets.collect();
        let ledgers =
            run(&Experiment::from_text(&text.replace("cap = ", "# "), &sets, None).unwrap())
                .unwrap();
        let debts = debts(&ledgers.central_bank);
        for debt in &debts {
            assert_eq!(debt.arisen - debt.settled, debt.open, "{debt:?}");
        }
        let between = |debtor, creditor| {
            debts.iter().find(|one| (one.debtor, one.creditor) == (debtor, creditor))
        };
        let (one, other) = (between("A", "B"), between("B", "A"));
        assert!(one.is_some() && other.is_some_and(|other| other.open.is_zero()), "{debts:?}");
    }
}
