//! Redemptions: asked for, waiting, on their way and paid.

use rustc_hash::FxHashMap;

use crate::money::{Amount, BusinessDate, PaymentId, RedemptionId, Timestamp, Total};
use crate::slots::Slots;

use super::super::agenda::Agenda;
use super::super::slot::{HoldingSlot, RedemptionSlot};
use super::rows::{CancelledRedemptionRow, RedemptionRow, TRY_DAYS};

/// Where a redemption stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedemptionState {
    /// It is asked for, and its day has not come or no payment was tried yet.
    Pending,
    /// A payment was refused or came back; it is tried again on the next day.
    Waiting,
    /// Its payment is on its way.
    Paying,
    /// It is paid.
    Paid,
    /// It could not be paid on any of the days on which it was tried, and is paid by hand.
    Overdue,
    /// The holder has taken it back.
    Cancelled,
}

/// A redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WealthRedemption {
    /// Its row.
    pub row: RedemptionRow,
    /// The holding that it was taken from.
    pub holding: HoldingSlot,
    /// The day on which it is paid.
    pub due: BusinessDate,
    /// How many payments there have been.
    pub attempts: u32,
    pub(super) in_flight: Option<PaymentId>,
    pub(super) paid: Option<PaymentId>,
    pub(super) is_cancelled: bool,
    /// What it took along of the days of the holding.
    pub(super) taken: Total,
    /// It is not tried by itself before this day.
    not_before: BusinessDate,
    next_at: Option<Timestamp>,
}

impl WealthRedemption {
    /// Where it stands on a day.
    pub fn state(&self, on: BusinessDate) -> RedemptionState {
        if self.is_cancelled {
            RedemptionState::Cancelled
        } else if self.paid.is_some() {
            RedemptionState::Paid
        } else if self.in_flight.is_some() {
            RedemptionState::Paying
        } else if on > self.last_day() {
            RedemptionState::Overdue
        } else if self.attempts > 0 {
            RedemptionState::Waiting
        } else {
            RedemptionState::Pending
        }
    }

    /// The payment that pays it, on its way or final.
    pub fn payment(&self) -> Option<PaymentId> {
        self.paid.or(self.in_flight)
    }

    fn last_day(&self) -> BusinessDate {
        self.due.plus_days(TRY_DAYS)
    }

    /// When it is tried next by itself: from its day on, once a day.
    fn next_attempt(&self) -> Option<Timestamp> {
        let day = self.due.max(self.not_before);
        let is_open = self.payment().is_none() && !self.is_cancelled && day <= self.last_day();
        is_open.then(|| day.start())
    }
}

/// What was asked for of one holding.
#[derive(Clone, Debug, Default)]
pub(super) struct OfHolding {
    pub(super) all: Vec<RedemptionSlot>,
    /// The principal that is not paid yet, and of how many redemptions.
    pub(super) open: Total,
    pub(super) live: usize,
    /// Principal and yield that are paid.
    pub(super) redeemed: Total,
    pub(super) earned: Total,
}

/// All redemptions in the order they were asked for.
#[derive(Debug, Default)]
pub struct Redemptions {
    list: Slots<RedemptionSlot, WealthRedemption>,
    ids: FxHashMap<RedemptionId, RedemptionSlot>,
    of_holdings: FxHashMap<HoldingSlot, OfHolding>,
    in_flight: FxHashMap<PaymentId, RedemptionSlot>,
    agenda: Agenda<RedemptionSlot>,
    cancellations: Vec<CancelledRedemptionRow>,
}

#[cfg(test)]
impl Redemptions {
    /// Keeps more open than was asked for.
    pub(super) fn forge_open(&mut self, holding: HoldingSlot, amount: Amount) {
        self.of_holdings.entry(holding).or_default().open += amount;
    }

    /// Keeps more as paid than was.
    pub(super) fn forge_redeemed(&mut self, holding: HoldingSlot, amount: Amount) {
        self.of_holdings.entry(holding).or_default().redeemed += amount;
    }
}

impl Redemptions {
    /// All of them.
    pub fn list(&self) -> &Slots<RedemptionSlot, WealthRedemption> {
        &self.list
    }

    /// The redemption of an id.
    pub fn find(&self, redemption: RedemptionId) -> Option<&WealthRedemption> {
        self.ids.get(&redemption).map(|slot| &self.list[*slot])
    }

    /// What was asked for of a holding, the newest first.
    pub(super) fn of(&self, holding: HoldingSlot) -> impl Iterator<Item = &WealthRedemption> {
        let found = self.of_holdings.get(&holding).map_or(&[][..], |found| &found.all);
        found.iter().rev().map(|slot| &self.list[*slot])
    }

    pub(super) fn sums(&self, holding: HoldingSlot) -> Option<&OfHolding> {
        self.of_holdings.get(&holding)
    }

    /// Those that are to be tried.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = RedemptionId> {
        self.agenda.due(now).map(|slot| self.list[slot].row.redemption)
    }

    /// The rows of those taken back, in order.
    pub fn cancellations(&self) -> &[CancelledRedemptionRow] {
        &self.cancellations
    }

    pub(super) fn ask(
        &mut self,
        row: RedemptionRow,
        (holding, taken): (HoldingSlot, Total),
        due: BusinessDate,
    ) {
        let (id, principal) = (row.redemption, row.principal);
        let slot = self.list.push(WealthRedemption {
            row,
            holding,
            due,
            attempts: 0,
            in_flight: None,
            paid: None,
            is_cancelled: false,
            taken,
            not_before: due,
            next_at: None,
        });
        self.ids.insert(id, slot);
        let of_holding = self.of_holdings.entry(holding).or_default();
        of_holding.all.push(slot);
        of_holding.open += principal;
        of_holding.live += 1;
        self.follow(slot);
    }

    /// A payment of a redemption leaves the provider's wallet, or is refused at once.
    pub(super) fn begin(&mut self, redemption: RedemptionId, payment: PaymentId) {
        let Some(slot) = self.ids.get(&redemption).copied() else { return };
        self.list[slot].attempts += 1;
        self.list[slot].in_flight = Some(payment);
        self.in_flight.insert(payment, slot);
        self.follow(slot);
    }

    /// A payment is final, was refused or came back.
    pub(super) fn payment_ends(&mut self, payment: PaymentId, is_paid: bool, on: BusinessDate) {
        if self.in_flight.is_empty() {
            return;
        }
        let Some(slot) = self.in_flight.remove(&payment) else { return };
        let found = &mut self.list[slot];
        found.in_flight = None;
        if is_paid {
            found.paid = Some(payment);
            let (principal, earned): (Amount, Amount) = (found.row.principal, found.row.earned);
            let sums = self.of_holdings.entry(found.holding).or_default();
            sums.open -= principal;
            sums.live -= 1;
            sums.redeemed += principal;
            sums.earned += earned;
        } else {
            found.not_before = on.next();
        }
        self.follow(slot);
    }

    /// One is taken back.
    pub(super) fn cancel(&mut self, row: CancelledRedemptionRow) -> Option<&WealthRedemption> {
        self.cancellations.push(row);
        let slot = self.ids.get(&row.redemption).copied()?;
        let found = &mut self.list[slot];
        found.is_cancelled = true;
        let sums = self.of_holdings.entry(found.holding).or_default();
        sums.open -= found.row.principal;
        sums.live -= 1;
        self.follow(slot);
        Some(&self.list[slot])
    }

    /// Plans the next attempt again.
    fn follow(&mut self, slot: RedemptionSlot) {
        let found = &mut self.list[slot];
        let next = found.next_attempt();
        self.agenda.plan(slot, &mut found.next_at, next);
    }
}
