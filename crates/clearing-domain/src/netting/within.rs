//! Settlement within limits: the set that an algorithm settles, without the last payments that
//! exceed a limit.
//!
//! By the definition the algorithm runs again each time a limit is exceeded, which can be as often
//! as there are payments. Here no payment is visited twice, because sets only shrink, from their
//! ends. Payments that limits alone hold back are left out by sums ([`reach`]) before the others
//! are collected ([`offer`]).

mod bounds;
mod offer;
mod reach;

use std::convert::Infallible;

use crate::money::Position;

use super::{Algorithm, Detail, Limits, Obligation, Resolution, TooManyPayments};
use bounds::Bounds;
use offer::Offer;
use reach::Reach;

impl Algorithm {
    /// Decides which payments of a queue settle within limits: the set that the algorithm settles.
    /// While that set exceeds a limit, the algorithm runs again without the last payments that
    /// exceed it (and, where it keeps queue order, without the payments behind those).
    ///
    /// Under bilateral limits the result is still the largest set in queue order for `partial_net`
    /// and `gross_fifo`: a payment that exceeds a limit even when the other side pays all it can is
    /// in no such set. A receiver's limit can be kept by holding back one sender or another; here
    /// the last payment in the queue is held back. `all_or_nothing` settles nothing when the batch
    /// exceeds a limit.
    ///
    /// Takes the time of one run of the algorithm; for payments that limits alone hold back O(Q)
    /// once and O(√Q) each time a limit is exceeded; where money is short as well, O(Q log Q).
    /// `gross_bypass` where money is short, and algorithms without queue order, may run more often.
    pub fn run_within(
        self,
        balances: &[Position],
        limits: &Limits,
        queue: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let settles = match self {
            // Without limits the definition is the algorithm itself, and no sums of pairs are
            // needed.
            _ if limits.are_none() => return self.run(balances, queue),
            // The set that bilateral offsetting settles first is a part of the set that netting
            // settles, so both give the same result.
            Self::PartialNet | Self::BilateralThenMultilateral { .. } => {
                net_within(balances, limits, queue)
            }
            Self::GrossFifo | Self::BilateralOffset { .. } => {
                self.in_order_within(balances, limits, queue)?
            }
            Self::AllOrNothing => {
                let settles = self.run(balances, queue)?.settles;
                let settles_within = settles.contains(&true) && is_within(balances, limits, queue);
                if settles_within { settles } else { vec![false; queue.len()] }
            }
            Self::GrossBypass => match in_any_order_within(balances, limits, queue) {
                Some(settles) => settles,
                None => return self.run_again_within(balances, limits, queue),
            },
            Self::Unwind | Self::LossSharing | Self::EisenbergNoe | Self::Optimal => {
                return self.run_again_within(balances, limits, queue);
            }
        };
        Ok(Resolution { settles, detail: Detail::None })
    }

    /// The set of an algorithm that keeps queue order and settles no more when it is offered less.
    fn in_order_within(
        self,
        balances: &[Position],
        limits: &Limits,
        queue: &[Obligation],
    ) -> Result<Vec<bool>, TooManyPayments> {
        let settle =
            |balances: &[Position], queue: &[Obligation]| Ok(self.run(balances, queue)?.settles);
        let Some(mut reach) = Reach::of(balances, limits, queue, true) else {
            return Offer::new(balances, limits, queue).in_order(settle);
        };
        // Under bilateral limits there is one largest set, so limits may be applied before money.
        // Under a receiver's limit the payments held back depend on what has settled before.
        if limits.receiving.is_empty() || reach.is_ample() {
            while reach.keep_within_limits() {}
            if reach.is_ample() {
                return Ok(reach.settles());
            }
            return of_the_rest(queue, reach.settles(), |rest| {
                Offer::new(balances, limits, rest).in_order(settle)
            });
        }
        let settles = settle(balances, queue)?;
        of_the_rest(queue, settles, |rest| Offer::new(balances, limits, rest).in_order(settle))
    }

    /// The definition itself, for algorithms that may settle other payments when they are offered
    /// fewer.
    fn run_again_within(
        self,
        balances: &[Position],
        limits: &Limits,
        queue: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let mut offered: Vec<usize> = (0..queue.len()).collect();
        loop {
            let batch: Vec<Obligation> = offered.iter().map(|index| queue[*index]).collect();
            let resolution = self.settled_of(balances, limits, &batch)?;
            let mut kept = resolution.settles.clone();
            let beyond =
                Bounds::of(balances.len(), limits, &batch, &kept).beyond(&batch, &mut kept);
            if beyond.is_empty() {
                let mut settles = vec![false; queue.len()];
                offered
                    .iter()
                    .zip(&resolution.settles)
                    .for_each(|(index, settled)| settles[*index] = *settled);
                return Ok(Resolution { settles, detail: resolution.detail });
            }
            let mut left_out = vec![false; batch.len()];
            beyond.iter().for_each(|place| left_out[*place] = true);
            // These two settle out of order anyway, so a payment that is held back blocks none.
            if !matches!(self, Self::GrossBypass | Self::Optimal) {
                leave_out_what_is_behind(&batch, &mut left_out);
            }
            let mut left_out = left_out.into_iter();
            offered.retain(|_| left_out.next() == Some(false));
        }
    }

    /// The set of a batch that settles. It is within the limits at once when every participant
    /// covers all its payments by itself: then the others settle, whichever are left out.
    fn settled_of(
        self,
        balances: &[Position],
        limits: &Limits,
        batch: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let at_once = (self == Self::GrossBypass)
            .then(|| in_any_order_within(balances, limits, batch))
            .flatten();
        if let Some(settles) = at_once {
            return Ok(Resolution { settles, detail: Detail::None });
        }
        self.run(balances, batch)
    }
}

/// The largest set in queue order that every participant covers, within the limits; see
/// [`partial_net`](super::partial_net).
fn net_within(balances: &[Position], limits: &Limits, queue: &[Obligation]) -> Vec<bool> {
    let Some(mut reach) = Reach::of(balances, limits, queue, true) else {
        return Offer::new(balances, limits, queue).net();
    };
    while (limits.receiving.is_empty() || !reach.leaves_short()) && reach.keep_within_limits() {}
    if !reach.leaves_short() {
        return reach.settles();
    }
    let net = |rest: &[Obligation]| Ok::<_, Infallible>(Offer::new(balances, limits, rest).net());
    of_the_rest(queue, reach.settles(), net).unwrap_or_else(|never| match never {})
}

/// The set within the limits when every participant covers all its payments by itself and no
/// payment waits for another; otherwise `None`.
fn in_any_order_within(
    balances: &[Position],
    limits: &Limits,
    queue: &[Obligation],
) -> Option<Vec<bool>> {
    let Some(mut reach) = Reach::of(balances, limits, queue, false) else {
        let mut offer = Offer::new(balances, limits, queue);
        return offer.is_ample().then(|| offer.in_any_order());
    };
    if !reach.is_ample() {
        return None;
    }
    while reach.keep_within_limits() {}
    Some(reach.settles())
}

/// Whether a whole queue keeps the limits.
fn is_within(balances: &[Position], limits: &Limits, queue: &[Obligation]) -> bool {
    match Reach::of(balances, limits, queue, false) {
        Some(mut reach) => !reach.keep_within_limits(),
        None => {
            let mut settles = vec![true; queue.len()];
            Bounds::of(balances.len(), limits, queue, &settles)
                .beyond(queue, &mut settles)
                .is_empty()
        }
    }
}

/// The set that settles when only the marked payments of a queue are offered.
fn of_the_rest<E>(
    queue: &[Obligation],
    mut settles: Vec<bool>,
    settle: impl Fn(&[Obligation]) -> Result<Vec<bool>, E>,
) -> Result<Vec<bool>, E> {
    let marked = queue.iter().zip(&settles).filter(|(_, marked)| **marked);
    let rest: Vec<Obligation> = marked.map(|(payment, _)| *payment).collect();
    let settled = settle(&rest)?;
    settles
        .iter_mut()
        .filter(|marked| **marked)
        .zip(settled)
        .for_each(|(marked, settled)| *marked = settled);
    Ok(settles)
}

/// Leaves out every payment that stands behind a left-out one in the queue of its debtor.
fn leave_out_what_is_behind(batch: &[Obligation], left_out: &mut [bool]) {
    let mut blocked = std::collections::BTreeSet::new();
    for (obligation, left_out) in batch.iter().zip(left_out) {
        if *left_out {
            blocked.insert(obligation.debtor);
        }
        *left_out = blocked.contains(&obligation.debtor);
    }
}

#[cfg(test)]
mod tests;
