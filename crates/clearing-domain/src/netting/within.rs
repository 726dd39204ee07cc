//! Settlement within limits: what an algorithm settles, without the last payments that go beyond a limit.
//!
//! The definition runs the algorithm again each time that a limit is passed, which can be as often as there are
//! payments. Nothing is looked at twice here: sets only shrink, from their ends.

mod bounds;
mod offer;

use crate::money::Position;

use super::{Algorithm, Detail, Limits, Obligation, Resolution, TooManyPayments};
use bounds::Bounds;
use offer::Offer;

impl Algorithm {
    /// Decides which payments of a queue settle within limits: those that the algorithm settles, and while
    /// they go beyond a limit, those it settles without the last ones that do (and, where it keeps queue
    /// order, without what lies behind those).
    ///
    /// Under bilateral limits that is still the largest set in queue order for `partial_net` and
    /// `gross_fifo`: what goes beyond a limit even when the other side pays all it can is in no set. A
    /// receiver's limit can be kept by holding back one sender or another; here it is the last in the
    /// queue. `all_or_nothing` settles nothing when the batch goes beyond a limit.
    ///
    /// Takes what the algorithm takes once, and O(Q log Q) for the limits; `gross_bypass` where money is short, and
    /// those that need no queue order, may be run more often.
    pub fn run_within(
        self,
        balances: &[Position],
        limits: &Limits,
        queue: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let settles = match self {
            _ if limits.are_none() => return self.run(balances, queue),
            // What bilateral offsetting settles first is part of what netting settles, and so nothing of its own.
            Self::PartialNet | Self::BilateralThenMultilateral { .. } => Offer::new(balances, limits, queue).net(),
            Self::GrossFifo | Self::BilateralOffset { .. } => {
                let keeps_order = |balances: &[Position], queue: &[Obligation]| Ok(self.run(balances, queue)?.settles);
                Offer::new(balances, limits, queue).in_order(keeps_order)?
            }
            Self::AllOrNothing => {
                let settles = self.run(balances, queue)?.settles;
                let beyond = Bounds::of(balances.len(), limits, queue, &settles).beyond(queue, &mut settles.clone());
                if beyond.is_empty() { settles } else { vec![false; queue.len()] }
            }
            Self::GrossBypass | Self::Unwind | Self::LossSharing | Self::EisenbergNoe | Self::Optimal => {
                return self.run_again_within(balances, limits, queue);
            }
        };
        Ok(Resolution { settles, detail: Detail::None })
    }

    /// The definition, for what settles other payments when it is offered fewer.
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
            let beyond = Bounds::of(balances.len(), limits, &batch, &kept).beyond(&batch, &mut kept);
            if beyond.is_empty() {
                let mut settles = vec![false; queue.len()];
                offered.iter().zip(&resolution.settles).for_each(|(index, settled)| settles[*index] = *settled);
                return Ok(Resolution { settles, detail: resolution.detail });
            }
            let mut left_out = vec![false; batch.len()];
            beyond.iter().for_each(|place| left_out[*place] = true);
            if !matches!(self, Self::GrossBypass | Self::Optimal) {
                leave_out_what_is_behind(&batch, &mut left_out);
            }
            let mut left_out = left_out.into_iter();
            offered.retain(|_| left_out.next() == Some(false));
        }
    }

    /// What settles of a batch, at once within the limits where everybody covers all it is to pay by itself: then
    /// whatever is left out, the others settle.
    fn settled_of(
        self,
        balances: &[Position],
        limits: &Limits,
        batch: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        if self == Self::GrossBypass {
            let mut offer = Offer::new(balances, limits, batch);
            if offer.is_ample() {
                return Ok(Resolution { settles: offer.in_any_order(), detail: Detail::None });
            }
        }
        self.run(balances, batch)
    }
}

/// Leaves out what lies behind what is left out in the queue of its debtor.
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
