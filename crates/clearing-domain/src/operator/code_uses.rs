//! The uses of payment codes counted again from the rows, for the audit.

use std::collections::BTreeMap;

use crate::money::PaymentCode;
use crate::seal::Invariant;

use super::OperatorLedger;
use super::codes::VALID_MS;
use super::recount::NAMED_MAX;
use super::rows::{PaymentCodeRow, PaymentRow};

/// The codes and how often each was used.
#[derive(Default)]
struct Uses {
    codes: BTreeMap<PaymentCode, (PaymentCodeRow, u32)>,
    wrong: Vec<String>,
}

impl Uses {
    fn take(&mut self, row: &PaymentRow, code: PaymentCode) {
        let Some((made, uses)) = self.codes.get_mut(&code) else {
            self.wrong.push(format!("row {} uses a code that was never made", row.row));
            return;
        };
        *uses += 1;
        let late = row.submitted_at.ms() - made.at.ms() > VALID_MS;
        let early = row.submitted_at < made.at;
        let other = made.amount.is_some_and(|amount| amount != row.amount);
        if *uses > 1 || late || early || other || made.wallet != row.payer {
            self.wrong.push(format!("row {} uses code {code} wrongly", row.row));
        }
    }
}

impl OperatorLedger {
    /// Every payment code made at most one payment: of its wallet, in its time, of its amount.
    pub(super) fn check_code_uses(&self) -> Invariant {
        let mut uses = Uses::default();
        for row in self.payment_codes.rows() {
            uses.codes.insert(row.code, (row.clone(), 0));
        }
        for payment in self.payments.list().iter() {
            if let Some(code) = PaymentCode::of_request(&payment.request_id) {
                uses.take(&payment.as_row(self.payer_of(payment)), code);
            }
        }
        let used = uses.codes.values().filter(|(_, uses)| *uses > 0).count();
        let mut detail = format!("{} payment codes, {used} used", uses.codes.len());
        if !uses.wrong.is_empty() {
            let named: Vec<_> = uses.wrong.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {}", named.join(", "));
        }
        Invariant::new("payment codes are used once and in time", uses.wrong.is_empty(), detail)
    }
}
