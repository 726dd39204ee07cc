//! The figures that a script speaks of, what it tells with them, and what it claims.

use std::collections::BTreeSet;
use std::ops::Range;

use clearing_domain::money::{Amount, Position, Timestamp, Total, WalletNumber};
use clearing_domain::operator::{
    BillState, CampaignKind, OperatorLedger, Payment, PaymentState, Redemption, Ruling,
};
use serde::{Deserialize, Serialize};

use crate::engine::{ActionRecord, Ledgers, ScriptRecord, product_code};
use crate::experiment::Script;
use crate::experiment::script::{
    ActionFigure, Assertion, CampaignFigure, CardFigure, DayFigure, Days, Expected, Figure,
    FigureOf, OperatorFigure, RunFigure, SeriesFigure, Unit, WalletFigure,
};
use crate::text::{grouped, yuan};
use crate::workload::Planned;

use super::contracts::of_contracts;
use super::days;
use super::loans::{of_loans, of_payrolls};
use super::participants::of_participant;
use super::parts::Parts;
use super::wealth::of_wealth;
use super::{Results, Summary};

/// The scenario that a run has modelled.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StorySummary {
    /// Its number in docs/scenarios.md.
    pub number: u32,
    /// What it is called.
    pub title: String,
    /// What is known of it.
    pub statement: String,
    /// Where it was.
    pub place: String,
    /// When it was.
    pub date: String,
    /// What happened in the run.
    pub told: String,
}

/// What an experiment claims of its run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AssertionSummary {
    /// The claim as a sentence.
    pub that: String,
    /// The figure that it is about.
    pub figure: String,
    /// What was found; money in yuan.
    pub found: String,
    /// Whether that is to be equal, at least or at most what is expected.
    pub relation: String,
    /// What is expected.
    pub expected: String,
    /// Whether it holds.
    pub ok: bool,
}

/// What figures are drawn from.
pub(super) struct Facts<'a> {
    pub(super) script: &'a Script,
    pub(super) day_one: Timestamp,
    pub(super) record: &'a ScriptRecord,
    pub(super) ledgers: &'a Ledgers,
    pub(super) summary: &'a Summary,
    pub(super) parts: &'a Parts,
}

impl<'a> Facts<'a> {
    pub(super) fn of(results: &Results<'a>, (summary, parts): (&'a Summary, &'a Parts)) -> Self {
        let Results { experiment, ledgers, script: record, .. } = *results;
        let day_one = results.day_one();
        Self { script: &experiment.script, day_one, record, ledgers, summary, parts }
    }
}

impl<'a> Facts<'a> {
    /// What the script tells of its scenario, if it models one.
    pub(super) fn story(&self) -> Option<StorySummary> {
        let scenario = self.script.scenario.as_ref()?;
        Some(StorySummary {
            number: scenario.number,
            title: scenario.title.clone(),
            statement: scenario.statement.clone(),
            place: scenario.place.clone(),
            date: scenario.date.clone(),
            told: scenario.story.tell(|figure| shown(figure.unit(), self.value(figure))),
        })
    }

    /// The claims of the script, each with what was found.
    pub(super) fn assertions(&self) -> Vec<AssertionSummary> {
        self.script.assertions.iter().map(|assertion| self.assertion(assertion)).collect()
    }

    fn assertion(&self, assertion: &Assertion) -> AssertionSummary {
        let unit = assertion.figure.unit();
        let found = self.value(&assertion.figure);
        let (expected, named) = match &assertion.expected {
            Expected::Number(number) => (*number, String::new()),
            Expected::Figure(figure) => (self.value(figure), format!(" ({figure})")),
        };
        AssertionSummary {
            that: assertion.that.clone(),
            figure: assertion.figure.to_string(),
            found: shown(unit, found),
            relation: assertion.relation.name().to_owned(),
            expected: shown(unit, expected) + &named,
            ok: assertion.relation.holds(found, expected),
        }
    }

    /// What a figure is: a number of things, or fen.
    pub(super) fn value(&self, figure: &Figure) -> i64 {
        match figure.of {
            FigureOf::Run(figure) => self.of_run(figure),
            FigureOf::RunOn(days, figure) => self.of_days(days, figure),
            FigureOf::Refused(reason) => {
                count(self.summary.refused.get(reason.name()).copied().unwrap_or_default())
            }
            FigureOf::Series(place, figure) => self.of_series(place, None, figure),
            FigureOf::SeriesOn(place, days, figure) => self.of_series(place, Some(days), figure),
            FigureOf::SeriesRefused(place, reason) => {
                counted(self.payments(place, None), |payment| payment.reason == Some(reason))
            }
            FigureOf::Wallet(place, figure) => self.of_wallets(place, figure),
            FigureOf::Action(place, figure) => of_action(&self.record.actions[place], figure),
            FigureOf::ActionRefused(place, reason) => {
                count(self.record.actions[place].refused.get(&reason).copied().unwrap_or_default())
            }
            FigureOf::Campaign(place, figure) => self.of_campaign(place, figure),
            FigureOf::Contracts(place, figure) => {
                of_contracts(self.ledgers, &self.record.contracts[place], figure)
            }
            FigureOf::Loans(place, figure) => {
                of_loans(self.ledgers, &self.record.loans[place], figure)
            }
            FigureOf::Wealth(place, figure) => {
                let providers = &self.record.wallets[self.script.wealth[place].providers];
                of_wealth(self.ledgers, (providers, product_code(place)), figure)
            }
            FigureOf::Payrolls(place, figure) => {
                let payers = &self.record.wallets[self.script.payrolls[place].payers];
                of_payrolls(self.ledgers, payers, figure)
            }
            FigureOf::Cards(place, figure) => self.of_cards(place, figure),
            FigureOf::Operator(place, figure) => self.of_operator(place, figure),
            FigureOf::Participant(code, figure) => {
                of_participant(&self.summary.participants, code, figure)
            }
            FigureOf::Part(place, figure) => self.parts.figure(self, place, figure),
            FigureOf::PartRefused(place, reason) => self.parts.refused(place, reason),
            FigureOf::PartOperator(place, operator, figure) => {
                self.parts.of_operator(place, operator, figure)
            }
            FigureOf::By(day, figure) => days::by(self.ledgers, day, figure),
            FigureOf::ByOperator(day, operator) => days::by_operator(self.ledgers, day, operator),
            FigureOf::ByRegion(day, region) => {
                days::by_region(self.ledgers, &self.record.homes, day, region)
            }
        }
    }

    fn of_run(&self, figure: RunFigure) -> i64 {
        let totals = &self.summary.totals;
        match figure {
            RunFigure::Payments => count(totals.payments),
            RunFigure::Completed => count(totals.completed),
            RunFigure::Refused => count(totals.rejected + totals.returned),
            RunFigure::InTransit => count(totals.in_transit),
            RunFigure::Value => totals.completed_fen,
            RunFigure::OnUs => count(totals.on_us),
            RunFigure::CrossOperator => count(totals.cross_operator),
            RunFigure::Gross => totals.gross_fen,
            RunFigure::Net => totals.net_fen,
            RunFigure::Settled => totals.settled_fen,
            RunFigure::Unsettled => totals.unsettled_fen + totals.waiting_fen,
            RunFigure::Treasury => self.ledgers.central_bank.treasury().fen(),
            RunFigure::TreasuryWaits => {
                sum(self.ledgers.central_bank.waiting_remittances().map(|one| one.amount))
            }
        }
    }

    fn of_days(&self, days: Days, figure: DayFigure) -> i64 {
        let within = self.within(days);
        let all = self.ledgers.operators.iter().flat_map(|ledger| ledger.payments());
        let payments = all.filter(|payment| within.contains(&payment.submitted_at));
        match figure {
            DayFigure::Payments => counted(payments, |_| true),
            DayFigure::Completed => counted(payments, is_completed),
            DayFigure::Refused => counted(payments, |payment| payment.reason.is_some()),
            DayFigure::Value => {
                let completed = payments.filter(|payment| is_completed(payment));
                sum(completed.map(|payment| payment.amount))
            }
        }
    }

    fn within(&self, days: Days) -> Range<Timestamp> {
        let start = |day: u32| self.day_one.date().plus_days(day).start();
        start(days.first.saturating_sub(1))..start(days.last)
    }

    /// The payments of a series that were submitted, perhaps on some days alone.
    fn payments(&self, place: usize, days: Option<Days>) -> impl Iterator<Item = &Payment> {
        self.submitted(place, days).map(|(_, payment)| payment)
    }

    /// The same with what was planned.
    fn submitted(
        &self,
        place: usize,
        days: Option<Days>,
    ) -> impl Iterator<Item = (&Planned, &Payment)> {
        let within = days.map(|days| self.within(days));
        let payment = |planned: &'a Planned| {
            let ledger = &self.ledgers.operators[planned.payer.operator];
            ledger.payment(planned.id).map(|payment| (planned, payment))
        };
        let submitted = self.record.series[place].iter().filter_map(payment);
        submitted.filter(move |(_, payment)| {
            within.as_ref().is_none_or(|within| within.contains(&payment.submitted_at))
        })
    }

    fn of_series(&self, place: usize, days: Option<Days>, figure: SeriesFigure) -> i64 {
        let payments = || self.payments(place, days);
        match figure {
            SeriesFigure::Payments => counted(payments(), |_| true),
            SeriesFigure::Completed => counted(payments(), is_completed),
            SeriesFigure::Refused => counted(payments(), |payment| payment.reason.is_some()),
            SeriesFigure::Withheld => count(self.record.withheld[place]),
            SeriesFigure::Value => {
                let completed = payments().filter(|payment| is_completed(payment));
                sum(completed.map(|payment| payment.amount))
            }
            SeriesFigure::Refunded => sum(self.submitted(place, days).map(|(planned, _)| {
                self.ledgers.operators[planned.payee.operator].refunded(planned.id)
            })),
        }
    }

    fn of_wallets(&self, place: usize, figure: WalletFigure) -> i64 {
        let named = &self.record.wallets[place];
        let ledger = |operator: usize| &self.ledgers.operators[operator];
        let bills = |is: fn(BillState) -> bool| self.bills(place, is).count();
        match figure {
            WalletFigure::Count => count(named.len()),
            WalletFigure::Opened => {
                self.script.wallets[place].opening.fen().saturating_mul(count(named.len()))
            }
            WalletFigure::Balance => sum(named
                .iter()
                .filter_map(|one| ledger(one.operator).wallet(one.number))
                .map(|wallet| wallet.balance)),
            WalletFigure::Bills => count(bills(|_| true)),
            WalletFigure::BillsOpen => count(bills(|state| state == BillState::Open)),
            WalletFigure::BillsPaid => count(bills(is_paid)),
            WalletFigure::BillsRefunded => {
                count(bills(|state| matches!(state, BillState::Refunded(_))))
            }
            WalletFigure::BillsCancelled => count(bills(|state| state == BillState::Cancelled)),
            WalletFigure::Billed => sum(self.bills(place, |_| true)),
            WalletFigure::Collected => sum(self.bills(place, is_paid)),
            WalletFigure::FrontEnds => {
                let bound = named.iter();
                count(
                    bound
                        .map(|one| ledger(one.operator).front_ends_of(one.number).count())
                        .sum::<usize>(),
                )
            }
        }
    }

    /// The sums of the bills of some wallets that are in a state.
    fn bills(&self, place: usize, is: fn(BillState) -> bool) -> impl Iterator<Item = Amount> {
        self.record.wallets[place].iter().flat_map(move |named| {
            let ledger: &OperatorLedger = &self.ledgers.operators[named.operator];
            let slots = ledger.bills_of(named.number).unwrap_or_default();
            let bills = slots.iter().map(|slot| ledger.bill(*slot));
            bills.filter(move |bill| is(bill.state)).map(|bill| bill.row.amount)
        })
    }

    /// A figure of a campaign; nothing of one that was never created.
    fn of_campaign(&self, place: usize, figure: CampaignFigure) -> i64 {
        let Some(pool) = self.record.campaigns[place] else { return 0 };
        let ledger = &self.ledgers.operators[pool.operator];
        let Ok(campaign) = ledger.campaign(pool.number) else { return 0 };
        let vouchers = campaign.row.kind == CampaignKind::Voucher;
        let of_grants = |of: fn(&Redemption) -> Total| -> Total {
            let all = self.ledgers.operators.iter();
            all.map(|operator| of(&operator.redemption(pool.number))).sum()
        };
        let counted = |of: fn(&Redemption) -> usize| -> usize {
            let all = self.ledgers.operators.iter();
            all.map(|operator| of(&operator.redemption(pool.number))).sum()
        };
        let of_face = |number: usize| Total::times(campaign.row.face, number);
        let granted = of_face(campaign.claimed());
        let redeemed = of_face(campaign.redeemed());
        let left = ledger.pool_of(pool.number);
        match figure {
            CampaignFigure::Registered => count(campaign.registered()),
            CampaignFigure::Winners => count(campaign.row.winners),
            CampaignFigure::Won => count(campaign.won()),
            CampaignFigure::Claimed => count(campaign.claimed()),
            CampaignFigure::Granted => fen(granted),
            CampaignFigure::Payments if vouchers => count(campaign.redeemed()),
            CampaignFigure::Payments => count(counted(|one| one.payments)),
            CampaignFigure::Spent if vouchers => fen(redeemed),
            CampaignFigure::Spent => fen(of_grants(|one| one.spent)),
            CampaignFigure::Added if vouchers => fen(campaign.turnover() - redeemed),
            CampaignFigure::Added => fen(of_grants(|one| one.added)),
            CampaignFigure::Merchants if vouchers => count(campaign.merchants()),
            CampaignFigure::Merchants => count(self.merchants_of(pool.number).len()),
            CampaignFigure::Left => fen(of_grants(|one| one.left)),
            CampaignFigure::Reclaimed => fen(campaign.reclaimed()),
            CampaignFigure::Funded => fen(campaign.funded()),
            CampaignFigure::Pool => left.fen(),
            CampaignFigure::Returned => {
                let paid = if vouchers { redeemed } else { granted };
                fen(campaign.funded() + campaign.reclaimed() - paid - left)
            }
        }
    }

    /// The sum of a figure over the campaigns of a part.
    pub(super) fn of_part_campaigns(&self, part: usize, figure: CampaignFigure) -> i64 {
        let part = &self.script.parts[part];
        let campaigns = self.script.campaigns.iter().enumerate();
        let of_part = campaigns.filter(|(_, campaign)| part.owns(&campaign.name));
        of_part.map(|(place, _)| self.of_campaign(place, figure)).sum()
    }

    /// A figure of the cards of a name.
    fn of_cards(&self, place: usize, figure: CardFigure) -> i64 {
        let issued = || {
            let all = self.record.cards[place].iter();
            all.filter_map(move |one| {
                let ledger = &self.ledgers.operators[one.operator];
                Some((ledger, ledger.card(one.number).ok()?))
            })
        };
        let accepted = || {
            let vouchers = issued().flat_map(|(_, card)| card.vouchers(0));
            vouchers.filter(|row| matches!(row.ruling, Ruling::Accepted { .. }))
        };
        match figure {
            CardFigure::Issued => count(issued().count()),
            CardFigure::Frozen => count(issued().filter(|(_, card)| card.frozen.is_some()).count()),
            CardFigure::Float => sum(issued().map(|(ledger, card)| ledger.own_funds(card.wallet))),
            CardFigure::Unclaimed => {
                sum(issued().map(|(ledger, card)| ledger.cards().unclaimed_in(card.wallet)))
            }
            CardFigure::Accepted => count(accepted().count()),
            CardFigure::Value => sum(accepted().map(|row| row.amount)),
            CardFigure::Repeated => {
                count(issued().map(|(_, card)| card.repeated().len()).sum::<usize>())
            }
            CardFigure::Compensated => sum(issued().map(|(_, card)| card.compensated)),
        }
    }

    /// Who was paid with grants of a campaign, whatever operators the payers have.
    fn merchants_of(&self, campaign: WalletNumber) -> BTreeSet<WalletNumber> {
        let of_ledger = |ledger: &OperatorLedger| {
            let grants = ledger.grants();
            let spends = |one: &&Payment| {
                let mut parts = grants.spent_on(one.id).iter();
                parts.any(|(slot, _)| grants.list()[*slot].campaign == campaign)
            };
            let paid =
                ledger.payments().iter().filter(spends).filter(|one| {
                    one.state == PaymentState::Completed && one.refund_of().is_none()
                });
            paid.map(|one| one.payee).collect::<Vec<_>>()
        };
        self.ledgers.operators.iter().flat_map(of_ledger).collect()
    }

    fn of_operator(&self, place: usize, figure: OperatorFigure) -> i64 {
        let operator = &self.summary.operators[place];
        match figure {
            OperatorFigure::Sent => operator.sent_fen,
            OperatorFigure::Received => operator.received_fen,
            OperatorFigure::Net => operator.net_fen.iter().sum(),
            OperatorFigure::PeakNetDebit => operator.peak_net_debit_fen,
            OperatorFigure::SettlementBalance => operator.settlement_balance_fen,
            OperatorFigure::Reserves => operator.reserves_fen,
            OperatorFigure::Interest => operator.interest_fen,
        }
    }
}

fn is_completed(payment: &Payment) -> bool {
    payment.state == PaymentState::Completed
}

fn is_paid(state: BillState) -> bool {
    matches!(state, BillState::Paid(_))
}

fn of_action(record: &ActionRecord, figure: ActionFigure) -> i64 {
    match figure {
        ActionFigure::Done => count(record.done),
        ActionFigure::Refused => count(record.refused.values().sum::<u64>()),
        ActionFigure::Value => fen(record.value),
    }
}

fn counted<'a>(payments: impl Iterator<Item = &'a Payment>, is: impl Fn(&Payment) -> bool) -> i64 {
    count(payments.filter(|payment| is(payment)).count())
}

pub(super) fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn sum(amounts: impl Iterator<Item = Amount>) -> i64 {
    fen(amounts.sum())
}

/// A sum in fen. Bills are no money: only theirs can be beyond what ledgers hold, and is cut.
pub(super) fn fen(sum: Total) -> i64 {
    sum.position().map_or(i64::MAX, Position::fen)
}

pub(super) fn shown(unit: Unit, value: i64) -> String {
    match unit {
        Unit::Count => grouped(value.unsigned_abs()),
        Unit::Money => yuan(value),
    }
}
