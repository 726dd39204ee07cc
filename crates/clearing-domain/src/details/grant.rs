//! The terms of a grant: what earmarked money may be spent on, and when.

use std::fmt;
use std::str::FromStr;

use crate::money::{Amount, Position, Prefix, Timestamp, WalletKind, WalletNumber};

use super::Purpose;

/// A set of small numbers, such as those of regions. An empty one stands for no restriction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberSet(u64);

impl NumberSet {
    /// The set of some numbers; `None` when one is not from 1 to 62.
    pub fn of(numbers: impl IntoIterator<Item = u8>) -> Option<Self> {
        let mut set = 0;
        for number in numbers {
            set |= (1..=62).contains(&number).then(|| 1_u64 << number)?;
        }
        Some(Self(set))
    }

    /// Whether nothing is restricted.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether something with a number, or without one, is allowed.
    pub fn allows(self, number: Option<u8>) -> bool {
        let has = |number: u8| self.0.checked_shr(number.into()).unwrap_or(0) & 1 == 1;
        self.is_empty() || number.is_some_and(has)
    }

    /// Its numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        (1..=62).filter(move |number| self.0 >> number & 1 == 1)
    }
}

/// What a campaign pays for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eligibility {
    /// The categories of merchants, by their numbers.
    pub categories: NumberSet,
    /// The regions of merchants, by their numbers.
    pub regions: NumberSet,
    /// The purposes of payments, by their numbers.
    pub purposes: NumberSet,
    /// The operators of merchants, by their prefixes, ascending; none for any.
    pub operators: Box<[Prefix]>,
    /// The least amount of a payment.
    pub min_spend: Amount,
}

/// What is bought, as eligibility sees it.
#[derive(Clone, Copy, Debug)]
pub struct Purchase {
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// The whole amount.
    pub amount: Amount,
    /// What the payment says that it is for.
    pub purpose: Option<Purpose>,
    /// The number of the category of the merchant, if it has one.
    pub category: Option<u8>,
    /// The number of the region of the merchant, if it has one.
    pub region: Option<u8>,
}

/// The terms of a grant, which go with the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    /// From when on it may be spent.
    pub valid_from: Timestamp,
    /// The last moment at which it may be spent; then it goes back to the campaign.
    pub valid_until: Timestamp,
    /// What it may be spent on.
    pub eligible: Eligibility,
}

/// The most operators that a campaign names.
pub const ELIGIBLE_OPERATORS_MAX: usize = 64;

impl Eligibility {
    /// Whether it pays for a purchase: designated merchants only, never another person.
    pub fn allows(&self, purchase: &Purchase) -> bool {
        let Purchase { payee, amount, purpose, category, region } = *purchase;
        let operator = self.operators.is_empty() || self.operators.contains(&payee.prefix());
        payee.kind() == WalletKind::Merchant
            && operator
            && self.categories.allows(category)
            && self.regions.allows(region)
            && self.purposes.allows(purpose.map(|purpose| purpose as u8))
            && amount >= self.min_spend
    }

    /// Whether it depends on what the directory says of the merchant.
    pub fn needs_traits(&self) -> bool {
        !self.categories.is_empty() || !self.regions.is_empty()
    }
}

impl GrantTerms {
    /// Whether a grant may be spent on a purchase at a moment; both ends belong to the time.
    pub fn allow(&self, purchase: &Purchase, at: Timestamp) -> bool {
        self.valid_from <= at && at <= self.valid_until && self.eligible.allows(purchase)
    }
}

/// The three sets, the prefixes with commas, and the least amount in fen: `4.0.0.2,5.1000`.
impl fmt::Display for Eligibility {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { categories, regions, purposes, operators, min_spend } = self;
        write!(formatter, "{}.{}.{}.", categories.0, regions.0, purposes.0)?;
        for (place, prefix) in operators.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", prefix.get())?;
        }
        write!(formatter, ".{}", min_spend.fen())
    }
}

/// A text that says no eligibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EligibilityError;

impl FromStr for Eligibility {
    type Err = EligibilityError;

    fn from_str(text: &str) -> Result<Self, EligibilityError> {
        read(text).filter(|found| found.to_string() == text).ok_or(EligibilityError)
    }
}

fn read(text: &str) -> Option<Eligibility> {
    let mut parts = text.split('.');
    // Neither the lowest nor the highest bit stands for a number.
    let is_set = |bits: &u64| bits & 1 == 0 && bits >> 63 == 0;
    let mut set = || Some(NumberSet(parts.next()?.parse().ok().filter(is_set)?));
    let (categories, regions, purposes) = (set()?, set()?, set()?);
    let prefix = |text: &str| Prefix::new(text.parse().ok()?);
    let operators: Box<[Prefix]> = match parts.next()? {
        "" => Box::default(),
        listed => listed.split(',').map(prefix).collect::<Option<_>>()?,
    };
    let fen = parts.next()?.parse().ok()?;
    let min_spend = Amount::from_sum(Position::from_fen(fen))?;
    let ascending = operators.is_sorted_by(|one, next| one < next);
    let fits = ascending && operators.len() <= ELIGIBLE_OPERATORS_MAX && parts.next().is_none();
    fits.then_some(Eligibility { categories, regions, purposes, operators, min_spend })
}

/// The two ends in milliseconds, and the eligibility: `1000:2000:0.0.0..0`.
impl fmt::Display for GrantTerms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { valid_from, valid_until, eligible } = self;
        write!(formatter, "{}:{}:{eligible}", valid_from.ms(), valid_until.ms())
    }
}

impl FromStr for GrantTerms {
    type Err = EligibilityError;

    fn from_str(text: &str) -> Result<Self, EligibilityError> {
        let mut parts = text.splitn(3, ':');
        let mut time = || parts.next()?.parse().ok().and_then(Timestamp::checked);
        let (valid_from, valid_until) = time().zip(time()).ok_or(EligibilityError)?;
        let eligible = parts.next().ok_or(EligibilityError)?.parse()?;
        Ok(Self { valid_from, valid_until, eligible })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wallet(prefix: u16, kind: WalletKind) -> WalletNumber {
        WalletNumber::new(Prefix::new(prefix).unwrap(), kind, 1).unwrap()
    }

    fn fen(fen: i64) -> Amount {
        Amount::from_sum(Position::from_fen(fen)).unwrap()
    }

    fn shopping() -> Purchase {
        Purchase {
            payee: wallet(2, WalletKind::Merchant),
            amount: fen(1_000),
            purpose: Some(Purpose::Shopping),
            category: Some(1),
            region: Some(3),
        }
    }

    fn set(numbers: &[u8]) -> NumberSet {
        NumberSet::of(numbers.iter().copied()).unwrap()
    }

    #[test]
    fn every_restriction_is_at_its_edge() {
        let any = Eligibility::default();
        let check = |eligible: &Eligibility, purchase: Purchase, allowed| {
            assert_eq!(eligible.allows(&purchase), allowed, "{eligible} {purchase:?}");
        };
        check(&any, shopping(), true);
        for kind in WalletKind::ALL {
            let purchase = Purchase { payee: wallet(2, kind), ..shopping() };
            check(&any, purchase, kind == WalletKind::Merchant);
        }
        let least = Eligibility { min_spend: fen(1_000), ..Eligibility::default() };
        check(&least, shopping(), true);
        check(&least, Purchase { amount: fen(999), ..shopping() }, false);
        let category = Eligibility { categories: set(&[1, 2]), ..Eligibility::default() };
        check(&category, shopping(), true);
        check(&category, Purchase { category: Some(3), ..shopping() }, false);
        check(&category, Purchase { category: None, ..shopping() }, false);
        let region = Eligibility { regions: set(&[3]), ..Eligibility::default() };
        check(&region, shopping(), true);
        check(&region, Purchase { region: None, ..shopping() }, false);
        let purpose = Eligibility { purposes: set(&[9]), ..Eligibility::default() };
        check(&purpose, shopping(), false);
        check(&purpose, Purchase { purpose: Some(Purpose::Tax), ..shopping() }, true);
        let operators = [Prefix::new(2).unwrap()].into();
        let operator = Eligibility { operators, ..Eligibility::default() };
        check(&operator, shopping(), true);
        let payee = wallet(3, WalletKind::Merchant);
        check(&operator, Purchase { payee, ..shopping() }, false);
    }

    #[test]
    fn both_ends_belong_to_the_time() {
        let [from, until] = [1_000, 2_000].map(Timestamp::from_ms);
        let terms =
            GrantTerms { valid_from: from, valid_until: until, eligible: Eligibility::default() };
        let at = |ms| terms.allow(&shopping(), Timestamp::from_ms(ms));
        assert_eq!([999, 1_000, 2_000, 2_001].map(at), [false, true, true, false]);
    }

    #[test]
    fn the_text_of_terms_reads_back_and_has_one_spelling() {
        let operators = [2, 12].map(|number| Prefix::new(number).unwrap()).into();
        let eligible = Eligibility {
            categories: set(&[1, 8]),
            regions: set(&[23]),
            purposes: set(&[20]),
            operators,
            min_spend: fen(1),
        };
        assert_eq!(eligible.to_string(), "258.8388608.1048576.2,12.1");
        let terms = GrantTerms {
            valid_from: Timestamp::from_ms(1),
            valid_until: Timestamp::from_ms(2),
            eligible,
        };
        assert_eq!(terms.to_string().parse(), Ok(terms));
        assert_eq!("0.0.0..0".parse(), Ok(Eligibility::default()));
        for wrong in [
            "",
            "0.0.0.0",
            "0.0.0..00",
            "0.0.0..-1",
            "0.0.0.3,2.0",
            "0.0.0.2,2.0",
            "0.0.0.1000.0",
            "0.0.0..0.0",
            "9223372036854775808.0.0..0",
        ] {
            assert_eq!(wrong.parse::<Eligibility>(), Err(EligibilityError), "{wrong}");
        }
        assert_eq!(NumberSet::of([63]), None);
        assert_eq!(NumberSet::of([0]), None);
        assert!(set(&[1, 62]).numbers().eq([1, 62]));
    }
}
