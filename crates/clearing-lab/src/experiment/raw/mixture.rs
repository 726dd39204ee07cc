//! The keys of the calibrated mixture.

use std::collections::BTreeMap;

use clearing_config::{ConfigError, Yuan, table};
use serde::{Deserialize, Serialize};

use super::super::{Flow, FlowKind, OverLimit};

const CLASS_SHARES: [f64; 4] = [0.05, 0.25, 0.4, 0.3];
/// 18:00 to 06:00 carries 36.4 % of the consumer payments.
const CONSUMER_HOURS: [u32; 24] =
    [11, 7, 5, 3, 5, 9, 19, 39, 50, 54, 60, 69, 74, 56, 50, 50, 54, 61, 84, 77, 66, 50, 29, 18];
const RUSH_HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 2, 30, 150, 150, 40, 25, 40, 60, 30, 25, 25, 40, 120, 140, 50, 30, 25, 15, 3];
const OFFICE_HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];

table! {
    /// The keys of `[workload]` that describe the mixture.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct RawMixture at "workload" {
        /// How many wallets are opened; at least two of each kind at every operator.
        wallets: u64 = 200000, "wallets", 1 to 100000000;
        /// How many payments are submitted on each day.
        payments_per_day: u64 = 1000000, "payments", 0 to 100000000;
        /// How many payments are submitted on some days, by date: between two of them as many as on the
        /// line from one to the other, before the first and after the last as many as there. It takes
        /// the place of payments_per_day, and the flow of each payment is drawn.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        growth: BTreeMap<String, u64> = else "{}", "payments by dates", "dates with numbers to 100000000";
        /// From which day on the wallets of operators pay and are paid, by code.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        opens: BTreeMap<String, String> = else "{}, the first day", "dates by codes", "codes of the roster with dates";
        #[serde(skip_serializing_if = "Vec::is_empty")]
        regions: Vec<RawHome>;
        /// The probability that a payee is chosen at the payer's operator whatever the weights.
        on_us_bias: f64 = 0.2, "", 0 to 1;
        /// The share of payments between persons that are on round numbers.
        round_share: f64 = 0.3, "", 0 to 1;
        /// What every opening balance is multiplied by, within the balance caps.
        funds: f64 = 1.0, "", 0 to 1000;
        /// The share of merchants among the wallets.
        merchant_share: f64 = 0.05, "", 0 to 1;
        /// The share of corporate wallets among the wallets.
        corporate_share: f64 = 0.009, "", 0 to 1;
        /// The share of government wallets among the wallets.
        government_share: f64 = 0.001, "", 0 to 1;
        /// The shares of classes 1 to 4 among the personal wallets.
        class_shares: [f64; 4] = const CLASS_SHARES "[0.05, 0.25, 0.4, 0.3]", "", 0 to 1,
            "each of four numbers";
        /// How many salaries an employer pays at a time.
        payroll_batch: u64 = 50, "payments", 1 to 100000000;
        /// No generated payment is larger.
        amount_max: Yuan = "5000000.00", "yuan", "0.01 to 10000000000000.00";
        /// What becomes of an amount drawn above that, or above what the classes of both wallets
        /// allow for one payment: it is cut to the limit, or drawn again until it is within.
        over_limit: OverLimit = else "truncate", "", "truncate or redraw";
        /// Whether the corporate payments of a day share out the quantiles of their amounts: of as many
        /// strata as there are such payments each has an amount of one. Sums then vary less from seed
        /// to seed, around the same mean.
        stratified_corporate: bool = false, "", "true or false";
        /// The weights of operators in merchants, by code, where they differ from those in wallets.
        merchant_weights: BTreeMap<String, f64> = else "{}", "", "numbers from 0 to 1000000";
        flows: RawFlows;
    }
}

table! {
    /// One of `[[workload.regions]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawHome at "workload.regions[]" {
        /// A region in which wallets live: what they pay merchants, companies and authorities, and are
        /// paid as a salary, stays there where anybody is to be paid.
        name: String = else "none", "", "a region as in region.proto: Shenzhen, Xi'an";
        /// From which day on they pay and are paid.
        from: Option<String> = else "when the region joined the pilot", "date in Shanghai", "any date";
        /// How many live there, relative to the other regions.
        weight: Option<f64> = else "1", "", 0 to 1000000;
    }
}

table! {
    /// `[workload.flows.consumer]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Consumer at "workload.flows.consumer" {
        /// The share of people paying merchants in the number of payments, relative to the other
        /// flows.
        share: f64 = 0.7343, "", 0 to 1;
        /// The mean of the logarithm of its amounts in yuan.
        mu: f64 = 3.56, "", -10 to 30;
        /// The standard deviation of that logarithm.
        sigma: f64 = 1.8, "", 0 to 10;
        /// The weights of the hours of the day.
        hours: [u32; 24] = const CONSUMER_HOURS "36.4 % from 18:00 to 06:00", "", "24 whole numbers";
    }
}

table! {
    /// `[workload.flows.transit]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Transit at "workload.flows.transit" {
        /// The share of people paying carriers and canteens.
        share: f64 = 0.1259, "", 0 to 1;
        /// As of consumer.
        mu: f64 = 1.6, "", -10 to 30;
        /// As of consumer.
        sigma: f64 = 0.6, "", 0 to 10;
        /// As of consumer.
        hours: [u32; 24] = const RUSH_HOURS "peaks at 07:00 to 09:00 and 17:00 to 19:00", "",
            "24 whole numbers";
    }
}

table! {
    /// `[workload.flows.person]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Person at "workload.flows.person" {
        /// The share of people paying people.
        share: f64 = 0.0839, "", 0 to 1;
        /// As of consumer.
        mu: f64 = 4.9, "", -10 to 30;
        /// As of consumer.
        sigma: f64 = 1.9, "", 0 to 10;
        /// As of consumer.
        hours: [u32; 24] = const CONSUMER_HOURS "as consumer", "", "24 whole numbers";
    }
}

table! {
    /// `[workload.flows.bill]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Bill at "workload.flows.bill" {
        /// The share of people paying bills, taxes and insurance to companies and authorities.
        share: f64 = 0.0524, "", 0 to 1;
        /// As of consumer.
        mu: f64 = 6.0, "", -10 to 30;
        /// As of consumer.
        sigma: f64 = 1.3, "", 0 to 10;
        /// As of consumer.
        hours: [u32; 24] = const OFFICE_HOURS "09:00 to 17:00", "", "24 whole numbers";
    }
}

table! {
    /// `[workload.flows.payroll]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Payroll at "workload.flows.payroll" {
        /// The share of companies paying salaries.
        share: f64 = 0.003, "", 0 to 1;
        /// As of consumer.
        mu: f64 = 8.6, "", -10 to 30;
        /// As of consumer.
        sigma: f64 = 0.5, "", 0 to 10;
        /// As of consumer.
        hours: [u32; 24] = const OFFICE_HOURS "09:00 to 17:00", "", "24 whole numbers";
    }
}

table! {
    /// `[workload.flows.corporate]`.
    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct Corporate at "workload.flows.corporate" {
        /// The share of companies paying companies.
        share: f64 = 0.0005, "", 0 to 1;
        /// As of consumer.
        mu: f64 = 10.3, "", -10 to 30;
        /// As of consumer.
        sigma: f64 = 1.9, "", 0 to 10;
        /// As of consumer.
        hours: [u32; 24] = const OFFICE_HOURS "09:00 to 17:00", "", "24 whole numbers";
    }
}

/// Declares the flows by their keys, and what makes each a part of the mixture and back.
macro_rules! flows {
    ($($key:ident: $raw:ident,)+) => {
        table! {
            /// The `[workload.flows]` table.
            #[derive(Clone, Debug, Serialize, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub(in super::super) struct RawFlows at "workload.flows" {
                $($key: $raw;)+
            }
        }

        impl RawFlows {
            /// The parts of the mixture, in the order of the configuration.
            pub(in super::super) fn resolve(&self) -> Result<Vec<Flow>, ConfigError> {
                let flows = vec![$({
                    let $raw { share, mu, sigma, hours } = self.$key;
                    Flow { kind: FlowKind::$raw, share, mu, sigma, hours }
                },)+];
                flows.iter().try_for_each(check_hours)?;
                Ok(flows)
            }

            /// The table that gives these flows again.
            pub(in super::super) fn of(flows: &[Flow]) -> Self {
                let mut raw = Self::default();
                // A flow that is not in the list keeps its default.
                for Flow { kind, share, mu, sigma, hours } in flows.iter().cloned() {
                    match kind {
                        $(FlowKind::$raw => raw.$key = $raw { share, mu, sigma, hours },)+
                    }
                }
                raw
            }
        }
    };
}

flows! {
    consumer: Consumer,
    transit: Transit,
    person: Person,
    bill: Bill,
    payroll: Payroll,
    corporate: Corporate,
}

/// A payment needs an hour in which it can be made.
fn check_hours(flow: &Flow) -> Result<(), ConfigError> {
    if flow.hours.iter().any(|weight| *weight > 0) {
        return Ok(());
    }
    let path = format!("workload.flows.{}.hours", flow.kind.name());
    Err(ConfigError::value(path, "every hour has the weight 0"))
}
