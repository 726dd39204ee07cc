//! Where payments and transfers stand.

use crate::row::numbered;

numbered! {
    /// Where a payment stands at the payer's operator.
    pub enum PaymentState {
        /// Debited from the payer; the outcome is not known yet.
        InTransit = 1,
        /// Final: the payee has the money.
        Completed = 2,
        /// Final: refused before any money left the wallet.
        Rejected = 3,
        /// Final: refused after the debit; the funds are back.
        Returned = 4,
    }
}

numbered! {
    /// Where a transfer into a wallet stands at the payee's operator.
    pub enum InboundState {
        /// Credited to the payee, not yet reported cleared.
        Accepted = 1,
        /// Final: refused; nothing was credited.
        Rejected = 2,
        /// Final: credited and cleared.
        Final = 3,
        /// Accepted with room for the money, which comes when the payment settles.
        Held = 4,
    }
}

impl PaymentState {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::InTransit)
    }
}

impl InboundState {
    /// Whether nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Final)
    }
}
