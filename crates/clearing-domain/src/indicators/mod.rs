//! Indicators: the figures that researchers compute from a day of payments. Pure functions.
//!
//! In the definitions k is a payment, s its sender, r its receiver, v its value, t when it was
//! submitted, u when it was settled and T the close of its day. n_i(t) is what participant i has
//! received minus what it has sent up to t when every payment settles at once. Participants are
//! numbered in the order of their codes.
//!
//! Money is in fen and exact. A ratio is exact to 20 decimals where it has room, rounded half to
//! even; it is `None` when its denominator is zero. A function over [`Flows`] covers the records
//! from which the flows were summed: those of a day, of a cycle or of an hour.

mod by_day;
mod centre;
mod concentration;
mod credit;
mod delay;
mod exposure;
mod failure;
mod flows;
mod liquidity;
mod need;
mod netting;
mod network;
mod position;
mod queue;
pub mod queue_day;
mod ratio;
mod record;
mod timing;

#[cfg(test)]
mod tests;

pub use by_day::DayFigures;
pub use centre::{CorePeriphery, clustering, core_periphery, degrees, page_rank};
pub use concentration::{herfindahl_index, top_share};
pub use credit::{
    AccountChange, CreditUse, credit_cost, credit_use, least_balances, overdraft_cost,
};
pub use delay::{DelaySums, delay_indicator, mean_delay, mean_delay_unweighted};
pub use exposure::{cap_utilisation, headroom, net_debits, peak_net_debits};
pub use failure::{
    Contagion, contagion, liquidity_deterioration, minimum_balances, settlement_asset_deficiency,
};
pub use flows::Flows;
pub use liquidity::{
    liquidity_level, lower_bound_liquidity, provision_relative_to_usage, turnover_ratio,
    upper_bound_liquidity,
};
pub use need::{Settling, sufficient_liquidity};
pub use netting::{
    bilateral_netting_ratio, multilateral_netting_ratio, netting_efficiency, netting_factor,
};
pub use network::{density, link_reciprocity, value_reciprocity};
pub use position::{DayPosition, gini_of_liquidity_cost};
pub use queue::{QueueStatistics, queue_statistics};
pub use ratio::ratio;
pub use record::{Day, Record};
pub use timing::{average_payment_time, deciles_of_payment_time, throughput};
