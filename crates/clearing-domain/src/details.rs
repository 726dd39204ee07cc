//! What a payment is for, beside who pays whom how much.

mod bill_reference;
mod purpose;

use crate::money::PaymentId;

pub use bill_reference::{BillReference, BillReferenceError};
pub use purpose::Purpose;

/// What a payment is for. Few payments say more than who pays whom how much, so the records of
/// those that do not keep an empty pointer.
///
/// It is content of the payment: it goes with it to the payee's operator, and a repeat must have
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Its kind.
    pub purpose: Option<Purpose>,
    /// The bill of the payee that it pays.
    pub bill: Option<BillReference>,
    /// The payment that it gives back, whole or in part.
    pub refund_of: Option<PaymentId>,
}

impl Details {
    /// The details for a record; a payment that says nothing has none.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}
