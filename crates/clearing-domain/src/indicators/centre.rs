//! Who is in the middle of the network of payments: clustering, centrality, core and periphery.

use rust_decimal::Decimal;

use super::{Flows, ratio};

/// How many participants each one paid, and was paid by: out-degree and in-degree.
pub fn degrees(flows: &Flows) -> Vec<(usize, usize)> {
    let all = 0..flows.participants();
    let linked = |from, to| flows.between(from, to) > 0;
    let degree = |one: usize| {
        let out = all.clone().filter(|other| linked(one, *other)).count();
        (out, all.clone().filter(|other| linked(*other, one)).count())
    };
    all.clone().map(degree).collect()
}

/// The clustering coefficient: how many of the pairs of neighbours of a participant are neighbours,
/// on average over all participants; neighbours pay each other in at least one direction, and one
/// with fewer than two neighbours counts as 0. Source: Watts and Strogatz 1998.
pub fn clustering(flows: &Flows) -> Option<Decimal> {
    let all = 0..flows.participants();
    let linked = |one: usize, other: usize| {
        one != other && (flows.between(one, other) > 0 || flows.between(other, one) > 0)
    };
    let local = |one: usize| {
        let near: Vec<_> = all.clone().filter(|other| linked(one, *other)).collect();
        let pairs = near.len() * near.len().saturating_sub(1);
        let closed = near.iter().map(|a| near.iter().filter(|b| linked(*a, **b)).count());
        ratio(closed.sum::<usize>() as i128, pairs as i128).unwrap_or_default()
    };
    let sum: Decimal = all.clone().map(local).sum();
    sum.checked_div(Decimal::from(flows.participants()))
}

/// One in the arithmetic of ranks.
const ONE: i128 = 1_000_000_000_000_000_000;
/// The share of value that goes on along payments; the rest starts anywhere again.
const DAMPING: (i128, i128) = (85, 100);
/// Ranks that change by less are final.
const STILL: i128 = 1_000_000;
const STEPS_MAX: usize = 1_000;

/// The `PageRank` of each participant with values as weights: where a fen ends up that follows
/// payments at random, 15 percent of the time starting anew. Who paid nobody passes it on to all.
/// They sum to one up to rounding. Source: Brin and Page 1998; as centrality of payment systems,
/// Soramäki and Cook 2013.
pub fn page_rank(flows: &Flows) -> Vec<Decimal> {
    let count = flows.participants();
    let Some(each) = ONE.checked_div(count as i128) else { return Vec::new() };
    let sent = flows.sent();
    let mut ranks = vec![each; count];
    for _ in 0..STEPS_MAX {
        let stuck: i128 = (0..count).filter(|who| sent[*who] == 0).map(|who| ranks[who]).sum();
        let next: Vec<i128> = (0..count)
            .map(|to| {
                let paid = (0..count).filter(|from| sent[*from] > 0);
                let came = paid.map(|from| share(ranks[from], flows.between(from, to), sent[from]));
                let came = came.sum::<i128>() + stuck / count as i128;
                (ONE - ONE * DAMPING.0 / DAMPING.1) / count as i128 + came * DAMPING.0 / DAMPING.1
            })
            .collect();
        let moved: i128 = ranks.iter().zip(&next).map(|(old, new)| (old - new).abs()).sum();
        ranks = next;
        if moved < STILL {
            break;
        }
    }
    ranks.into_iter().map(|rank| ratio(rank, ONE).unwrap_or_default()).collect()
}

/// A part of a rank, which is below 2^60; flows are below 2^96 and lose their last digits first.
fn share(rank: i128, part: i128, of: i128) -> i128 {
    let shift = (128 - of.leading_zeros()).saturating_sub(64);
    rank * (part >> shift) / (of >> shift).max(1)
}

/// A core and its fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorePeriphery {
    /// Which participants are in the core.
    pub core: Vec<bool>,
    /// How many links contradict it.
    pub errors: usize,
    /// That over the number of links.
    pub error_score: Option<Decimal>,
}

/// The core that contradicts the network least: members of the core pay each other, others do not,
/// and each member pays, and is paid by, somebody outside. Errors are links that are missing in the
/// core, links outside it, and for a member without any link to (or from) the outside one for each
/// participant there. Found by exchanging members one by one, from the best of the cores by degree;
/// `None` without links. Source: Craig and von Peter 2014.
pub fn core_periphery(flows: &Flows) -> Option<CorePeriphery> {
    let degrees = degrees(flows);
    let links: usize = degrees.iter().map(|(out, _)| out).sum();
    if links == 0 {
        return None;
    }
    let mut by_degree: Vec<_> = (0..degrees.len()).collect();
    by_degree.sort_by_key(|who| (usize::MAX - degrees[*who].0 - degrees[*who].1, *who));
    let mut core = vec![false; degrees.len()];
    let mut best = (errors_of(flows, &core), core.clone());
    for who in by_degree {
        core[who] = true;
        best = best.min((errors_of(flows, &core), core.clone()));
    }
    loop {
        let flips = (0..degrees.len()).map(|who| {
            let mut core = best.1.clone();
            core[who] = !core[who];
            (errors_of(flows, &core), core)
        });
        match flips.min().filter(|found| found.0 < best.0) {
            Some(found) => best = found,
            None => break,
        }
    }
    let (errors, core) = best;
    Some(CorePeriphery { core, errors, error_score: ratio(errors as i128, links as i128) })
}

fn errors_of(flows: &Flows, core: &[bool]) -> usize {
    let linked = |from: usize, to: usize| flows.between(from, to) > 0;
    let outside: Vec<_> = (0..core.len()).filter(|who| !core[*who]).collect();
    let inside = (0..core.len()).filter(|who| core[*who]);
    let (mut errors, members): (usize, Vec<_>) = (0, inside.collect());
    for one in &members {
        errors += members.iter().filter(|other| *other != one && !linked(*one, **other)).count();
        let lonely = [
            outside.iter().all(|other| !linked(*one, *other)),
            outside.iter().all(|other| !linked(*other, *one)),
        ];
        errors += lonely.into_iter().filter(|lonely| *lonely).count() * outside.len();
    }
    let among = |one: &usize| outside.iter().filter(|other| linked(*one, **other)).count();
    errors + outside.iter().map(among).sum::<usize>()
}
