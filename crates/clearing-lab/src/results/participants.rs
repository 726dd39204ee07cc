//! The banks that take part through operators, and what they make of positions.

use clearing_domain::money::OperatorCode;
use clearing_domain::operator::OperatorLedger;
use serde::{Deserialize, Serialize};

use crate::engine::Ledgers;
use crate::experiment::script::ParticipantFigure;

use super::story::{count, fen};

/// A bank that takes part through an operator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ParticipantSummary {
    /// Its code.
    pub code: String,
    /// The place of its operator among the operators of the summary.
    pub operator: usize,
    /// The wallets that were opened for it.
    pub wallets: u64,
    /// What its wallets paid to those of other operators.
    pub sent_fen: i64,
    /// What its wallets received from those of other operators.
    pub received_fen: i64,
    /// Received minus sent: its part in the position of the operator.
    pub net_fen: i64,
    /// What its wallets paid to others of the operator.
    pub on_us_sent_fen: i64,
    /// What its wallets received from others of the operator.
    pub on_us_received_fen: i64,
}

/// Those of all operators, each operator's in the order of their codes.
pub(super) fn participants(ledgers: &Ledgers) -> Vec<ParticipantSummary> {
    let of_operator = |(place, ledger): (usize, &OperatorLedger)| {
        let codes = ledger.participants().codes();
        codes.into_iter().map(|code| summed(ledger, place, code)).collect::<Vec<_>>()
    };
    ledgers.operators.iter().enumerate().flat_map(of_operator).collect()
}

fn summed(ledger: &OperatorLedger, operator: usize, code: OperatorCode) -> ParticipantSummary {
    let participants = ledger.participants();
    let total = participants.total_of(Some(code));
    ParticipantSummary {
        code: code.to_string(),
        operator,
        wallets: participants.wallets_of(code),
        sent_fen: fen(total.sent),
        received_fen: fen(total.received),
        net_fen: fen(total.net()),
        on_us_sent_fen: fen(total.on_us_sent),
        on_us_received_fen: fen(total.on_us_received),
    }
}

/// A figure of a bank; every bank takes part through one operator.
pub(super) fn of_participant(
    all: &[ParticipantSummary],
    code: OperatorCode,
    figure: ParticipantFigure,
) -> i64 {
    let found = all.iter().find(|one| one.code == code.as_str());
    found.map_or(0, |one| match figure {
        ParticipantFigure::Wallets => count(one.wallets),
        ParticipantFigure::Sent => one.sent_fen,
        ParticipantFigure::Received => one.received_fen,
        ParticipantFigure::Net => one.net_fen,
        ParticipantFigure::OnUsSent => one.on_us_sent_fen,
        ParticipantFigure::OnUsReceived => one.on_us_received_fen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{run, small};

    #[test]
    fn banks_have_their_share_of_generated_wallets_and_make_up_their_operator() {
        let listed = [
            "cluster.operators.ABC.indirect=['HXB','CEB']",
            "cluster.operators.ABC.indirect_permille=400",
        ];
        let ledgers = run(&small(7, &listed)).unwrap();
        let abc = &ledgers.operators[1];
        let banks = participants(&ledgers);
        let wallets = abc.wallets().len() as u64;
        for bank in &banks {
            // A fifth each; few wallets of a kind leave some out.
            assert!((wallets / 6..=wallets / 5).contains(&bank.wallets), "{bank:?} of {wallets}");
            assert!(bank.sent_fen > 0 && bank.received_fen > 0, "{bank:?}");
            assert!(bank.on_us_sent_fen > 0 && bank.on_us_received_fen > 0, "{bank:?}");
        }
        assert_eq!(banks.iter().map(|bank| &*bank.code).collect::<Vec<_>>(), ["CEB", "HXB"]);
        let own = abc.participants().total_of(None);
        let cycles = ledgers.central_bank.cycles();
        let net: i64 = cycles.iter().map(|cycle| cycle.positions[place(&ledgers)].net.fen()).sum();
        let of_banks: i64 = banks.iter().map(|bank| bank.net_fen).sum();
        assert_eq!(fen(own.net()) + of_banks, net);
    }

    /// The place of ABC among the accounts of the central bank.
    fn place(ledgers: &Ledgers) -> usize {
        let mut accounts = ledgers.central_bank.accounts().iter();
        accounts.position(|account| account.code.as_str() == "ABC").unwrap()
    }
}
