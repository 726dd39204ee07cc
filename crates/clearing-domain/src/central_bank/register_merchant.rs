//! Registering merchants: their operators say what they sell and where.

use crate::merchant::MerchantTraits;
use crate::money::{Power, WalletNumber};

use super::CentralBankLedger;
use super::apply::Known;
use super::error::CentralBankError;
use super::merchants::MerchantRow;

impl CentralBankLedger {
    /// Registers the traits of a merchant, in place of those before. A repeat changes nothing.
    pub fn register_merchant(
        &mut self,
        wallet: WalletNumber,
        traits: MerchantTraits,
    ) -> Result<(), CentralBankError> {
        if !wallet.kind().may(Power::CarryTraits) {
            return Err(CentralBankError::NoMerchant(wallet));
        }
        self.active_operator_of(wallet)?;
        if self.merchants.of(wallet) == Some(traits) {
            return Ok(());
        }
        let MerchantTraits { category, region } = traits;
        self.append(MerchantRow { row: 0, wallet, category, region }, Known::Nothing);
        Ok(())
    }

    /// The traits of a merchant, if any are registered.
    pub fn merchant(&self, wallet: WalletNumber) -> Result<MerchantTraits, CentralBankError> {
        self.merchants.of(wallet).ok_or(CentralBankError::MerchantUnknown(wallet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::central_bank::settlement_mode::{SettlementMode, Shortfall};
    use crate::central_bank::test_ledger::{TestLedger, code, settings, wallet};
    use crate::merchant::MerchantCategory;
    use crate::money::WalletKind;
    use crate::region::Region;

    fn traits(category: MerchantCategory, region: Option<Region>) -> MerchantTraits {
        MerchantTraits { category, region }
    }

    #[test]
    fn the_operator_of_a_merchant_registers_its_traits_once() {
        let mode = SettlementMode::DeferredNet(Shortfall::PartialNet);
        let mut test = TestLedger::new(settings(mode, 2, None));
        let person = wallet(0);
        let shop = WalletNumber::new(person.prefix(), WalletKind::Merchant, 1).unwrap();
        let tea = traits(MerchantCategory::Catering, Some(Region::Shenzhen));
        let reason = |refused: Result<(), CentralBankError>| refused.unwrap_err().reason().name();
        assert_eq!(reason(test.ledger.register_merchant(person, tea)), "KIND_NOT_ALLOWED");
        assert_eq!(reason(test.ledger.merchant(shop).map(drop)), "MERCHANT_UNKNOWN");
        test.ledger.register_merchant(shop, tea).unwrap();
        let rows = test.ledger.chain().row;
        test.ledger.register_merchant(shop, tea).unwrap();
        assert_eq!(test.ledger.chain().row, rows, "a repeat changes nothing");
        let online = traits(MerchantCategory::Retail, None);
        test.ledger.register_merchant(shop, online).unwrap();
        assert_eq!(test.ledger.merchant(shop), Ok(online));
        let now = test.now;
        test.ledger.set_active(code(0), false, now).unwrap();
        assert_eq!(reason(test.ledger.register_merchant(shop, tea)), "OPERATOR_INACTIVE");
        test.commit();
        let restored =
            CentralBankLedger::restore(test.ledger.settings().clone(), test.rows()).unwrap();
        assert_eq!(restored.merchant(shop), Ok(online));
    }
}
