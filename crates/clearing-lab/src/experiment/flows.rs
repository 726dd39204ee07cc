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
