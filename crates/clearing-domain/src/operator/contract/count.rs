//! Contracts and what is locked for them counted again from the rows, for the audit: not by the
//! functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{Amount, ContractId, PaymentId, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{End, Taken};
use super::super::rows::{OperatorRow, OutcomeRow, PaymentRow};
use super::rows::{ContractRow, ContractStep, ContractStepRow, ReleaseRow};
use super::terms::ContractTerms;

/// How many faults are named.
const NAMED_MAX: usize = 5;

/// What the rows say of one contract.
struct Counted {
    terms: ContractTerms,
    is_funded: bool,
    locked: Total,
    released: Total,
    refunded: Total,
    paid: BTreeSet<u32>,
}

/// A release, the payment of which has not ended.
#[derive(Clone, Copy)]
struct Pending {
    contract: ContractId,
    lesson: u32,
    amount: Amount,
}

#[derive(Default)]
struct Count {
    contracts: BTreeMap<ContractId, Counted>,
    /// Releases of which the payment has not come.
    released: BTreeMap<PaymentId, Pending>,
    /// Releases of which the payment is in transit, by the row of that.
    in_transit: BTreeMap<u64, Pending>,
    faults: Vec<String>,
}

impl OperatorLedger {
    /// Every contract has locked and released what its rows say, and every wallet holds what is
    /// locked in it beside its grants.
    pub(in super::super) fn check_contracts(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        let mut faults = std::mem::take(&mut count.faults);
        for (payment, Pending { contract, lesson, .. }) in &count.released {
            faults.push(format!(
                "contract {contract} releases lesson {lesson} by payment {payment}, which is not there"
            ));
        }
        let mut by_wallet: BTreeMap<WalletNumber, Total> = BTreeMap::new();
        for (contract, counted) in &count.contracts {
            let Counted { terms, locked, released, refunded, .. } = counted;
            *by_wallet.entry(terms.payer).or_default() += *locked;
            let kept = self.contracts.find(*contract);
            let kept =
                kept.map(|found| [found.locked, found.released, found.refunded].map(Total::from));
            let all = *locked + *released + *refunded;
            let is_within = *locked >= Total::ZERO && all <= terms.total.into();
            if kept != Some([*locked, *released, *refunded]) || !is_within {
                let [kept_locked, kept_released, kept_refunded] = kept.unwrap_or_default();
                faults.push(format!(
                    "contract {contract} has locked {kept_locked}, released {kept_released} and \
                     refunded {kept_refunded} of {} yuan, by the rows {locked}, {released} and \
                     {refunded}",
                    terms.total
                ));
            }
        }
        for (wallet, locked) in &by_wallet {
            let slot = self.wallets.slot_of(*wallet);
            let holds = slot.map_or(Amount::ZERO, |slot| self.wallets[slot].balance);
            let granted = slot.map_or(Amount::ZERO, |slot| self.grants.in_wallet(slot));
            if *locked != self.locked(*wallet).into() || *locked + granted > holds.into() {
                let named: Vec<_> = self.contracts_of(*wallet).map(|id| id.to_string()).collect();
                faults.push(format!(
                    "wallet {wallet} holds {holds} yuan, of which {granted} are granted, where \
                     contracts {} lock {locked}",
                    named.join(", ")
                ));
            }
        }
        self.compare_merchants(&count, &mut faults);
        let extra = self.contracts.list().len() != count.contracts.len();
        let locked: Total = by_wallet.values().copied().sum();
        let mut detail = format!("{} contracts, {locked} yuan locked", count.contracts.len());
        if extra || !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("contracts are what their rows say", !extra && faults.is_empty(), detail)
    }

    /// What the contracts with each merchant come to is the sum of what their rows say.
    fn compare_merchants(&self, count: &Count, faults: &mut Vec<String>) {
        let mut merchants: BTreeMap<WalletNumber, (u64, [Total; 3])> = BTreeMap::new();
        for counted in count.contracts.values() {
            let (contracts, sums) = merchants.entry(counted.terms.merchant).or_default();
            *contracts += 1;
            for (sum, of_one) in
                sums.iter_mut().zip([counted.locked, counted.released, counted.refunded])
            {
                *sum += of_one;
            }
        }
        let kept: BTreeMap<WalletNumber, (u64, [Total; 3])> = self
            .contracts
            .totals
            .iter()
            .map(|(merchant, totals)| {
                let sums = [totals.locked, totals.released, totals.refunded];
                (*merchant, (totals.contracts.values().sum(), sums))
            })
            .collect();
        for merchant in merchants.keys().chain(kept.keys()).collect::<BTreeSet<_>>() {
            if merchants.get(merchant) != kept.get(merchant) {
                faults.push(format!("the contracts with merchant {merchant} come to other sums"));
            }
        }
    }

    fn contracts_of(&self, wallet: WalletNumber) -> impl Iterator<Item = ContractId> {
        let list = self.contracts.list().iter();
        let of_wallet = list.filter(move |contract| contract.row.terms.payer == wallet);
        of_wallet.take(NAMED_MAX).map(|contract| contract.row.contract)
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        match row {
            OperatorRow::Contract(row) => self.take_contract(row),
            OperatorRow::ContractStep(row) => self.take_step(row),
            OperatorRow::Release(row) => self.take_release(row),
            OperatorRow::Payment(row) => self.take_payment(row),
            OperatorRow::Outcome(row) => self.take_outcome(row),
            OperatorRow::Event(_)
            | OperatorRow::Inbound(_)
            | OperatorRow::SubWallet(_)
            | OperatorRow::Payee(_)
            | OperatorRow::Funding(_)
            | OperatorRow::Bill(_)
            | OperatorRow::CancelledBill(_)
            | OperatorRow::FrontEnd(_)
            | OperatorRow::PaymentCode(_)
            | OperatorRow::Campaign(_)
            | OperatorRow::Registration(_)
            | OperatorRow::Draw(_)
            | OperatorRow::Claim(_)
            | OperatorRow::GrantSpend(_)
            | OperatorRow::Voucher(_)
            | OperatorRow::Suspension(_)
            | OperatorRow::Payroll(_)
            | OperatorRow::PayrollLine(_)
            | OperatorRow::PayrollDecision(_)
            | OperatorRow::Card(_)
            | OperatorRow::CardVoucher(_)
            | OperatorRow::CardChange(_)
            | OperatorRow::Unclaimed(_)
            | OperatorRow::Interest(_)
            | OperatorRow::Participant(_)
            | OperatorRow::Loan(_)
            | OperatorRow::Mandate(_)
            | OperatorRow::LoanStep(_)
            | OperatorRow::Product(_)
            | OperatorRow::Redemption(_)
            | OperatorRow::CancelledRedemption(_) => {}
        }
    }

    fn take_contract(&mut self, row: &ContractRow) {
        if row.terms_hash != row.terms.hash() {
            self.faults.push(format!("contract {} has other terms than their hash", row.contract));
        }
        let counted = Counted {
            terms: row.terms,
            is_funded: false,
            locked: Total::ZERO,
            released: Total::ZERO,
            refunded: Total::ZERO,
            paid: BTreeSet::new(),
        };
        self.contracts.insert(row.contract, counted);
    }

    fn take_step(&mut self, row: &ContractStepRow) {
        let Some(counted) = self.contracts.get_mut(&row.contract) else { return };
        match row.step {
            ContractStep::Funded => {
                counted.is_funded = true;
                counted.locked += counted.terms.total;
            }
            ContractStep::Requested { .. } | ContractStep::Disputed { .. } => {}
            ContractStep::Refunded | ContractStep::Expired => {
                counted.is_funded = false;
                counted.refunded += counted.locked;
                counted.locked = Total::ZERO;
            }
        }
    }

    fn take_release(&mut self, row: &ReleaseRow) {
        let ReleaseRow { contract, lesson, amount, .. } = *row;
        if let Some(counted) = self.contracts.get_mut(&contract) {
            counted.locked -= amount;
        }
        self.released.insert(row.payment, Pending { contract, lesson, amount });
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let Some(pending) = self.released.remove(&row.id) else { return };
        let Pending { contract, amount, .. } = pending;
        let terms = self.contracts.get(&contract).map(|counted| counted.terms);
        let parties = terms.map(|terms| (terms.payer, terms.merchant));
        if parties != Some((row.payer, row.payee)) || row.amount != amount {
            self.faults.push(format!("contract {contract} must not pay payment {}", row.id));
        }
        match row.taken {
            Taken::Rejected { .. } => self.come_back(pending),
            Taken::Completed => self.arrive(pending),
            Taken::InTransit => {
                self.in_transit.insert(row.row, pending);
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(pending) = self.in_transit.remove(&row.of) else { return };
        match row.end {
            End::Cleared { .. } => self.arrive(pending),
            End::Refused { .. } => self.come_back(pending),
        }
    }

    fn arrive(&mut self, Pending { contract, lesson, amount }: Pending) {
        let Some(counted) = self.contracts.get_mut(&contract) else { return };
        counted.released += amount;
        if !counted.paid.insert(lesson) {
            self.faults.push(format!("contract {contract} has paid lesson {lesson} twice"));
        }
    }

    fn come_back(&mut self, Pending { contract, amount, .. }: Pending) {
        let Some(counted) = self.contracts.get_mut(&contract) else { return };
        if counted.is_funded {
            counted.locked += amount;
        } else {
            counted.refunded += amount;
        }
    }
}
