//! What a test ledger reads, in words.

use crate::link::OperatorMessage;

pub(super) fn in_words(message: &OperatorMessage) -> Vec<String> {
    let registration = message.registration.map(|_| "register".to_owned());
    let decisions = message.decisions.iter().map(|decision| match decision.rejected {
        None => format!("accept #{}", decision.id.0[0]),
        Some(reason) => format!("reject #{} {reason}", decision.id.0[0]),
    });
    let fundings = message.fundings.iter().map(|answer| match answer.declined {
        None => format!("fund #{}", answer.id.0[0]),
        Some(reason) => format!("decline #{} {reason}", answer.id.0[0]),
    });
    let instructions =
        message.instructions.iter().map(|instruction| format!("instruct #{}", instruction.id.0[0]));
    let answers = message
        .withdrawals
        .iter()
        .map(|answer| if answer.held { "set aside" } else { "decline" }.to_owned());
    let remittances = message
        .remittances
        .iter()
        .map(|remittance| format!("remit {}", remittance.amount.fen() / 100));
    let resent = message.resend_complete.then(|| "that is all".to_owned());
    let done = message.tick_done.map(|done| format!("tick {} has {}", done.tick, done.count));
    let acknowledged = message.tick_acknowledged.map(|tick| format!("tick {tick} is over"));
    let said = registration
        .into_iter()
        .chain(decisions)
        .chain(fundings)
        .chain(instructions)
        .chain(answers)
        .chain(remittances);
    said.chain(resent).chain(done).chain(acknowledged).collect()
}
