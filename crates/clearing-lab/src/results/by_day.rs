//! The figures of each business day: obligations between operators, by the day of submission.

use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::indicators::{
    DayFigures, DayPosition, Record, average_payment_time, bilateral_netting_ratio, clustering,
    degrees, delay_indicator, density, herfindahl_index, link_reciprocity, lower_bound_liquidity,
    mean_delay, multilateral_netting_ratio, provision_relative_to_usage, turnover_ratio,
};
use clearing_domain::money::{BusinessDate, Timestamp};
use rust_decimal::Decimal;

use crate::table::TableError;

use super::indicators::{DAY, Records, fen, float, seconds};
use super::row::{Operator, Target};
use super::rows::{DayOperatorRow, DayRow};

/// The days of a run that had obligations between operators.
pub(super) struct ByDay<'a> {
    ledger: &'a CentralBankLedger,
    day_one: BusinessDate,
    /// What was submitted, by value: what was paid in part is two.
    by_value: &'a [Record],
    days: Vec<DayFigures>,
}

impl<'a> ByDay<'a> {
    pub(super) fn of(
        ledger: &'a CentralBankLedger,
        records: &'a Records,
        day_one: Timestamp,
    ) -> Self {
        Self {
            ledger,
            day_one: day_one.date(),
            by_value: records.by_value(),
            days: DayFigures::of(records.operators, &records.records, &DAY),
        }
    }

    pub(super) fn write(&self, target: &Target<'_>) -> Result<(), TableError> {
        target.write(self.days.iter().map(|day| self.day(day)))?;
        target.write(self.days.iter().flat_map(|day| self.operators(day)))
    }

    /// The number of a day from 1, and its date.
    fn named(&self, day: &DayFigures) -> (i64, String) {
        let date = u32::try_from(day.number).map(|days| self.day_one.plus_days(days));
        (day.number + 1, date.unwrap_or(self.day_one).to_string())
    }

    fn day(&self, figures: &DayFigures) -> DayRow {
        let DayFigures { records, flows, upper, positions, .. } = figures;
        let (day, date) = self.named(figures);
        let of_day = |record: &&Record| DAY.number_of(record.submitted) == figures.number;
        let by_value: Vec<_> = self.by_value.iter().filter(of_day).copied().collect();
        let decile = |tenths: usize| {
            seconds(figures.deciles.get(tenths - 1).map(|time| Decimal::from(*time)))
        };
        let core = figures.core.as_ref();
        let members = core.map_or(0, |core| core.core.iter().filter(|member| **member).count());
        DayRow {
            day,
            date,
            payments: count(records.len()),
            gross_fen: fen(flows.gross()),
            upper_bound_fen: fen(upper.iter().sum()),
            lower_bound_fen: fen(lower_bound_liquidity(flows).iter().sum()),
            turnover_ratio: float(turnover_ratio(flows, upper)),
            multilateral_netting_ratio: float(multilateral_netting_ratio(flows)),
            bilateral_netting_ratio: float(bilateral_netting_ratio(flows)),
            delay_indicator: float(delay_indicator(&by_value, &DAY)),
            mean_delay_seconds: seconds(mean_delay(&by_value, &DAY)),
            average_payment_seconds: seconds(average_payment_time(records, &DAY)),
            decile_10_seconds: decile(1),
            decile_50_seconds: decile(5),
            decile_90_seconds: decile(9),
            average_net_debit_fen: float(DayPosition::average_debits(positions)),
            average_net_credit_fen: float(DayPosition::average_credits(positions)),
            gini_of_liquidity_cost: float(figures.gini),
            hhi_sent: float(herfindahl_index(flows)),
            density: float(density(flows)),
            link_reciprocity: float(link_reciprocity(flows)),
            clustering: float(clustering(flows)),
            core_members: count(members),
            core_error_score: float(core.and_then(|core| core.error_score)),
        }
    }

    fn operators(&self, figures: &DayFigures) -> Vec<DayOperatorRow<'a>> {
        let (sent, received) = (figures.flows.sent(), figures.flows.received());
        let degrees = degrees(&figures.flows);
        let provision = provision_relative_to_usage(&figures.flows, &figures.upper);
        let accounts = self.ledger.accounts().iter().enumerate();
        let row =
            |(place, account): (usize, &'a clearing_domain::central_bank::OperatorAccount)| {
                let (day, date) = self.named(figures);
                let position = &figures.positions[place];
                DayOperatorRow {
                    day,
                    date,
                    operator: Operator(account.code.as_str()),
                    sent_fen: fen(sent[place]),
                    received_fen: fen(received[place]),
                    out_degree: count(degrees[place].0),
                    in_degree: count(degrees[place].1),
                    most_net_debit_fen: fen(position.most_debit),
                    most_net_credit_fen: fen(position.most_credit),
                    average_net_debit_fen: float(position.average_debit()),
                    average_net_credit_fen: float(position.average_credit()),
                    provision_relative_to_usage: float(provision.as_ref().map(|all| all[place])),
                    page_rank: float(figures.ranks.get(place).copied()),
                    in_core: figures.core.as_ref().map_or(0, |core| i64::from(core.core[place])),
                }
            };
        accounts.map(row).collect()
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
