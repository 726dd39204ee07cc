//! The contracts of this operator's payers, and what is locked for them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::money::{Amount, ContractId, PaymentId, Timestamp, Total, WalletNumber};
use crate::slots::Slots;

use super::super::slot::{ContractSlot, WalletSlot};
use super::rows::{ContractRow, ContractStep, ContractStepRow, ReleaseRow, SuspensionRow};
use super::terms::ReleaseRule;

/// Where a lesson stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonState {
    /// Nobody has asked for it, or what was asked for came to nothing.
    Open,
    /// The merchant has asked for it; the payer may dispute it until then.
    Requested(Timestamp),
    /// The payer has disputed it, and alone can release it.
    Disputed,
    /// Its payment is on the way.
    Releasing(PaymentId),
    /// Its payment is final.
    Released(PaymentId),
}

/// A lesson of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Where it stands.
    pub state: LessonState,
    /// How many payments of it there have been.
    pub attempts: u32,
}

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractState {
    /// Nothing is locked yet.
    Created,
    /// The price of all lessons is locked.
    Funded,
    /// A lesson has been asked for or was on its way.
    Active,
    /// Some lessons are paid.
    PartiallyReleased,
    /// All lessons are paid.
    Completed,
    /// The payer has back what was not released.
    Refunded,
    /// Its time is over, and the payer has back what was not released.
    Expired,
    /// A supervisor has suspended the merchant.
    Suspended,
}

/// What the rows of a contract have made of it, whatever became of its merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Created,
    Funded,
    Refunded,
    Expired,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its row.
    pub row: ContractRow,
    /// The wallet that pays.
    pub payer: WalletSlot,
    /// Its lessons, in their order.
    pub lessons: Vec<Lesson>,
    /// What is locked for it.
    pub locked: Amount,
    /// What the merchant has of it for good.
    pub released: Amount,
    phase: Phase,
    has_begun: bool,
    paid_lessons: u32,
}

impl Contract {
    /// A lesson, counted from 1.
    pub fn lesson(&self, lesson: u32) -> Option<&Lesson> {
        self.lessons.get(place_of(lesson)?)
    }

    /// How many lessons are paid.
    pub fn paid_lessons(&self) -> u32 {
        self.paid_lessons
    }

    /// Whether the first lesson has been asked for or was on its way.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether no money was locked for it yet and its time is not over.
    pub(super) fn is_created(&self) -> bool {
        self.phase == Phase::Created
    }

    /// Whether its lessons can be released.
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Funded && !self.is_completed()
    }

    fn is_completed(&self) -> bool {
        self.paid_lessons == self.row.terms.lessons
    }

    fn price_of(&self, lesson: u32) -> Amount {
        self.row.terms.price_of(lesson).unwrap_or_default()
    }
}

/// The contracts of one payer.
#[derive(Debug, Default)]
struct OfPayer {
    all: Vec<ContractSlot>,
    locked: Amount,
    /// How many are not over.
    live: usize,
}

/// What the contracts with one merchant come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MerchantTotals {
    /// How many contracts there are.
    pub contracts: usize,
    /// What is locked for them.
    pub locked: Total,
    /// What the merchant has of them for good.
    pub released: Total,
}

/// All contracts in the order they were created.
#[derive(Debug, Default)]
pub struct Contracts {
    list: Slots<ContractSlot, Contract>,
    ids: FxHashMap<ContractId, ContractSlot>,
    of_payers: FxHashMap<WalletSlot, OfPayer>,
    of_merchants: BTreeMap<WalletNumber, Vec<ContractSlot>>,
    /// The releases on their way.
    in_flight: FxHashMap<PaymentId, (ContractSlot, u32)>,
    /// The lessons that were asked for, by the last moment to dispute them.
    requests: BTreeSet<(Timestamp, ContractSlot, u32)>,
    /// The contracts that are not over, by their last moment.
    ends: BTreeSet<(Timestamp, ContractSlot)>,
    suspended: BTreeSet<WalletNumber>,
    steps: Vec<ContractStepRow>,
    releases: Vec<ReleaseRow>,
    suspensions: Vec<SuspensionRow>,
}

impl Contracts {
    /// All of them.
    pub fn list(&self) -> &Slots<ContractSlot, Contract> {
        &self.list
    }

    /// The contract of an id.
    pub fn find(&self, contract: ContractId) -> Option<&Contract> {
        self.slot_of(contract).map(|slot| &self.list[slot])
    }

    pub(super) fn slot_of(&self, contract: ContractId) -> Option<ContractSlot> {
        self.ids.get(&contract).copied()
    }

    /// The contracts of a payer in the order they were created.
    pub fn of_payer(&self, payer: WalletSlot) -> impl Iterator<Item = &Contract> {
        let slots = self.of_payers.get(&payer).map_or(&[][..], |found| &found.all);
        slots.iter().map(|slot| &self.list[*slot])
    }

    /// How many contracts of a payer are not over.
    pub(super) fn live_of(&self, payer: WalletSlot) -> usize {
        self.of_payers.get(&payer).map_or(0, |found| found.live)
    }

    /// The contracts with a merchant in the order they were created.
    pub fn of_merchant(&self, merchant: WalletNumber) -> impl Iterator<Item = &Contract> {
        let slots = self.of_merchants.get(&merchant).map_or(&[][..], Vec::as_slice);
        slots.iter().map(|slot| &self.list[*slot])
    }

    /// The merchants with contracts, ascending, and what those come to.
    pub fn totals(&self) -> impl Iterator<Item = (WalletNumber, MerchantTotals)> + '_ {
        self.of_merchants.keys().map(|merchant| {
            let contracts = self.of_merchant(*merchant);
            let add = |mut totals: MerchantTotals, contract: &Contract| {
                totals.contracts += 1;
                totals.locked += contract.locked;
                totals.released += contract.released;
                totals
            };
            (*merchant, contracts.fold(MerchantTotals::default(), add))
        })
    }

    /// What is locked in a wallet.
    pub fn locked_in(&self, wallet: WalletSlot) -> Amount {
        // Nearly always there are none at all, and no wallet is looked up.
        if self.of_payers.is_empty() {
            return Amount::ZERO;
        }
        self.of_payers.get(&wallet).map_or(Amount::ZERO, |found| found.locked)
    }

    /// Whether a merchant is suspended.
    pub fn is_suspended(&self, merchant: WalletNumber) -> bool {
        self.suspended.contains(&merchant)
    }

    /// Where a contract stands.
    pub fn state_of(&self, contract: &Contract) -> ContractState {
        match contract.phase {
            _ if contract.is_completed() => ContractState::Completed,
            Phase::Refunded => ContractState::Refunded,
            Phase::Expired => ContractState::Expired,
            Phase::Created | Phase::Funded if self.is_suspended(contract.row.terms.merchant) => {
                ContractState::Suspended
            }
            Phase::Created => ContractState::Created,
            Phase::Funded if contract.paid_lessons > 0 => ContractState::PartiallyReleased,
            Phase::Funded if contract.has_begun => ContractState::Active,
            Phase::Funded => ContractState::Funded,
        }
    }

    /// The rows of steps, in order.
    pub fn steps(&self) -> &[ContractStepRow] {
        &self.steps
    }

    /// The rows of releases, in order.
    pub fn releases(&self) -> &[ReleaseRow] {
        &self.releases
    }

    /// The rows of suspensions, in order.
    pub fn suspensions(&self) -> &[SuspensionRow] {
        &self.suspensions
    }

    /// The contract and the lesson that a payment on its way releases.
    pub(in super::super) fn released_by(&self, payment: PaymentId) -> Option<(&Contract, u32)> {
        if self.in_flight.is_empty() {
            return None;
        }
        self.in_flight.get(&payment).map(|(slot, lesson)| (&self.list[*slot], *lesson))
    }

    /// The lessons asked for of which the time to dispute them is over.
    pub(super) fn requests_due(&self, now: Timestamp) -> impl Iterator<Item = (ContractId, u32)> {
        let due = self.requests.iter().take_while(move |(last, ..)| *last < now);
        due.map(|(_, slot, lesson)| (self.list[*slot].row.contract, *lesson))
    }

    /// The contracts that are not over and of which the time is.
    pub(super) fn ends_due(&self, now: Timestamp) -> impl Iterator<Item = ContractId> {
        let due = self.ends.iter().take_while(move |(last, _)| *last < now);
        due.map(|(_, slot)| self.list[*slot].row.contract)
    }
}

/// What rows change. `check` has passed them.
impl Contracts {
    pub(in super::super) fn create(&mut self, row: ContractRow, payer: WalletSlot) {
        let lesson = Lesson { state: LessonState::Open, attempts: 0 };
        let lessons = vec![lesson; row.terms.lessons as usize];
        let (id, merchant, ends_at) = (row.contract, row.terms.merchant, row.terms.expires_at);
        let slot = self.list.push(Contract {
            row,
            payer,
            lessons,
            locked: Amount::ZERO,
            released: Amount::ZERO,
            phase: Phase::Created,
            has_begun: false,
            paid_lessons: 0,
        });
        self.ids.insert(id, slot);
        let of_payer = self.of_payers.entry(payer).or_default();
        of_payer.all.push(slot);
        of_payer.live += 1;
        self.of_merchants.entry(merchant).or_default().push(slot);
        self.ends.insert((ends_at, slot));
    }

    pub(in super::super) fn step(&mut self, row: ContractStepRow) {
        let slot = self.slot_of_row(row.row, row.contract);
        match row.step {
            ContractStep::Funded => {
                self.list[slot].phase = Phase::Funded;
                let total = self.list[slot].row.terms.total;
                self.lock(slot, total);
            }
            ContractStep::Requested { lesson } => {
                let dispute_ms = match self.list[slot].row.terms.release {
                    ReleaseRule::ByMerchant { dispute_ms } => dispute_ms,
                    ReleaseRule::ByPayer | ReleaseRule::ByCode { .. } => 0,
                };
                let last = row.at.plus_ms(dispute_ms.try_into().unwrap_or(i64::MAX));
                self.requests.insert((last, slot, lesson));
                self.list[slot].has_begun = true;
                self.set_lesson(slot, lesson, LessonState::Requested(last));
            }
            ContractStep::Disputed { lesson } => {
                self.drop_request(slot, lesson);
                self.set_lesson(slot, lesson, LessonState::Disputed);
            }
            ContractStep::Refunded => self.end(slot, Phase::Refunded),
            ContractStep::Expired => self.end(slot, Phase::Expired),
        }
        self.steps.push(row);
    }

    pub(in super::super) fn release(&mut self, row: ReleaseRow) {
        let slot = self.slot_of_row(row.row, row.contract);
        self.drop_request(slot, row.lesson);
        self.list[slot].has_begun = true;
        self.set_lesson(slot, row.lesson, LessonState::Releasing(row.payment));
        if let Some(lesson) = self.lesson_mut(slot, row.lesson) {
            lesson.attempts = row.attempt + 1;
        }
        self.unlock(slot, row.amount);
        self.in_flight.insert(row.payment, (slot, row.lesson));
        self.releases.push(row);
    }

    /// A payment is final, was refused or came back.
    pub(in super::super) fn payment_ends(&mut self, payment: PaymentId, has_arrived: bool) {
        if self.in_flight.is_empty() {
            return;
        }
        let Some((slot, lesson)) = self.in_flight.remove(&payment) else { return };
        let price = self.list[slot].price_of(lesson);
        if !has_arrived {
            self.set_lesson(slot, lesson, LessonState::Open);
            // What was released when the contract ended is the payer's own now.
            if self.list[slot].phase == Phase::Funded {
                self.lock(slot, price);
            }
            return;
        }
        self.set_lesson(slot, lesson, LessonState::Released(payment));
        let contract = &mut self.list[slot];
        contract.paid_lessons += 1;
        contract.released += price;
        if contract.phase == Phase::Funded && contract.is_completed() {
            self.is_over(slot);
        }
    }

    pub(in super::super) fn suspend(&mut self, row: SuspensionRow) {
        if row.suspended {
            self.suspended.insert(row.merchant);
            // What it has asked for came to nothing: it asks again when it may go on.
            for slot in self.of_merchants.get(&row.merchant).cloned().unwrap_or_default() {
                self.drop_requests(slot);
            }
        } else {
            self.suspended.remove(&row.merchant);
        }
        self.suspensions.push(row);
    }

    /// The contract that a row names, as `check` has found it.
    fn slot_of_row(&self, row: u64, contract: ContractId) -> ContractSlot {
        let slot = self.slot_of(contract);
        slot.unwrap_or_else(|| panic!("row {row} names contract {contract}, which is not there"))
    }

    fn end(&mut self, slot: ContractSlot, phase: Phase) {
        let locked = self.list[slot].locked;
        self.unlock(slot, locked);
        self.drop_requests(slot);
        self.list[slot].phase = phase;
        self.is_over(slot);
    }

    fn is_over(&mut self, slot: ContractSlot) {
        let contract = &self.list[slot];
        self.ends.remove(&(contract.row.terms.expires_at, slot));
        self.of_payers.entry(contract.payer).or_default().live -= 1;
    }

    fn drop_requests(&mut self, slot: ContractSlot) {
        for lesson in 1..=self.list[slot].row.terms.lessons {
            if self.drop_request(slot, lesson) {
                self.set_lesson(slot, lesson, LessonState::Open);
            }
        }
    }

    fn drop_request(&mut self, slot: ContractSlot, lesson: u32) -> bool {
        let state = self.list[slot].lesson(lesson).map(|found| found.state);
        let Some(LessonState::Requested(last)) = state else { return false };
        self.requests.remove(&(last, slot, lesson))
    }

    fn set_lesson(&mut self, slot: ContractSlot, lesson: u32, state: LessonState) {
        if let Some(found) = self.lesson_mut(slot, lesson) {
            found.state = state;
        }
    }

    fn lesson_mut(&mut self, slot: ContractSlot, lesson: u32) -> Option<&mut Lesson> {
        self.list[slot].lessons.get_mut(place_of(lesson)?)
    }

    fn lock(&mut self, slot: ContractSlot, amount: Amount) {
        let contract = &mut self.list[slot];
        contract.locked += amount;
        self.of_payers.entry(contract.payer).or_default().locked += amount;
    }

    fn unlock(&mut self, slot: ContractSlot, amount: Amount) {
        let contract = &mut self.list[slot];
        let of_payer = self.of_payers.entry(contract.payer).or_default();
        contract.locked = contract.locked.checked_sub(amount).unwrap_or_default();
        of_payer.locked = of_payer.locked.checked_sub(amount).unwrap_or_default();
    }
}

fn place_of(lesson: u32) -> Option<usize> {
    lesson.checked_sub(1)?.try_into().ok()
}

#[cfg(test)]
impl Contracts {
    /// Keeps another sum for a contract than its rows say.
    pub(super) fn forge_lock(&mut self, contract: ContractId, locked: Amount) {
        if let Some(slot) = self.slot_of(contract) {
            self.list[slot].locked = locked;
        }
    }
}
