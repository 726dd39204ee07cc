//! Positions of participants counted again from the rows, for the audit: not by the functions that
//! kept them.

use std::collections::BTreeMap;

use crate::Details;
use crate::money::{Amount, OperatorCode, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{Answered, Decided, End, Taken};
use super::super::recount::NAMED_MAX;
use super::super::rows::{OperatorRow, OutcomeRow, PaymentRow};
use super::{IndirectPosition, Part, Period};

/// What waits for its outcome: who pays, or else receives, how much.
struct Waiting {
    parts: Vec<(WalletNumber, Amount)>,
    is_sent: bool,
}

#[derive(Default)]
struct Count {
    participants: BTreeMap<WalletNumber, OperatorCode>,
    parents: BTreeMap<WalletNumber, WalletNumber>,
    waiting: BTreeMap<u64, Waiting>,
    positions: BTreeMap<(Period, Part), IndirectPosition>,
}

impl OperatorLedger {
    /// The positions of participants, and the operator's own, are what the rows say.
    pub(in super::super) fn check_participants(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        let kept = self.participants.positions.iter();
        let kept: BTreeMap<_, _> =
            kept.map(|(period, part, position)| ((*period, *part), *position)).collect();
        let differs = |(key, found): (&(Period, Part), &IndirectPosition)| {
            (kept.get(key) != Some(found)).then_some(*key)
        };
        let wrong: Vec<_> = count.positions.iter().filter_map(differs).collect();
        let ok = wrong.is_empty() && kept.len() == count.positions.len();
        let wallets = count.participants.len();
        let mut detail = format!("{wallets} wallets of participants, {} positions", kept.len());
        if !wrong.is_empty() {
            let named: Vec<_> = wrong
                .iter()
                .take(NAMED_MAX)
                .map(|(period, part)| in_words(*period, *part))
                .collect();
            detail = format!("{detail}; {} differ: {}", wrong.len(), named.join(", "));
        }
        Invariant::new("positions of participants are what their rows say", ok, detail)
    }
}

fn in_words(period: Period, part: Part) -> String {
    let who = part.map_or_else(|| "the operator's own".to_owned(), |code| code.to_string());
    match period {
        Period::Cycle(cycle) => format!("{who} in cycle {cycle}"),
        Period::Day(day) => format!("{who} on {day}"),
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        if let OperatorRow::Participant(row) = row {
            self.participants.insert(row.wallet, row.participant);
        } else if let OperatorRow::SubWallet(row) = row {
            self.parents.insert(row.wallet, row.parent);
        } else if let OperatorRow::Payment(row) = row {
            self.take_payment(row);
        } else if let OperatorRow::Inbound(row) = row {
            if let Some(delivered) = &row.delivered
                && !matches!(row.decided, Decided::Rejected { .. })
            {
                let parts = vec![(delivered.payee, delivered.amount)];
                self.waiting.insert(row.row, Waiting { parts, is_sent: false });
            }
        } else if let OperatorRow::Funding(row) = row {
            if row.answered == Answered::Funded {
                let parts = vec![(row.campaign, row.discount)];
                self.waiting.insert(row.row, Waiting { parts, is_sent: true });
            }
        } else if let OperatorRow::Outcome(row) = row {
            self.take_outcome(row);
        }
    }

    fn part_of(&self, wallet: WalletNumber) -> Part {
        let alone = self.parents.get(&wallet).unwrap_or(&wallet);
        self.participants.get(alone).copied()
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let voucher = row.details.as_ref().and_then(|details| details.voucher);
        let own = voucher.filter(|voucher| voucher.campaign.prefix() == row.payer.prefix());
        let rest = Details::payers_part(row.details.as_deref(), row.amount);
        let mut parts = vec![(row.payer, rest)];
        parts.extend(own.map(|voucher| (voucher.campaign, voucher.discount)));
        match row.taken {
            Taken::Rejected { .. } => {}
            Taken::InTransit => {
                self.waiting.insert(row.row, Waiting { parts, is_sent: true });
            }
            Taken::Completed => {
                let (to, period) = (self.part_of(row.payee), Period::Day(row.submitted_at.date()));
                for (wallet, amount) in parts {
                    let from = self.part_of(wallet);
                    if from != to {
                        self.positions.entry((period, from)).or_default().on_us_sent += amount;
                        self.positions.entry((period, to)).or_default().on_us_received += amount;
                    }
                }
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(waiting) = self.waiting.remove(&row.of) else { return };
        let End::Cleared { cycle } = row.end else { return };
        let period = Period::of(cycle, row.at);
        for (wallet, amount) in waiting.parts {
            let position = self.positions.entry((period, self.part_of(wallet))).or_default();
            if waiting.is_sent {
                position.sent += amount;
            } else {
                position.received += amount;
            }
        }
    }
}
