//! The slots of the operator's lists.

use crate::slots::slot;

slot! {
    /// The slot of a wallet.
    pub struct WalletSlot
}

slot! {
    /// The slot of a payment.
    pub struct PaymentSlot
}

slot! {
    /// The slot of a transfer into a wallet.
    pub struct InboundSlot
}

slot! {
    /// The slot of a wallet event.
    pub struct EventSlot
}

slot! {
    /// The slot of an entry of a statement.
    pub struct EntrySlot
}
