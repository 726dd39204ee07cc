//! A new ledger, and what the operators of the roster open with.

use crate::Regime;
use crate::money::{Amount, OperatorNumber, RequestId, Timestamp};
use crate::seal::BatchHasher;

use super::super::CentralBankLedger;
use super::super::guarantees::Guarantees;
use super::super::operation::Action;
use super::super::settings::CentralBankSettings;

impl CentralBankLedger {
    /// A new ledger with the accounts of the roster. What they open with is booked as operations,
    /// so that operators learn of it through ordinary advices.
    ///
    /// # Panics
    ///
    /// When the stock of an operator in the roster exceeds its reserves.
    pub fn new(settings: CentralBankSettings, now: Timestamp) -> Self {
        let mut ledger = Self::empty(settings);
        ledger.time = now;
        // The mode is the first row: in what manner a transfer settles follows from the rows before
        // it.
        ledger.configure(now);
        for number in ledger.accounts.list().numbers() {
            ledger.open_account(number, now);
        }
        ledger.changes.state = true;
        ledger
    }

    /// The same ledger without a hash chain, for one of which no file is kept.
    #[must_use]
    pub fn without_seals(self) -> Self {
        Self { hasher: BatchHasher::off(), ..self }
    }

    fn open_account(&mut self, number: OperatorNumber, now: Timestamp) {
        let opening = self.settings.operators[number.place()].clone();
        let (code, reserves) = (opening.code, opening.reserves);
        let stock = if self.settings.regime == Regime::Cash { opening.stock } else { Amount::ZERO };
        assert!(
            opening.stock <= reserves,
            "operator {code} opens with {} yuan of stock but {reserves} of reserves",
            opening.stock
        );
        let opened = [
            // Stock is issued out of reserves, so these come first.
            (Action::Fund { sum: reserves.position() }, reserves, "reserves"),
            (Action::Issue { amount: stock }, stock, "stock"),
        ];
        for (action, amount, what) in opened {
            if amount > Amount::ZERO {
                // A client's request id holds no space, so these are nobody else's.
                let request_id = RequestId::Text(format!("opening {what} of {code}").into());
                let booked = self.operate(action, number, &request_id, now);
                assert!(
                    booked.is_ok(),
                    "the {what} of operator {code} cannot be booked: {booked:?}"
                );
            }
        }
        let Guarantees { earmarked, collateral } = opening.guarantees;
        let cap = opening.cap.map(|cap| Action::SetCap { bound: Some(cap) });
        let earmark = Action::Earmark { sum: earmarked.position() };
        let pledge = Action::Pledge { sum: collateral.position() };
        let earmark = (earmarked > Amount::ZERO).then_some(earmark);
        let pledge = (collateral > Amount::ZERO).then_some(pledge);
        let receiver_cap =
            opening.receiver_cap.map(|cap| Action::SetReceiverCap { bound: Some(cap) });
        // The cap that is set comes before the guarantees, whose cap then takes its place.
        let reserved = opening.reserved.iter();
        let reserved = reserved.map(|(level, amount)| Action::Reserve { level, amount });
        let actions = [cap, earmark, pledge, receiver_cap].into_iter().flatten();
        for action in actions.chain(reserved) {
            self.append_operation(None, Some(number), action, now);
        }
        for (payee, limit) in opening.bilateral_limits {
            let counterparty = self.accounts.find(payee).filter(|payee| *payee != number);
            if let Some(counterparty) = counterparty {
                let action = Action::SetBilateralLimit { counterparty, bound: Some(limit) };
                self.append_operation(None, Some(number), action, now);
            }
        }
        self.touch(number);
    }
}
