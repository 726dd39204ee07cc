//! The banks that take part through operators.

use crate::results::ParticipantSummary;

use super::files::RunFiles;
use super::table::{Table, cells};
use super::text::{grouped, yuan};

/// What each of them makes of the position of its operator; no rows where there are none.
pub(super) fn table(files: &RunFiles) -> Table {
    let row = |one: &ParticipantSummary| {
        let operator = files.summary.operators.get(one.operator);
        vec![
            one.code.clone(),
            operator.map(|operator| operator.code.clone()).unwrap_or_default(),
            grouped(one.wallets),
            yuan(one.sent_fen),
            yuan(one.received_fen),
            yuan(one.net_fen),
            yuan(one.on_us_sent_fen),
            yuan(one.on_us_received_fen),
        ]
    };
    Table {
        caption:
            "Indirect participants: yuan sent to and received from other operators, which are \
                  within the figures of their operator, and within it"
                .to_owned(),
        header: cells([
            "participant",
            "operator",
            "wallets",
            "sent",
            "received",
            "net",
            "sent on us",
            "received on us",
        ]),
        text: &[1],
        rows: files.summary.participants.iter().map(row).collect(),
    }
}
