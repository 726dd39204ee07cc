//! Limits of wallet classes, as dated schedules.

use crate::Reason;
use crate::money::{Amount, WalletKind};
use crate::row::{Column, Kind, Malformed, Value, unexpected};

/// The class of a wallet, from 1 (strongest identification) to 4 (anonymous).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletClass(u8);

/// The limits of one class; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most the wallet may hold.
    pub balance: Option<Amount>,
    /// The most of one payment.
    pub single: Option<Amount>,
    /// The most paid out on one natural day.
    pub daily: Option<Amount>,
    /// The most paid out in one calendar year.
    pub annual: Option<Amount>,
}

/// The limits of all classes in force from some date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSchedule {
    /// The name used in configuration.
    pub name: &'static str,
    classes: [Limits; 4],
}

impl Column for WalletClass {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(self.0.into())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        u8::from_value(value).ok().and_then(Self::new).ok_or_else(|| unexpected(value))
    }
}

impl Column for Option<WalletClass> {
    const KIND: Kind = Kind::Integer;
    const NULLABLE: bool = true;

    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Column::value)
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        if value == Value::Null { Ok(None) } else { WalletClass::from_value(value).map(Some) }
    }
}

impl WalletClass {
    /// The weakest class of which a person has one wallet at an operator.
    pub const ONE_PER_HOLDER: Self = Self(2);

    /// The weakest class whose wallets front-ends show.
    pub const WEAKEST_OF_FRONT_ENDS: Self = Self(3);

    /// Takes a class number from 1 to 4.
    pub fn new(class: u8) -> Option<Self> {
        (1..=4).contains(&class).then_some(Self(class))
    }

    /// Whether a wallet of a kind and this class is tied to a bank account of its holder.
    pub const fn needs_bank_account(self, kind: WalletKind) -> bool {
        self.0 <= 2 && matches!(kind, WalletKind::Personal | WalletKind::Hard)
    }

    /// The class of a kind that comes in one class. Persons show more or less of who they are, and
    /// their wallets are of the class that follows from it.
    pub const fn only_class_of(kind: WalletKind) -> Option<Self> {
        match kind {
            WalletKind::Personal | WalletKind::Hard => None,
            WalletKind::Corporate
            | WalletKind::Merchant
            | WalletKind::Government
            | WalletKind::Operator => Some(Self(1)),
        }
    }

    /// The class number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Limits in whole yuan.
const fn yuan(balance: i64, single: i64, daily: i64, annual: i64) -> Limits {
    Limits {
        balance: limit(balance),
        single: limit(single),
        daily: limit(daily),
        annual: limit(annual),
    }
}

/// Zero stands for unlimited in the tables below.
const fn limit(yuan: i64) -> Option<Amount> {
    if yuan == 0 { None } else { Some(Amount::from_yuan_const(yuan)) }
}

/// The schedules that ship, by name.
pub const SCHEDULES: [LimitSchedule; 2] = [
    LimitSchedule {
        name: "2021",
        classes: [
            yuan(0, 0, 0, 0),
            yuan(500_000, 50_000, 100_000, 0),
            yuan(20_000, 5_000, 10_000, 0),
            yuan(10_000, 2_000, 5_000, 50_000),
        ],
    },
    LimitSchedule {
        name: "2020-pilot",
        classes: [
            yuan(500_000, 50_000, 100_000, 500_000),
            yuan(10_000, 5_000, 10_000, 300_000),
            yuan(2_000, 2_000, 2_000, 50_000),
            yuan(1_000, 500, 1_000, 10_000),
        ],
    },
];

impl LimitSchedule {
    /// The schedule of a name.
    pub fn named(name: &str) -> Option<Self> {
        SCHEDULES.into_iter().find(|schedule| schedule.name == name)
    }

    /// The limits of a wallet. Wallets of legal entities have the limits their operator sets: none.
    pub fn limits(&self, kind: WalletKind, class: WalletClass) -> Limits {
        match kind {
            WalletKind::Personal | WalletKind::Hard => self.classes[usize::from(class.0 - 1)],
            WalletKind::Corporate
            | WalletKind::Merchant
            | WalletKind::Government
            | WalletKind::Operator => Limits::default(),
        }
    }
}

impl Limits {
    /// Checks a payment against what was already paid on its day and in its year. Equality passes.
    pub fn check_payment(
        &self,
        amount: Amount,
        daily_used: Amount,
        annual_used: Amount,
    ) -> Result<(), Reason> {
        if exceeds(amount, Amount::ZERO, self.single) {
            return Err(Reason::SingleLimit);
        }
        if exceeds(amount, daily_used, self.daily) {
            return Err(Reason::DailyLimit);
        }
        if exceeds(amount, annual_used, self.annual) {
            return Err(Reason::AnnualLimit);
        }
        Ok(())
    }

    /// These limits, and where a cap of a sub-wallet is lower, that cap.
    #[must_use]
    pub fn within(self, single: Option<Amount>, daily: Option<Amount>) -> Self {
        let lower = |limit: Option<Amount>, cap: Option<Amount>| limit.into_iter().chain(cap).min();
        Self { single: lower(self.single, single), daily: lower(self.daily, daily), ..self }
    }

    /// These limits, and a cap of what the wallet holds where that is lower.
    #[must_use]
    pub fn holding(self, most: Amount) -> Self {
        Self { balance: Some(self.balance.map_or(most, |cap| cap.min(most))), ..self }
    }

    /// Checks that a credit keeps the wallet within its balance cap. Equality passes.
    pub fn check_credit(&self, amount: Amount, balance: Amount) -> Result<(), Reason> {
        let cap = Some(self.balance.unwrap_or(Amount::MAX));
        if exceeds(amount, balance, cap) { Err(Reason::BalanceCap) } else { Ok(()) }
    }
}

fn exceeds(amount: Amount, used: Amount, limit: Option<Amount>) -> bool {
    limit.is_some_and(|limit| used.checked_add(amount).is_none_or(|total| total > limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(fen: i64) -> Amount {
        Amount::from_fen(fen).unwrap()
    }

    #[test]
    fn equality_passes_and_one_fen_more_is_refused() {
        let class4 = LimitSchedule::named("2021")
            .unwrap()
            .limits(WalletKind::Personal, WalletClass::new(4).unwrap());
        let check =
            |amount, daily, annual| class4.check_payment(fen(amount), fen(daily), fen(annual));
        assert_eq!(check(200_000, 0, 0), Ok(()));
        assert_eq!(check(200_001, 0, 0), Err(Reason::SingleLimit));
        assert_eq!(check(200_000, 300_000, 0), Ok(()));
        assert_eq!(check(200_000, 300_001, 0), Err(Reason::DailyLimit));
        assert_eq!(check(200_000, 0, 4_800_000), Ok(()));
        assert_eq!(check(200_000, 0, 4_800_001), Err(Reason::AnnualLimit));
        assert_eq!(class4.check_credit(fen(1), fen(999_999)), Ok(()));
        assert_eq!(class4.check_credit(fen(2), fen(999_999)), Err(Reason::BalanceCap));
    }

    #[test]
    fn only_persons_come_in_several_classes() {
        for kind in [WalletKind::Corporate, WalletKind::Merchant, WalletKind::Government] {
            assert_eq!(WalletClass::only_class_of(kind), WalletClass::new(1));
        }
        for kind in [WalletKind::Personal, WalletKind::Hard] {
            assert_eq!(WalletClass::only_class_of(kind), None);
        }
    }

    #[test]
    fn legal_entities_have_no_class_limits() {
        let schedule = LimitSchedule::named("2020-pilot").unwrap();
        assert_eq!(
            schedule.limits(WalletKind::Corporate, WalletClass::new(1).unwrap()),
            Limits::default()
        );
        assert_eq!(LimitSchedule::named("2019"), None);
    }
}
