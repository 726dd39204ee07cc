//! Wallets of other banks.

use crate::money::{OperatorCode, WalletKind, WalletNumber};

use super::super::exchange::WalletOrder;
use super::super::sub_wallets::SubWalletOrder;
use super::super::wallet::Holder;
use super::super::{OperatorError, SubWalletUse};
use super::{TestLedger, request, yuan};

pub(in crate::operator) fn bank(code: &str) -> OperatorCode {
    code.parse().unwrap()
}

impl TestLedger {
    /// A corporate wallet of a bank that takes part through this operator, by a request.
    pub(in crate::operator) fn open_for(
        &mut self,
        name: &str,
        participant: Option<&str>,
        opening: i64,
    ) -> Result<WalletNumber, OperatorError> {
        let order = WalletOrder {
            request_id: Some(request(name)),
            kind: WalletKind::Corporate,
            class: 1,
            holder: Holder::verified(Some(name)),
            opening: yuan(opening),
            content: None,
        };
        let opened = self.ledger.open_wallet_for(order, None, participant.map(bank), self.now);
        self.commit();
        opened
    }

    /// A sub-wallet.
    pub(in crate::operator) fn sub_wallet(&mut self, parent: WalletNumber) -> WalletNumber {
        let order = SubWalletOrder {
            request_id: None,
            parent,
            used_for: SubWalletUse::Ordinary,
            single: None,
            daily: None,
            payees: None,
            platform: None,
            content: None,
        };
        let opened = self.ledger.open_sub_wallet(order, self.now).unwrap();
        self.commit();
        opened
    }
}
