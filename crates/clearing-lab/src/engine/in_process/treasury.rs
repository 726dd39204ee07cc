//! What treasurers read off the central bank's ledger.

use std::collections::BTreeMap;

use clearing_domain::central_bank::Transfer;
use clearing_domain::money::{OperatorNumber, Position};

use super::super::{Books, Queued};
use super::InProcess;

impl InProcess {
    pub(super) fn read_books(&self) -> Books {
        let ledger = &self.central_bank;
        let regime = ledger.settings().regime;
        let place = |number: OperatorNumber| self.numbers.iter().position(|known| *known == number);
        let balance = |number: &OperatorNumber| ledger.accounts()[*number].settlement_asset(regime);
        let limits = |number: &OperatorNumber| -> BTreeMap<_, _> {
            let limits = ledger.bilateral_limits(*number, self.now).into_iter();
            let limits = limits.filter_map(|limit| {
                let payee = ledger.operator_number(limit.payee).ok().and_then(place)?;
                Some((payee, limit.limit))
            });
            limits.collect()
        };
        let operators = self.numbers.len();
        let mut flows = vec![vec![Position::ZERO; operators]; operators];
        for (payer, payee, sum) in ledger.flows_after(None, self.now) {
            if let (Some(payer), Some(payee)) = (place(payer), place(payee)) {
                flows[payer][payee] = sum;
            }
        }
        let queued = |transfer: &Transfer| {
            Some(Queued {
                id: transfer.id,
                payer: place(transfer.payer_operator)?,
                payee: place(transfer.payee_operator)?,
                amount: transfer.amount,
                level: transfer.queued()?.priority,
                at: transfer.submitted_at,
            })
        };
        Books {
            balances: self.numbers.iter().map(balance).collect(),
            limits: self.numbers.iter().map(limits).collect(),
            flows,
            queue: ledger.queue().filter_map(queued).collect(),
        }
    }
}
