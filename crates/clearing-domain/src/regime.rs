//! The regime of money: the legal nature of a wallet balance.

/// The regime of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// e-CNY is cash: issued by the central bank against reserves, fully backed (2022).
    Cash,
    /// A wallet balance is the operator's liability; settlement moves reserves (from 2026).
    Deposit,
}

impl Regime {
    /// The name in configuration and results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Deposit => "deposit",
        }
    }
}
