//! What became of the scenarios that are parts of a run: every payment in which a wallet of a part
//! takes part belongs to it, as no wallet belongs to two.

use std::collections::{BTreeMap, HashMap};

use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, TransferState};
use clearing_domain::money::{Amount, CycleId, Total, WalletNumber};
use clearing_domain::operator::{OperatorLedger, Payment, PaymentState};
use serde::{Deserialize, Serialize};

use crate::engine::{Ledgers, ScriptRecord};
use crate::experiment::Script;
use crate::experiment::script::{ActionKind, CampaignFigure, PartFigure, PartOperatorFigure};

use super::story::{Facts, count, fen, shown};

/// A scenario that was a part of a run; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartSummary {
    /// The name of the part.
    pub name: String,
    /// The number of the scenario in docs/scenarios.md.
    pub number: u32,
    /// What it is called.
    pub title: String,
    /// Where it was.
    pub place: String,
    /// When it was.
    pub date: String,
    /// What happened.
    pub told: String,
    /// Whether it stands for the payments that are drawn.
    pub background: bool,
    /// The first day of the run on which it went on, counted from 1.
    pub first_day: u32,
    /// The last one.
    pub last_day: u32,
    /// Payments submitted.
    pub payments: u64,
    /// Payments whose payee has the money.
    pub completed: u64,
    /// Payments refused.
    pub refused: u64,
    /// The value of the completed payments.
    pub value_fen: i64,
    /// What operators owed each other for them.
    pub gross_fen: i64,
    /// The net debits of all cycles, were its payments the only ones.
    pub net_fen: i64,
    /// What was claimed of its campaigns.
    pub granted_fen: i64,
    /// What was spent of them.
    pub spent_fen: i64,
    /// What payers added of their own.
    pub added_fen: i64,
    /// What came back of them.
    pub reclaimed_fen: i64,
    /// What each operator owed others for its payments.
    pub sent_fen: Vec<i64>,
    /// What others owed each operator for them.
    pub received_fen: Vec<i64>,
}

/// The payments of one part.
#[derive(Clone, Debug, Default)]
struct Tally {
    payments: u64,
    completed: u64,
    refused: u64,
    in_transit: u64,
    on_us: u64,
    value: Total,
    reasons: BTreeMap<Reason, u64>,
    /// What each operator owed and was owed.
    sent: Vec<i64>,
    received: Vec<i64>,
    /// The net of each operator in each cycle.
    nets: BTreeMap<CycleId, Vec<i64>>,
    /// What settled by itself, outside of cycles.
    gross_settled: i64,
}

/// The payments of all parts, in the order of the script.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    tallies: Vec<Tally>,
}

impl Parts {
    pub(super) fn of(script: &Script, record: &ScriptRecord, ledgers: &Ledgers) -> Self {
        if script.parts.is_empty() {
            return Self::default();
        }
        let operators = ledgers.operators.len();
        let none =
            || Tally { sent: vec![0; operators], received: vec![0; operators], ..Tally::default() };
        let mut parts = Self { tallies: script.parts.iter().map(|_| none()).collect() };
        let owners = Owners::of(script, record);
        for ledger in &ledgers.operators {
            for payment in ledger.payments() {
                if let Some(part) = owners.part([ledger.payer_of(payment), payment.payee]) {
                    parts.tallies[part].add(ledger, payment);
                }
            }
        }
        parts.add_transfers(&owners, ledgers);
        parts
    }

    fn add_transfers(&mut self, owners: &Owners, ledgers: &Ledgers) {
        let places = places(ledgers);
        let cleared = ledgers.central_bank.transfers().iter();
        for transfer in cleared.filter(|transfer| transfer.state == TransferState::Cleared) {
            let Some(part) = owners.part([transfer.payer, transfer.payee]) else { continue };
            for leg in transfer.legs() {
                let [debtor, creditor] =
                    [leg.debtor, leg.creditor].map(|number| places[usize::from(number)]);
                self.tallies[part].owe(transfer.cycle, debtor, creditor, leg.amount);
            }
        }
    }

    /// A figure of a part.
    pub(super) fn figure(&self, facts: &Facts<'_>, place: usize, figure: PartFigure) -> i64 {
        let tally = &self.tallies[place];
        let campaigns = |figure| facts.of_part_campaigns(place, figure);
        match figure {
            PartFigure::Payments => count(tally.payments),
            PartFigure::Completed => count(tally.completed),
            PartFigure::Refused => count(tally.refused),
            PartFigure::InTransit => count(tally.in_transit),
            PartFigure::Value => fen(tally.value),
            PartFigure::OnUs => count(tally.on_us),
            PartFigure::CrossOperator => count(tally.completed - tally.on_us),
            PartFigure::Gross => tally.sent.iter().sum(),
            PartFigure::Net => tally.net(),
            PartFigure::Granted => campaigns(CampaignFigure::Granted),
            PartFigure::Spent => campaigns(CampaignFigure::Spent),
            PartFigure::Added => campaigns(CampaignFigure::Added),
            PartFigure::Reclaimed => campaigns(CampaignFigure::Reclaimed),
            PartFigure::Treasury => treasury(facts, place),
        }
    }

    /// How many payments of a part were refused for a reason.
    pub(super) fn refused(&self, place: usize, reason: Reason) -> i64 {
        count(self.tallies[place].reasons.get(&reason).copied().unwrap_or_default())
    }

    /// A figure of an operator, by the payments of a part.
    pub(super) fn of_operator(
        &self,
        place: usize,
        operator: usize,
        figure: PartOperatorFigure,
    ) -> i64 {
        let tally = &self.tallies[place];
        match figure {
            PartOperatorFigure::Sent => tally.sent[operator],
            PartOperatorFigure::Received => tally.received[operator],
            PartOperatorFigure::Net => tally.received[operator] - tally.sent[operator],
            PartOperatorFigure::PeakNetDebit => {
                let nets = tally.nets.values().map(|nets| -nets[operator]);
                nets.max().unwrap_or_default().max(0)
            }
        }
    }

    /// The summaries of all parts.
    pub(super) fn summaries(&self, facts: &Facts<'_>) -> Vec<PartSummary> {
        let summary = |(place, tally): (usize, &Tally)| {
            let part = &facts.script.parts[place];
            let figure = |figure| self.figure(facts, place, figure);
            PartSummary {
                name: part.name.clone(),
                number: part.scenario.number,
                title: part.scenario.title.clone(),
                place: part.scenario.place.clone(),
                date: part.scenario.date.clone(),
                told: part.scenario.story.tell(|figure| shown(figure.unit(), facts.value(figure))),
                background: part.background,
                first_day: part.days[0],
                last_day: part.days[1],
                payments: tally.payments,
                completed: tally.completed,
                refused: tally.refused,
                value_fen: figure(PartFigure::Value),
                gross_fen: figure(PartFigure::Gross),
                net_fen: figure(PartFigure::Net),
                granted_fen: figure(PartFigure::Granted),
                spent_fen: figure(PartFigure::Spent),
                added_fen: figure(PartFigure::Added),
                reclaimed_fen: figure(PartFigure::Reclaimed),
                sent_fen: tally.sent.clone(),
                received_fen: tally.received.clone(),
            }
        };
        self.tallies.iter().enumerate().map(summary).collect()
    }
}

impl Tally {
    fn add(&mut self, ledger: &OperatorLedger, payment: &Payment) {
        self.payments += 1;
        match payment.state {
            PaymentState::InTransit => self.in_transit += 1,
            PaymentState::Rejected | PaymentState::Returned => self.refused += 1,
            PaymentState::Completed => {
                self.completed += 1;
                self.value += Total::from(payment.amount);
                self.on_us += u64::from(payment.payee.prefix() == ledger.settings().prefix);
            }
        }
        if let Some(reason) = payment.reason {
            *self.reasons.entry(reason).or_default() += 1;
        }
    }

    fn owe(&mut self, cycle: Option<CycleId>, debtor: usize, creditor: usize, amount: Amount) {
        let fen = amount.fen();
        self.sent[debtor] += fen;
        self.received[creditor] += fen;
        match cycle {
            None => self.gross_settled += fen,
            Some(cycle) => {
                let operators = self.sent.len();
                let nets = self.nets.entry(cycle).or_insert_with(|| vec![0; operators]);
                nets[debtor] -= fen;
                nets[creditor] += fen;
            }
        }
    }

    fn net(&self) -> i64 {
        let debits = self.nets.values().flatten().map(|net| -net.min(&0));
        debits.sum::<i64>() + self.gross_settled
    }
}

/// Which part each wallet belongs to.
struct Owners {
    wallets: HashMap<WalletNumber, usize>,
    /// The part that stands for what is drawn.
    background: Option<usize>,
}

impl Owners {
    fn of(script: &Script, record: &ScriptRecord) -> Self {
        let part = |name: &str| script.part_named(name.split_once('.')?.0);
        let mut wallets = HashMap::new();
        for (group, named) in script.wallets.iter().zip(&record.wallets) {
            let part = part(&group.name);
            wallets.extend(named.iter().filter_map(|one| Some((one.number, part?))));
        }
        for (campaign, pool) in script.campaigns.iter().zip(&record.campaigns) {
            wallets.extend(pool.and_then(|pool| Some((pool.number, part(&campaign.name)?))));
        }
        for (cards, issued) in script.cards.iter().zip(&record.cards) {
            let part = part(&cards.name);
            wallets.extend(issued.iter().filter_map(|one| Some((one.number, part?))));
        }
        Self { wallets, background: script.parts.iter().position(|part| part.background) }
    }

    /// The part of a payment by its payer and its payee.
    fn part(&self, wallets: [WalletNumber; 2]) -> Option<usize> {
        let named = wallets.iter().find_map(|wallet| self.wallets.get(wallet).copied());
        named.or(self.background)
    }
}

/// What the actions of a part swept to the treasury.
fn treasury(facts: &Facts<'_>, place: usize) -> i64 {
    let part = &facts.script.parts[place];
    let actions = facts.script.actions.iter().zip(&facts.record.actions);
    let sweeps = actions.filter(|(action, _)| {
        part.owns(&action.name) && matches!(action.kind, ActionKind::SweepToTreasury { .. })
    });
    sweeps.map(|(_, record)| fen(record.value)).sum()
}

/// The place of each operator of the central bank's roster in the configuration.
fn places(ledgers: &Ledgers) -> Vec<usize> {
    let central_bank: &CentralBankLedger = &ledgers.central_bank;
    let place = |code| ledgers.operators.iter().position(|one| one.settings().code == code);
    central_bank.accounts().iter().map(|one| place(one.code).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::finished;
    use crate::experiment::{Experiment, RunInfo};
    use crate::results::{Results, Summary};
    use crate::text::grouped;
    use crate::workload::Workload;

    /// Customs and red packets before a background, over a week and a half of May 2022.
    const TWO: &str = "
name = 'two'
days = 32
scale = 100
[cluster]
start = '2022-05-10'
tick_seconds = 3600
cycles_per_day = 1
[workload]
wallets = 300
growth = { 2022-05-10 = 20, 2022-05-20 = 40 }
regions = [{ name = 'Xiamen' }, { name = 'Ningbo', from = '2022-05-15' }]
opens = { CMB = '2022-05-12' }
[[include]]
file = 'scenarios/s14-customs-duty.toml'
scale = 10
[[include]]
file = 'scenarios/s20-red-packet-helper.toml'
scale = 10
set = { 'cluster.start' = '2022-05-11' }
[[include]]
file = 'scenarios/s15-everyday-load.toml'
set = { 'cluster.start' = '2022-05-10', 'scenario.story' = '{part.s15.completed} of {part.s15.payments}' }
[[assert]]
figure = 'by.2022-05-11.operator.CMB.payments'
equals = 0
[[assert]]
figure = 'by.2022-06-10.operator.CMB.payments'
at_least = 1
[[assert]]
figure = 'by.2022-05-14.region.Ningbo.payments'
equals = 0
[[assert]]
figure = 'by.2022-06-10.region.Ningbo.payments'
at_least = 1
[[assert]]
figure = 'by.2022-06-10.value'
equals = 'value'
[[assert]]
figure = 'part.s14.treasury'
equals = 'treasury'
[[assert]]
figure = 'part.s20.granted'
equals = 'campaign.s20.packets.granted'
[[assert]]
figure = 'part.s14.operator.BOC.received'
at_least = 'part.s14.operator.BOC.net'
";

    fn summary(text: &str) -> Summary {
        let experiment = Experiment::from_text(text, &[], None).unwrap();
        let run = finished(&experiment).unwrap();
        let results = Results {
            experiment: &experiment,
            identity: &experiment.identify(RunInfo::default()),
            ledgers: &run.ledgers,
            references: &run.references,
            script: &run.script,
            elapsed: run.elapsed,
        };
        results.summary()
    }

    #[test]
    fn every_payment_belongs_to_one_part() {
        let summary = summary(TWO);
        let failed: Vec<_> = summary.assertions.iter().filter(|one| !one.ok).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        let (parts, totals) = (&summary.parts, &summary.totals);
        let names: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.first_day)).collect();
        assert_eq!(names, [("s14", 21), ("s20", 2), ("s15", 1)]);
        let all = |of: fn(&PartSummary) -> i64| -> i64 { parts.iter().map(of).sum() };
        assert_eq!(parts.iter().map(|part| part.payments).sum::<u64>(), totals.payments);
        assert_eq!(all(|part| part.value_fen), totals.completed_fen);
        // Without vouchers a payment has one leg, so that the sums of payments are those of legs.
        assert_eq!(all(|part| part.gross_fen), totals.gross_fen);
        for part in parts {
            assert_eq!(part.sent_fen.iter().sum::<i64>(), part.received_fen.iter().sum::<i64>());
            assert!(part.net_fen <= part.gross_fen && part.payments > 0 && !part.told.is_empty());
        }
        assert!(parts[1].granted_fen > parts[1].reclaimed_fen && parts[0].granted_fen == 0);
        let told = [parts[2].completed, parts[2].payments].map(grouped).join(" of ");
        assert_eq!(parts[2].told, told);
    }

    #[test]
    fn the_payments_of_regions_are_those_that_are_drawn() {
        let summary = summary(TWO);
        let background = &summary.parts[2];
        let months = summary.regions.iter().flat_map(|region| &region.months);
        let payments: u64 = months.clone().map(|month| month.payments).sum();
        let value: i64 = months.map(|month| month.completed_fen).sum();
        assert_eq!((payments, value), (background.payments, background.value_fen));
        let of = |place: usize| {
            let region = &summary.regions[place];
            (region.name.as_str(), region.from.as_str(), region.months.len())
        };
        assert_eq!([of(0), of(1)], [("Xiamen", "2022-04-01", 2), ("Ningbo", "2022-05-15", 2)]);
        let alone = TWO.split("[[include]]").next().unwrap();
        let alone = Experiment::from_text(alone, &[], None).unwrap();
        let drawn = Workload::new(&alone).unwrap().wallets().concat().len();
        let wallets: u64 = summary.regions.iter().map(|region| region.wallets).sum();
        assert_eq!(wallets, drawn as u64);
    }
}
