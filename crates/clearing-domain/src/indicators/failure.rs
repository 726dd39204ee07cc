//! The effects of a participant that cannot settle.

use rust_decimal::Decimal;

use super::record::at_each_time;
use super::{Flows, Record, ratio};

/// How an unwinding spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contagion {
    /// How many participants failed in each round.
    pub failures: Vec<usize>,
    /// The value of the payments removed in each round, in fen.
    pub unwound: Vec<i128>,
    /// All value unwound over G.
    pub share: Option<Decimal>,
}

/// The settlement-asset deficiency: Σ max(0, net debit_i − balance_i − credit_i), the sum that is
/// missing for the settlement; in fen.
pub fn settlement_asset_deficiency(nets: &[i128], balances: &[i128], credits: &[i128]) -> i128 {
    let missing = |((net, balance), credit): ((&i128, &i128), &i128)| {
        ((-net).max(0) - balance - credit).max(0)
    };
    nets.iter().zip(balances).zip(credits).map(missing).sum()
}

/// Contagion: the failures of each round of an unwinding, and the value unwound, also over G. A
/// payment is unwound in the round in which its sender or its receiver fails first.
/// Source: Angelini, Maresca and Russo 1996.
pub fn contagion(flows: &Flows, rounds: &[Vec<usize>]) -> Contagion {
    let mut failed = vec![false; flows.participants()];
    let survives = |failed: &[bool]| -> i128 {
        let all = 0..flows.participants();
        let pairs = all.clone().flat_map(|one| all.clone().map(move |other| (one, other)));
        pairs
            .filter(|(one, other)| !failed[*one] && !failed[*other])
            .map(|(one, other)| flows.between(one, other))
            .sum()
    };
    let (mut unwound, mut left) = (Vec::new(), flows.gross());
    for round in rounds {
        round.iter().for_each(|who| failed[*who] = true);
        // By what remains and not by what fails: a payment between two that fail in one round
        // counts once.
        let remains = survives(&failed);
        unwound.push(left - remains);
        left = remains;
    }
    let share = ratio(unwound.iter().sum(), flows.gross());
    Contagion { failures: rounds.iter().map(Vec::len).collect(), unwound, share }
}

/// The least balance of each participant at any time, from its opening balance; payments that
/// settle at one time are netted before the balance is taken. In fen.
pub fn minimum_balances(opening: &[i128], records: &[Record]) -> Vec<i128> {
    let (mut balances, mut least) = (opening.to_vec(), opening.to_vec());
    let settled = records.iter().filter_map(|record| Some((record.settled?, record))).collect();
    at_each_time(settled, |_, records| {
        let mut touched = Vec::new();
        for Record { sender, receiver, value, .. } in records {
            balances[*sender] -= i128::from(value.fen());
            balances[*receiver] += i128::from(value.fen());
            touched.push(*sender);
        }
        // Only who paid can have a new minimum, and only once all payments of the time are counted.
        for who in touched {
            least[who] = least[who].min(balances[who]);
        }
    });
    least
}

/// Liquidity deterioration: by how much each participant's minimum balance in a stressed run is
/// below that of its baseline run; negative when it is better off.
/// Source: Bank of Finland payment system simulator, stress studies.
pub fn liquidity_deterioration(baseline: &[i128], stressed: &[i128]) -> Vec<i128> {
    baseline.iter().zip(stressed).map(|(baseline, stressed)| baseline - stressed).collect()
}
