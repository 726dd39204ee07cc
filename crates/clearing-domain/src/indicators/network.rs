//! The network of payments: there is a link from i to j when i paid j at least once.
//!
//! With few participants nearly every link exists; the strengths ([`Flows::sent`],
//! [`Flows::received`]) and weights ([`Flows::between`]) are then more informative than the
//! density.

use rust_decimal::Decimal;

use super::{Flows, ratio};

/// The density: links over the N (N − 1) that are possible. Source: Soramäki et al. 2007.
pub fn density(flows: &Flows) -> Option<Decimal> {
    let participants = flows.participants() as i128;
    ratio(links(flows), participants * (participants - 1))
}

/// The reciprocity of links: the share of links whose opposite exists, too.
pub fn link_reciprocity(flows: &Flows) -> Option<Decimal> {
    let mutual = flows.pairs().filter(|pair| pair.iter().all(|flow| *flow > 0)).count() as i128;
    ratio(2 * mutual, links(flows))
}

/// The reciprocity of value: Σ min(X_ij, X_ji) / G over ordered pairs, the share of value that
/// flows back to where it came from. It is 1 − the bilateral netting ratio.
pub fn value_reciprocity(flows: &Flows) -> Option<Decimal> {
    ratio(flows.pairs().map(|[there, back]| 2 * there.min(back)).sum(), flows.gross())
}

fn links(flows: &Flows) -> i128 {
    flows.pairs().flatten().filter(|flow| *flow > 0).count() as i128
}
