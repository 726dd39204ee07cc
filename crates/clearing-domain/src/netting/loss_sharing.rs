//! Loss sharing: the survivors pay the shortfall of a participant that cannot cover its net.

use crate::money::Position;

use super::{Obligation, net_positions};

/// A batch whose shortfalls were shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossSharing {
    /// Which payments settle: all, or none when the survivors cannot pay.
    pub settles: Vec<bool>,
    /// The contribution of each participant for others; negative for a defaulter, whose shortfall
    /// it covers. They sum to zero, and are all zero when nothing settles.
    pub contributions: Vec<Position>,
    /// The payments of survivors in place of defaulters.
    pub paid: Vec<PaidForAnother>,
}

/// A payment of a survivor in place of a defaulter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidForAnother {
    /// The survivor.
    pub by: usize,
    /// The defaulter.
    pub for_defaulter: usize,
    /// The amount.
    pub amount: Position,
}

/// Settles the whole batch net, the shortfall of each participant that cannot cover shared by the
/// survivors (survivors pay; the additional settlement obligations of CHIPS before 2001, there by
/// credit limits, here by exposure).
///
/// A survivor is a participant that covers its net of the whole batch. Its weight towards a
/// defaulter is its net bilateral exposure: what the defaulter owes it in the batch less what it
/// owes the defaulter, if positive. Shares are whole fen by largest remainder, ties to the lower
/// number. No survivor pays more than its balance after the batch; the part that it cannot pay is
/// shared again among the others, by weight. Defaulters are treated in the order of their codes.
/// When the participants exposed to a defaulter cannot pay its shortfall, nothing settles and no
/// participant pays. Takes O(Q + N³).
pub fn loss_sharing(balances: &[Position], queue: &[Obligation]) -> LossSharing {
    let participants = balances.len();
    let nets = net_positions(participants, queue);
    let mut room: Vec<i64> =
        balances.iter().zip(nets).map(|(balance, net)| (*balance + net).fen()).collect();
    let defaulters: Vec<(usize, i64)> =
        room.iter().copied().enumerate().filter(|(_, after)| *after < 0).collect();
    let mut owed = vec![vec![Position::ZERO; participants]; participants];
    for Obligation { debtor, creditor, amount } in queue {
        owed[*debtor][*creditor] += *amount;
    }
    let mut contributions = vec![Position::ZERO; participants];
    let mut paid = Vec::new();
    // A contribution to one defaulter uses up room for the next, so the order is fixed: that of the
    // codes.
    for (defaulter, after) in defaulters {
        let exposure = |who: usize| (owed[defaulter][who] - owed[who][defaulter]).fen().max(0);
        let weights: Vec<i64> = (0..participants).map(exposure).collect();
        let Some(shares) = shares(-after, &weights, &room) else {
            let nothing = vec![Position::ZERO; participants];
            return LossSharing {
                settles: vec![false; queue.len()],
                contributions: nothing,
                paid: Vec::new(),
            };
        };
        for (who, share) in shares.into_iter().enumerate() {
            room[who] -= share;
            let amount = Position::from_fen(share);
            contributions[who] += amount;
            if share > 0 {
                paid.push(PaidForAnother { by: who, for_defaulter: defaulter, amount });
            }
        }
        // What the survivors pay reaches the defaulter, so the contributions sum to zero.
        contributions[defaulter] += Position::from_fen(after);
    }
    assert!(contributions.iter().copied().sum::<Position>().is_zero());
    LossSharing { settles: vec![true; queue.len()], contributions, paid }
}

/// Shares a loss by weight, with no share above its participant's room; `None` when the room does
/// not cover the loss.
fn shares(loss: i64, weights: &[i64], room: &[i64]) -> Option<Vec<i64>> {
    let mut shares = vec![0; weights.len()];
    let mut left = loss;
    let mut open: Vec<usize> =
        (0..weights.len()).filter(|who| weights[*who] > 0 && room[*who] > 0).collect();
    while left > 0 {
        if open.is_empty() {
            return None;
        }
        let parts =
            by_largest_remainder(left, &open.iter().map(|who| weights[*who]).collect::<Vec<_>>());
        let over: Vec<bool> =
            open.iter().zip(&parts).map(|(who, part)| *part > room[*who]).collect();
        let capped = over.contains(&true);
        // When some cannot pay their part, only these pay in this round, all they have; the others
        // share the rest in the next round. Each round closes at least one participant, so it ends.
        for ((who, part), over) in open.iter().zip(&parts).zip(&over) {
            if *over || !capped {
                shares[*who] = (*part).min(room[*who]);
                left -= shares[*who];
            }
        }
        let mut over = over.into_iter();
        open.retain(|_| over.next() == Some(false));
    }
    Some(shares)
}

/// Splits a number by weights into whole parts that add up to it.
fn by_largest_remainder(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    // Wider than money: a large loss times a large weight does not fit into 64 bits.
    let exact = |weight: i64| i128::from(total) * i128::from(weight);
    let mut parts: Vec<i64> = weights.iter().map(|weight| (exact(*weight) / sum) as i64).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|place| (std::cmp::Reverse(exact(weights[*place]) % sum), *place));
    let missing = total - parts.iter().sum::<i64>();
    for place in by_remainder.into_iter().take(missing as usize) {
        parts[place] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::*;

    #[track_caller]
    fn check(balances: &[i64], payments: &str, contributions: &[&str]) {
        let shared = loss_sharing(&yuan(balances), &owes(payments));
        let found: Vec<_> = shared.contributions.iter().map(ToString::to_string).collect();
        assert_eq!(found, contributions);
    }

    #[test]
    fn the_shortfall_is_shared_by_net_exposure() {
        check(&[10, 0, 0], "A B 30; A C 20; C A 10", &["-30.00", "22.50", "7.50"]);
    }

    #[test]
    fn odd_fen_go_to_the_largest_remainder_and_then_the_first() {
        check(&[0, 1, 0, 0], "A B 1; A C 1; A D 1; B A 2", &["-1.00", "0.00", "0.50", "0.50"]);
        assert_eq!(by_largest_remainder(100, &[1, 1, 1]), [34, 33, 33]);
    }

    #[test]
    fn who_cannot_pay_its_share_pays_what_it_has() {
        // A lacks 11 of 20; B passes on all but 1 of the 10 it gets.
        check(&[9, 0, 0, 0], "A B 10; A C 10; B D 9", &["-11.00", "1.00", "10.00", "0.00"]);
    }

    #[test]
    fn nothing_settles_when_the_exposed_cannot_pay() {
        let shared = loss_sharing(&yuan(&[0, 0, 9]), &owes("A B 10; B C 10"));
        assert_eq!(shared.settles, [false, false]);
        assert_eq!(shared.contributions, yuan(&[0, 0, 0]));
    }
}
