//! What the directory says of a merchant beside its wallet.

use crate::region::Region;
use crate::row::numbered;

numbered! {
    /// What a merchant sells. The numbers are kept and sent.
    pub enum MerchantCategory {
        /// Goods in a shop or online.
        Retail = 1,
        /// Food and drink.
        Catering = 2,
        /// Journeys.
        Transport = 3,
        /// Hotels, sights and tours.
        Tourism = 4,
        /// Courses and schools.
        Education = 5,
        /// Electricity, gas and water.
        Utilities = 6,
        /// What public bodies offer for money.
        PublicServices = 7,
        /// Anything else.
        Other = 8,
    }
}

/// The traits of a merchant, by which campaigns choose where their money is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerchantTraits {
    /// What it sells.
    pub category: MerchantCategory,
    /// Where; `None` of one that sells everywhere, such as online.
    pub region: Option<Region>,
}
