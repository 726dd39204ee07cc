//! Grants counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::BTreeMap;

use crate::details::{Details, Eligibility, GrantTerms, NumberSet, Purchase};
use crate::money::{Amount, PaymentId, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::campaign::GrantSpendRow;
use super::super::facts::{Decided, End, Taken};
use super::super::rows::{InboundRow, OperatorRow, OutcomeRow, PaymentRow};

/// How many faults are named.
const NAMED_MAX: usize = 5;

/// What the rows say of one grant.
struct Counted {
    wallet: WalletNumber,
    campaign: WalletNumber,
    terms: GrantTerms,
    amount: Total,
    left: Total,
}

impl Counted {
    /// Whether a payment may spend it, as far as the rows say: what the directory said of the
    /// merchant is in none of them.
    fn pays(&self, claim: PaymentId, row: &PaymentRow) -> bool {
        let details = row.details.as_deref();
        if details.is_some_and(|details| details.refund_of == Some(claim)) {
            return (row.payer, row.payee) == (self.wallet, self.campaign);
        }
        let purchase = Purchase {
            payee: row.payee,
            amount: row.amount,
            purpose: details.and_then(|details| details.purpose),
            category: None,
            region: None,
        };
        let (categories, regions) = (NumberSet::default(), NumberSet::default());
        let eligible = Eligibility { categories, regions, ..self.terms.eligible.clone() };
        let terms = GrantTerms { eligible, ..self.terms.clone() };
        row.payer == self.wallet && terms.allow(&purchase, row.submitted_at)
    }
}

/// A credit that waits for its settlement, or a payment that may come back.
#[derive(Clone)]
struct Credit {
    id: PaymentId,
    payer: WalletNumber,
    payee: WalletNumber,
    amount: Amount,
    details: Details,
}

#[derive(Default)]
struct Count {
    grants: BTreeMap<PaymentId, Counted>,
    /// What payments took from which grants, in order.
    spent: BTreeMap<PaymentId, Vec<(PaymentId, Amount)>>,
    /// What payers paid, and what of it came back, of payments that took from grants.
    paid: BTreeMap<PaymentId, (Amount, Total)>,
    in_transit: BTreeMap<u64, PaymentId>,
    faults: Vec<String>,
    held: BTreeMap<u64, Credit>,
}

impl OperatorLedger {
    /// Every grant has left what its rows say, and every wallet holds its grants.
    pub(in super::super) fn check_grants(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(row));
        let mut faults = std::mem::take(&mut count.faults);
        for payment in count.spent.keys().filter(|payment| !count.paid.contains_key(*payment)) {
            faults.push(format!("grants are spent on payment {payment}, which is not there"));
        }
        faults.extend(self.check_redemptions());
        let mut by_wallet: BTreeMap<WalletNumber, Total> = BTreeMap::new();
        for (claim, counted) in &count.grants {
            let Counted { wallet, campaign, amount, left, .. } = counted;
            *by_wallet.entry(*wallet).or_default() += *left;
            let kept = self.grants.of_claim(*claim).map(|slot| Total::from(self.grants[slot].left));
            if kept != Some(*left) || left > amount || *left < Total::ZERO {
                let kept = kept.unwrap_or_default();
                let fault = format!(
                    "grant {claim} of campaign {campaign} has {kept} yuan left, by the rows {left}"
                );
                faults.push(fault);
            }
        }
        for (wallet, granted) in &by_wallet {
            let balance = self.wallet(*wallet).map_or(Amount::ZERO, |found| found.balance);
            if *granted > Total::from(balance) {
                faults.push(format!("wallet {wallet} holds {balance} of {granted} yuan granted"));
            }
        }
        let extra = self.grants.list().len() != count.grants.len();
        let left: Total = by_wallet.values().copied().sum();
        let mut detail = format!("{} grants, {left} yuan left", count.grants.len());
        if extra || !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("grants are what their rows say", !extra && faults.is_empty(), detail)
    }
}

impl Count {
    fn take(&mut self, row: OperatorRow) {
        match row {
            OperatorRow::GrantSpend(row) => self.take_spend(&row),
            OperatorRow::Payment(row) => self.take_payment(row),
            OperatorRow::Inbound(row) => self.take_inbound(row),
            OperatorRow::Outcome(row) => self.take_outcome(&row),
            OperatorRow::Event(_)
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
            | OperatorRow::Voucher(_)
            | OperatorRow::Contract(_)
            | OperatorRow::ContractStep(_)
            | OperatorRow::Release(_)
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

    fn take_spend(&mut self, row: &GrantSpendRow) {
        if let Some(grant) = self.grants.get_mut(&row.claim) {
            grant.left -= row.amount;
        }
        self.spent.entry(row.payment).or_default().push((row.claim, row.amount));
    }

    fn take_payment(&mut self, row: PaymentRow) {
        if matches!(row.taken, Taken::Rejected { .. }) {
            return;
        }
        if let Some(parts) = self.spent.get(&row.id) {
            let paid = Details::payers_part(row.details.as_deref(), row.amount);
            self.paid.insert(row.id, (paid, Total::ZERO));
            let granted: Total = parts.iter().map(|(_, part)| *part).sum();
            if granted > paid.into() {
                self.faults.push(format!("grants pay {granted} of {paid} yuan of {}", row.id));
            }
            for (claim, _) in parts {
                let grant = self.grants.get(claim);
                if !grant.is_some_and(|grant| grant.pays(*claim, &row)) {
                    let campaign = grant.map(|grant| grant.campaign.to_string());
                    self.faults.push(format!(
                        "grant {claim} of campaign {} must not pay payment {}",
                        campaign.unwrap_or_default(),
                        row.id
                    ));
                }
            }
        }
        if row.taken == Taken::InTransit {
            self.in_transit.insert(row.row, row.id);
        } else if let Some(details) = row.details {
            let PaymentRow { id, payer, payee, amount, .. } = row;
            self.credit(Credit { id, payer, payee, amount, details: *details });
        }
    }

    fn take_inbound(&mut self, row: InboundRow) {
        let Some(delivered) = row.delivered else { return };
        let Some(details) = delivered.details else { return };
        let (payer, payee, amount) = (delivered.payer, delivered.payee, delivered.amount);
        let credit = Credit { id: row.id, payer, payee, amount, details: *details };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.credit(credit),
            Decided::Held => {
                self.held.insert(row.row, credit);
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let cleared = matches!(row.end, End::Cleared { .. });
        if let Some(id) = self.in_transit.remove(&row.of)
            && !cleared
        {
            for (claim, amount) in self.spent.get(&id).into_iter().flatten() {
                if let Some(grant) = self.grants.get_mut(claim) {
                    grant.left += *amount;
                }
            }
        }
        if let Some(credit) = self.held.remove(&row.of).filter(|_| cleared) {
            self.credit(credit);
        }
    }

    fn credit(&mut self, credit: Credit) {
        let Credit { id, payer, payee, amount, details } = credit;
        if let Some(terms) = details.grant {
            let (amount, terms) = (Total::from(amount), *terms);
            let counted = Counted { wallet: payee, campaign: payer, terms, amount, left: amount };
            self.grants.insert(id, counted);
        }
        if let Some(original) = details.refund_of {
            self.refund(original, payee, amount);
        }
    }

    /// All that came back of a payment, less what was the payer's own, fills its grants again from
    /// the last one that it took from. What comes back to a campaign fills none.
    fn refund(&mut self, original: PaymentId, payee: WalletNumber, amount: Amount) {
        let claim = self.spent.get(&original).and_then(|parts| parts.first());
        let payer = claim.and_then(|(claim, _)| Some(self.grants.get(claim)?.wallet));
        if payer != Some(payee) {
            return;
        }
        let Some((paid, back)) = self.paid.get_mut(&original) else { return };
        let before = *back;
        *back += amount;
        let parts = self.spent.get(&original).map_or(&[][..], Vec::as_slice);
        let granted: Total = parts.iter().map(|(_, part)| *part).sum();
        let own = Total::from(*paid) - granted;
        let mut filled = Total::ZERO;
        for (claim, part) in parts.iter().rev() {
            // What lies between the two sums that came back belongs to this part.
            let within = |sum: Total| (sum - own - filled).max(Total::ZERO).min((*part).into());
            if let Some(grant) = self.grants.get_mut(claim) {
                grant.left += within(*back) - within(before);
            }
            filled += *part;
        }
    }
}
