//! What rows change of contracts. `check` has passed them.

use crate::money::{Amount, ContractId, PaymentId};
use crate::slots::Slot;

use super::super::slot::{ContractSlot, WalletSlot};
use super::contracts::Contracts;
use super::rows::{ContractRow, ContractStep, ContractStepRow, ReleaseRow, SuspensionRow};
use super::state::{Contract, Lesson, LessonState, Phase, place_of};
use super::terms::ReleaseRule;

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
            refunded: Amount::ZERO,
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
        self.count(slot);
    }

    pub(in super::super) fn step(&mut self, row: ContractStepRow) {
        let slot = self.slot_of_row(row.row, row.contract);
        self.uncount(slot);
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
                self.asked.insert((self.list[slot].row.terms.merchant, slot, lesson));
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
        self.count(slot);
        self.steps.push(row);
    }

    pub(in super::super) fn release(&mut self, row: ReleaseRow) {
        let slot = self.slot_of_row(row.row, row.contract);
        self.uncount(slot);
        self.drop_request(slot, row.lesson);
        self.list[slot].has_begun = true;
        self.set_lesson(slot, row.lesson, LessonState::Releasing(row.payment));
        if let Some(lesson) = self.lesson_mut(slot, row.lesson) {
            lesson.attempts = row.attempt + 1;
        }
        self.unlock(slot, row.amount);
        self.count(slot);
        self.in_flight.insert(row.payment, (slot, row.lesson));
        self.releases.push(row);
    }

    /// A payment is final, was refused or came back.
    pub(in super::super) fn payment_ends(&mut self, payment: PaymentId, has_arrived: bool) {
        if self.in_flight.is_empty() {
            return;
        }
        let Some((slot, lesson)) = self.in_flight.remove(&payment) else { return };
        self.uncount(slot);
        self.lesson_ends(slot, lesson, (payment, has_arrived));
        self.count(slot);
    }

    fn lesson_ends(
        &mut self,
        slot: ContractSlot,
        lesson: u32,
        (payment, has_arrived): (PaymentId, bool),
    ) {
        let price = self.list[slot].price_of(lesson);
        if !has_arrived {
            self.set_lesson(slot, lesson, LessonState::Open);
            if self.list[slot].phase == Phase::Funded {
                self.lock(slot, price);
            } else {
                // What was on its way when the contract ended is the payer's own now.
                self.list[slot].refunded += price;
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
        self.suspended.take(&row);
        if row.suspended {
            // What it has asked for came to nothing: it asks again when it may go on.
            let from = (row.merchant, ContractSlot::from_number(0), 0);
            let asked = self.asked.range(from..).take_while(|(of, ..)| *of == row.merchant);
            let asked: Vec<_> = asked.map(|(_, slot, lesson)| (*slot, *lesson)).collect();
            for (slot, lesson) in asked {
                if self.drop_request(slot, lesson) {
                    self.set_lesson(slot, lesson, LessonState::Open);
                }
            }
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
        self.list[slot].refunded += locked;
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
        self.asked.remove(&(self.list[slot].row.terms.merchant, slot, lesson));
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
