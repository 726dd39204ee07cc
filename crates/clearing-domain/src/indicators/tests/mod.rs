//! Hand-made days, and the published case.

mod case;
mod centre;
mod flows;
mod rules;
mod times;

use crate::money::Amount;

use super::{Flows, Record};

/// Records from text as in "10 A B 60; 20 B C 50 25": submitted, sender, receiver, yuan, settled.
pub(super) fn records(text: &str) -> Vec<Record> {
    let one = |item: &str| {
        let parts: Vec<_> = item.split_whitespace().collect();
        let who = |place: usize| usize::from(parts[place].as_bytes()[0] - b'A');
        Record {
            submitted: parts[0].parse().unwrap(),
            sender: who(1),
            receiver: who(2),
            value: parts[3].parse().unwrap(),
            settled: parts.get(4).map(|at| at.parse().unwrap()),
        }
    };
    text.split(';').map(one).collect()
}

/// The flows of records between A, B and so on.
fn flows(participants: usize, text: &str) -> Flows {
    Flows::of(participants, &records(text))
}

/// Yuan in fen.
pub(super) fn fen(yuan: &[i128]) -> Vec<i128> {
    yuan.iter().map(|yuan| yuan * 100).collect()
}

fn shown(ratio: Option<rust_decimal::Decimal>) -> String {
    ratio.map_or_else(|| "none".to_owned(), |ratio| ratio.round_dp(6).normalize().to_string())
}

/// Any records between some participants, at times up to 30 and with coarse values.
pub(super) fn any_records(
    participants: usize,
    most: usize,
) -> impl proptest::strategy::Strategy<Value = Vec<Record>> {
    use proptest::prelude::*;
    let one = (0..participants, 1..participants, 1..20_i64, 0..30_i64).prop_map(
        move |(sender, other, fen, submitted)| {
            let receiver = (sender + other) % participants;
            Record {
                sender,
                receiver,
                value: Amount::from_fen(fen).unwrap(),
                submitted,
                settled: None,
            }
        },
    );
    prop::collection::vec(one, 1..=most)
}
