//! The purposes of payments: the uses that the pilot of 2022 knew.

/// Declares the purposes: number, name, and the code of ISO 20022 (`ExternalPurpose1Code`) where
/// that has one.
macro_rules! purposes {
    ($($(#[$attribute:meta])* $Purpose:ident = $number:literal, $name:literal, $code:expr;)+) => {
        /// What kind of thing a payment is for. The numbers are kept and sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Purpose {
            $($(#[$attribute])* $Purpose = $number,)+
        }

        impl Purpose {
            /// Every purpose, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$Purpose,)+];

            /// The purpose of a number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$Purpose),)+
                    _ => None,
                }
            }

            /// Its name in texts and files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$Purpose => $name,)+ }
            }

            /// Its external purpose code of ISO 20022, where there is one.
            pub const fn iso_code(self) -> Option<&'static str> {
                match self { $(Self::$Purpose => $code,)+ }
            }
        }
    };
}

purposes! {
    /// Goods bought in a shop or online.
    Shopping = 1, "shopping", Some("GDDS");
    /// Food and drink in a restaurant or a canteen.
    Catering = 2, "catering", None;
    /// A journey by metro.
    Metro = 3, "metro", Some("RLWY");
    /// Electricity, gas and water.
    Utilities = 4, "utilities", Some("UBIL");
    /// A contribution to a housing provident fund.
    HousingProvidentFund = 5, "housing-provident-fund", Some("HREC");
    /// The premium of an insurance.
    InsurancePremium = 6, "insurance-premium", Some("INSU");
    /// The premium of the insurance of a car.
    CarInsurancePremium = 7, "car-insurance-premium", Some("INPC");
    /// The subscription or redemption of a wealth product.
    WealthProduct = 8, "wealth-product", Some("INVS");
    /// A tax.
    Tax = 9, "tax", Some("TAXS");
    /// A customs duty.
    CustomsDuty = 10, "customs-duty", None;
    /// A course or a school.
    Education = 11, "education", Some("EDUC");
    /// A loan paid out.
    Loan = 12, "loan", Some("LOAN");
    /// A loan paid back.
    LoanRepayment = 13, "loan-repayment", Some("LOAR");
    /// A loan on a home paid back.
    HousingLoanRepayment = 14, "housing-loan-repayment", Some("HLRP");
    /// An instalment.
    Instalment = 15, "instalment", Some("INSM");
    /// Wages.
    Payroll = 16, "payroll", Some("SALA");
    /// An invoice between companies.
    Invoice = 17, "invoice", Some("IVPT");
    /// Money given between persons.
    Gift = 18, "gift", Some("GIFT");
    /// Money moved between wallets of one holder.
    OwnWallets = 19, "own-wallets", Some("ACCT");
    /// A payment given back.
    Refund = 20, "refund", Some("REFU");
}

impl Purpose {
    /// The purpose of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_purpose_has_a_name_and_at_most_one_code_of_its_own() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::named(purpose.name()), Some(*purpose));
            assert_eq!(Purpose::from_number(*purpose as u8), Some(*purpose));
        }
        assert_eq!(Purpose::named("none"), None);
        let codes: Vec<_> = Purpose::ALL.iter().filter_map(|purpose| purpose.iso_code()).collect();
        assert!(codes.iter().all(|code| code.len() == 4), "{codes:?}");
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }
}
