//! The parts of the calibrated mixture.

use serde::{Deserialize, Serialize};

/// Who pays whom for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// People pay merchants.
    Consumer,
    /// People pay carriers and canteens.
    Transit,
    /// People pay people.
    Person,
    /// People pay bills, taxes and insurance.
    Bill,
    /// Employers pay salaries in batches.
    Payroll,
    /// Companies pay companies.
    Corporate,
}

/// A part of the mixture: lognormal amounts in yuan, spread over the hours of the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Who pays whom.
    pub kind: FlowKind,
    /// Its share in the number of payments, relative to the others.
    pub share: f64,
    /// The mean of the logarithm of the amount in yuan.
    pub mu: f64,
    /// The standard deviation of that logarithm.
    pub sigma: f64,
    /// The weights of the hours of the day.
    pub hours: [u32; 24],
}

/// 18:00 to 06:00 carries 36.3 % of the consumer payments.
const CONSUMER_HOURS: [u32; 24] =
    [11, 7, 5, 3, 5, 9, 19, 39, 50, 54, 60, 69, 74, 56, 50, 50, 54, 61, 84, 77, 66, 50, 29, 18];
const RUSH_HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 2, 30, 150, 150, 40, 25, 40, 60, 30, 25, 25, 40, 120, 140, 50, 30, 25, 15, 3];
const OFFICE_HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];

/// What becomes of a drawn amount above what the wallets allow for one payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverLimit {
    /// It is cut to the limit, so that many payments are of exactly that.
    #[default]
    Truncate,
    /// It is drawn again until it is within, so that amounts follow the law below the limit.
    Redraw,
}

impl FlowKind {
    /// Every kind, in the order of the configuration.
    pub const ALL: [Self; 6] =
        [Self::Consumer, Self::Transit, Self::Person, Self::Bill, Self::Payroll, Self::Corporate];

    /// The name in the configuration; draws depend on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Transit => "transit",
            Self::Person => "person",
            Self::Bill => "bill",
            Self::Payroll => "payroll",
            Self::Corporate => "corporate",
        }
    }
}

impl Flow {
    /// The flow as calibrated to 2022.
    pub fn calibrated(kind: FlowKind) -> Self {
        let (share, mu, sigma, hours) = match kind {
            FlowKind::Consumer => (0.7343, 3.56, 1.8, CONSUMER_HOURS),
            FlowKind::Transit => (0.1259, 1.6, 0.6, RUSH_HOURS),
            FlowKind::Person => (0.0839, 4.9, 1.9, CONSUMER_HOURS),
            FlowKind::Bill => (0.0524, 6.0, 1.3, OFFICE_HOURS),
            FlowKind::Payroll => (0.003, 8.6, 0.5, OFFICE_HOURS),
            FlowKind::Corporate => (0.0005, 10.3, 1.9, OFFICE_HOURS),
        };
        Self { kind, share, mu, sigma, hours }
    }
}
