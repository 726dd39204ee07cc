//! What a test ledger reads and writes, in words and in rows.

use crate::link::{AdviceEvent, CentralBankMessage, Outcome, Side};
use crate::money::{CycleId, Position};

pub(super) fn outcome_in_words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Queued => "queued".to_owned(),
        Outcome::Cleared(cycle) => format!("cleared {}", CycleId::number_or_zero(cycle)),
        Outcome::Refused(reason) => format!("refused {reason}"),
    }
}

pub(super) fn in_words(message: &CentralBankMessage) -> Vec<String> {
    let roster = (!message.roster.is_empty()).then(|| "roster".to_owned());
    let refused = message.refused.iter().map(|text| format!("refused: {text}"));
    let notices = message.notices.iter().map(|notice| {
        let side = match notice.side {
            Side::Payer => "payer",
            Side::Payee => "payee",
            Side::Sponsor => "sponsor",
        };
        format!("#{} {} to {side}", notice.id.0[0], outcome_in_words(notice.outcome))
    });
    let advices = message.advices.iter().map(|advice| advice_in_words(&advice.event));
    let funds = message.funds.iter().map(|fund| format!("fund #{}", fund.id.0[0]));
    let deliveries =
        message.deliveries.iter().map(|delivery| format!("deliver #{}", delivery.id.0[0]));
    let revokes = message.revokes.iter().map(|id| format!("revoke #{}", id.0[0]));
    let end = message.tick_end.map(|tick| format!("tick {tick} ends"));
    let close = message.tick_close.map(|tick| format!("complete tick {tick}"));
    roster
        .into_iter()
        .chain(refused)
        .chain(notices)
        .chain(advices)
        .chain(funds)
        .chain(deliveries)
        .chain(revokes)
        .chain(end)
        .chain(close)
        .collect()
}

fn advice_in_words(event: &AdviceEvent) -> String {
    let whole = |sum: Position| sum.fen() / 100;
    match event {
        AdviceEvent::Issued { amount, .. } => format!("issued {}", whole(amount.position())),
        AdviceEvent::WithdrawalRequested { amount, .. } => {
            format!("set aside {}", whole(amount.position()))
        }
        AdviceEvent::Withdrawn { amount, .. } => format!("withdrawn {}", whole(amount.position())),
        AdviceEvent::Remitted { amount, .. } => format!("remitted {}", whole(amount.position())),
        AdviceEvent::ReservesChanged { change, .. } => format!("reserves {}", whole(*change)),
        AdviceEvent::Claimed { cycle, claimed } => {
            format!("cycle {cycle} claimed {}", whole(*claimed))
        }
        AdviceEvent::Settled { cycle, settled, carried, .. } => {
            format!("cycle {cycle} settled {} carried {}", whole(*settled), whole(*carried))
        }
    }
}
