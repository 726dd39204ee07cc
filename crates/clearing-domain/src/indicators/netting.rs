//! Netting ratios: how much less value moves when payments are netted.

use rust_decimal::Decimal;

use super::{Flows, ratio};

/// The multilateral netting ratio: Σ_i max(0, −net_i) / G, the value that moves over the value
/// paid. Source: CPMI; Reserve Bank of Australia RDP 2013-12.
pub fn multilateral_netting_ratio(flows: &Flows) -> Option<Decimal> {
    ratio(flows.net_debits(), flows.gross())
}

/// The netting efficiency: 1 − the multilateral netting ratio, the share of value that does not
/// move.
pub fn netting_efficiency(flows: &Flows) -> Option<Decimal> {
    ratio(flows.gross() - flows.net_debits(), flows.gross())
}

/// The netting factor: 1 / the multilateral netting ratio, the value paid per unit that moves, as
/// in the operators' own figures (CHIPS 26:1, RITS 13:1); `None` when everything nets to zero.
pub fn netting_factor(flows: &Flows) -> Option<Decimal> {
    ratio(flows.gross(), flows.net_debits())
}

/// The bilateral netting ratio: Σ_{i<j} |X_ij − X_ji| / G, the share of value that moves when only
/// pairs are netted. It is never below the multilateral ratio.
pub fn bilateral_netting_ratio(flows: &Flows) -> Option<Decimal> {
    ratio(flows.pair_debits(), flows.gross())
}
