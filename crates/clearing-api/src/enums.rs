//! The enums of the interface and the values of the domain that they stand for.
//!
//! Each pair stands here once and gives both directions; a value without its pair does not compile.

use clearing_domain::central_bank::{EndOfDay, Shortfall};
use clearing_domain::details::Purpose;
use clearing_domain::merchant::{MerchantCategory, MerchantTraits};
use clearing_domain::money::WalletKind;
use clearing_domain::netting::{Algorithm, LOOK_AHEAD, Priority};
use clearing_domain::operator::{CampaignKind, LossParty, SubWalletUse};
use clearing_domain::region::Region;
use clearing_domain::{Reason, Regime};

use crate::status::FieldError;
use crate::v1;

/// An enum of the interface.
pub trait WireEnum: TryFrom<i32> + Sized {
    /// The values of the domain that it stands for.
    type Value;

    /// The number that clients see of a value.
    fn of(value: Self::Value) -> Self;

    /// The value of the domain; `None` when it stands for none, as UNSPECIFIED does.
    fn value(self) -> Option<Self::Value>;

    /// Why a number is refused, with the number and those that are known.
    fn refusal(number: i32) -> String;
}

/// The value of a number in a request. UNSPECIFIED and unknown numbers are refused: a client that
/// forgot a field, or was built for a later interface, must not get another value than it means.
pub fn read<E: WireEnum>(field: &'static str, number: i32) -> Result<E::Value, FieldError> {
    let known = E::try_from(number).ok().and_then(E::value);
    known.ok_or_else(|| FieldError::new(Reason::FieldInvalid, field, E::refusal(number)))
}

/// The value of a number in a request, where UNSPECIFIED stands for none.
pub fn read_optional<E: WireEnum>(
    field: &'static str,
    number: i32,
) -> Result<Option<E::Value>, FieldError> {
    if number == 0 { Ok(None) } else { read::<E>(field, number).map(Some) }
}

/// Pairs the values of an enum of the interface with those of the domain that have the same names.
macro_rules! pairs {
    ($Wire:ty, $Value:ty, $refusal:literal: $($name:ident),+) => {
        impl WireEnum for $Wire {
            type Value = $Value;

            fn of(value: $Value) -> Self {
                match value {
                    $(<$Value>::$name => Self::$name,)+
                }
            }

            fn value(self) -> Option<$Value> {
                match self {
                    Self::Unspecified => None,
                    $(Self::$name => Some(<$Value>::$name),)+
                }
            }

            fn refusal(number: i32) -> String {
                format!($refusal, number)
            }
        }
    };
}

pairs! {
    v1::WalletKind, WalletKind, "kind {} is not a kind of wallet, 1 to 6":
    Personal, Corporate, Merchant, Government, Hard, Operator
}

pairs! {
    v1::Purpose, Purpose, "purpose {} is no purpose of a payment, 1 to 20":
    Shopping, Catering, Metro, Utilities, HousingProvidentFund, InsurancePremium,
    CarInsurancePremium, WealthProduct, Tax, CustomsDuty, Education, Loan, LoanRepayment,
    HousingLoanRepayment, Instalment, Payroll, Invoice, Gift, OwnWallets, Refund
}

pairs! {
    v1::Region, Region, "region {} is no region of the pilot, 1 to 23":
    Shenzhen, Suzhou, Xiongan, Chengdu, Shanghai, Hainan, Changsha, Xian, Qingdao, Dalian, Beijing,
    Zhangjiakou, Tianjin, Chongqing, Guangzhou, Fuzhou, Xiamen, Hangzhou, Ningbo, Wenzhou, Huzhou,
    Shaoxing, Jinhua
}

pairs! {
    v1::MerchantCategory, MerchantCategory, "category {} is no category of a merchant, 1 to 8":
    Retail, Catering, Transport, Tourism, Education, Utilities, PublicServices, Other
}

pairs! {
    v1::campaign::Kind, CampaignKind, "kind {} is no kind of a campaign, 1 to 2":
    RedPacket, Voucher
}

/// Reads the traits of a merchant.
pub fn merchant_traits(traits: Option<v1::MerchantTraits>) -> Result<MerchantTraits, FieldError> {
    let traits = traits.unwrap_or_default();
    Ok(MerchantTraits {
        category: read::<v1::MerchantCategory>("category", traits.category)?,
        region: read_optional::<v1::Region>("region", traits.region)?,
    })
}

/// The traits of a merchant as a message.
pub fn show_merchant_traits(traits: MerchantTraits) -> v1::MerchantTraits {
    v1::MerchantTraits {
        category: v1::MerchantCategory::of(traits.category).into(),
        region: traits.region.map_or(v1::Region::Unspecified, v1::Region::of).into(),
    }
}

pairs! {
    v1::sub_wallet::Use, SubWalletUse, "use {} is no use of a sub-wallet, 1 to 3":
    Ordinary, Campaign, Card
}

pairs! {
    v1::LossParty, LossParty, "loss_party {} is no party, 1 to 3": Payee, Issuer, Holder
}

pairs! {
    v1::settlement_mode::QueueEndOfDay, EndOfDay, "queue_end_of_day {} is no end of a day, 1 to 3":
    Return, Carry, ForceCredit
}

pairs! {
    v1::Priority, Priority, "priority {} is no level from 1 to 7":
    ErrorReversal, ExtraUrgent, InterestAndFees, ClearingNets, Urgent, Normal, Held
}

pairs! {
    v1::node::Regime, Regime, "regime {} is no regime of money, 1 to 2": Cash, Deposit
}

pairs! {
    v1::settlement_mode::Shortfall, Shortfall, "shortfall {} is no rule for a shortfall, 1 to 6":
    PartialNet, AllOrNothing, Unwind, LossSharing, ProRata, CentralBankCredit
}

impl WireEnum for v1::settlement_mode::Algorithm {
    type Value = Algorithm;

    /// The look-ahead is a field of its own.
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::GrossFifo => Self::GrossFifo,
            Algorithm::GrossBypass => Self::GrossBypass,
            Algorithm::BilateralOffset { .. } => Self::BilateralOffset,
            Algorithm::PartialNet => Self::PartialNet,
            Algorithm::AllOrNothing => Self::AllOrNothing,
            Algorithm::BilateralThenMultilateral { .. } => Self::BilateralThenMultilateral,
            Algorithm::Optimal => Self::Optimal,
            // They resolve the shortfall of a cycle and never release a queue.
            Algorithm::Unwind | Algorithm::LossSharing | Algorithm::EisenbergNoe => {
                Self::Unspecified
            }
        }
    }

    /// The algorithm with the usual look-ahead.
    fn value(self) -> Option<Algorithm> {
        match self {
            Self::Unspecified => None,
            Self::GrossFifo => Some(Algorithm::GrossFifo),
            Self::GrossBypass => Some(Algorithm::GrossBypass),
            Self::BilateralOffset => Some(Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD }),
            Self::PartialNet => Some(Algorithm::PartialNet),
            Self::AllOrNothing => Some(Algorithm::AllOrNothing),
            Self::BilateralThenMultilateral => {
                Some(Algorithm::BilateralThenMultilateral { look_ahead: LOOK_AHEAD })
            }
            Self::Optimal => Some(Algorithm::Optimal),
        }
    }

    fn refusal(number: i32) -> String {
        format!("algorithm {number} is no algorithm of a queue, 1 to 7")
    }
}

/// The source of business time of a process, as an enum of the interface.
pub fn clock_mode(lockstep: bool) -> v1::clock::Mode {
    if lockstep { v1::clock::Mode::Lockstep } else { v1::clock::Mode::Wall }
}

/// The name of a source of business time in files and texts; `None` of a number that is unknown.
pub fn clock_name(mode: v1::clock::Mode) -> Option<&'static str> {
    match mode {
        v1::clock::Mode::Unspecified => None,
        v1::clock::Mode::Wall => Some("wall"),
        v1::clock::Mode::Lockstep => Some("lockstep"),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Every number below the first unknown one reads as a value that is shown by the same number.
    #[track_caller]
    fn check<E>(field: &'static str, known: i32)
    where
        E: WireEnum + Into<i32>,
        E::Value: Debug + Copy + PartialEq,
    {
        let mut values = Vec::new();
        for number in 1..=known {
            let value = read::<E>(field, number).unwrap();
            assert_eq!(E::of(value).into(), number);
            assert!(!values.contains(&value), "{value:?} has two numbers");
            values.push(value);
        }
        for number in [0, known + 1, -1, i32::MAX] {
            let refused = read::<E>(field, number).unwrap_err();
            assert_eq!((refused.reason, refused.field), (Reason::FieldInvalid, field));
            let named = format!(" {number} is no");
            assert!(refused.message.contains(&named), "{}", refused.message);
            assert!(refused.message.ends_with(&format!("1 to {known}")), "{}", refused.message);
        }
    }

    #[test]
    fn every_value_reads_as_it_is_shown_and_other_numbers_are_refused() {
        check::<v1::WalletKind>("kind", 6);
        check::<v1::Region>("region", 23);
        check::<v1::MerchantCategory>("category", 8);
        check::<v1::sub_wallet::Use>("use", 3);
        check::<v1::LossParty>("loss_party", 3);
        check::<v1::Priority>("priority", 7);
        check::<v1::Purpose>("purpose", 20);
        check::<v1::node::Regime>("regime", 2);
        check::<v1::settlement_mode::Shortfall>("shortfall", 6);
        check::<v1::settlement_mode::Algorithm>("algorithm", 7);
    }

    #[test]
    fn levels_and_kinds_of_wallets_have_the_numbers_of_the_domain() {
        for priority in Priority::ALL {
            assert_eq!(i32::from(v1::Priority::of(priority)), i32::from(priority.level()));
        }
        for digit in 1..=6 {
            let kind = WalletKind::from_digit(digit).unwrap();
            assert_eq!(i32::from(v1::WalletKind::of(kind)), i32::from(digit));
        }
        for region in Region::ALL {
            assert_eq!(i32::from(v1::Region::of(region)), region as i32);
        }
        for purpose in Purpose::ALL {
            assert_eq!(i32::from(v1::Purpose::of(*purpose)), *purpose as i32);
        }
    }
}
