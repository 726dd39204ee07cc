//! The rows of hard wallets: what their issuer keeps of them and of their vouchers.

use crate::Reason;
use crate::link::Head;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};
use crate::row::{numbered, row, variants};

numbered! {
    /// Who bears the loss when a card signs two vouchers with one counter.
    pub enum LossParty {
        /// Nobody pays the payee of the second voucher.
        Payee = 1,
        /// The issuer pays the second voucher out of a wallet of its own.
        Issuer = 2,
        /// The wallet that the card belongs to pays the second voucher.
        Holder = 3,
    }
}

numbered! {
    /// What became of a card.
    pub enum CardChange {
        /// Its holder has reported it lost.
        Lost = 1,
        /// It has signed two vouchers with one counter.
        DoubleSpent = 2,
        /// Its money has gone to another card or back to its parent.
        Emptied = 3,
        /// Its money pays its issuer back for the losses that this one bore, by the payment whose row
        /// follows.
        Recovered = 4,
    }
}

/// What the issuer decided on a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is paid.
    Accepted {
        /// The first payment of it.
        payment: PaymentId,
    },
    /// It is not paid.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// Its counter was used by another voucher.
    Repeated {
        /// Who bears the loss.
        borne_by: LossParty,
        /// By which that party pays the payee.
        payment: Option<PaymentId>,
    },
    /// An authority has frozen the card or its parent. It is decided on when that ends, as if then
    /// were now: what its payee had in time is not lost.
    Waits,
}

variants! {
    Ruling as RulingColumns in "ruling" {
        reason: Reason,
        borne_by: LossParty,
        payment: PaymentId,
    }
    1 = Accepted { payment },
    2 = Refused { reason },
    3 = Repeated { borne_by, payment },
    4 = Waits,
}

row! {
    /// A card that was issued.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CardRow in "cards", kind 50 {
        /// The number of the row.
        pub row: u64,
        /// The number of the card, a sub-wallet.
        pub card: WalletNumber,
        /// The public key with which its vouchers are checked.
        pub key: Head,
        /// The most that it holds.
        pub float_max: Amount,
        /// How many of its vouchers may wait to be uploaded.
        pub count_max: u32,
        /// How long after it is signed a voucher is taken, in milliseconds.
        pub age_ms_max: i64,
        /// Who bears the loss when it signs two vouchers with one counter.
        pub loss: LossParty,
        /// The wallet out of which the issuer bears it.
        pub loss_wallet: Option<WalletNumber>,
        /// The card whose money it has got.
        pub replaces: Option<WalletNumber>,
        /// What makes the ids of its payments unknown to others; none under lockstep, where they are
        /// the same in every run.
        pub salt: Option<Head>,
        /// When it was issued.
        pub at: Timestamp,
    }
}

row! {
    /// A voucher of a card, and what was decided on it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CardVoucherRow in "card_vouchers", kind 51 {
        /// The number of the row.
        pub row: u64,
        /// The card.
        pub card: WalletNumber,
        /// Which of its vouchers it is.
        pub counter: u64,
        /// The wallet to credit.
        pub payee: WalletNumber,
        /// How much.
        pub amount: Amount,
        /// When it was signed, as payee and card noted it.
        pub signed_at: Timestamp,
        /// What was decided.
        pub ruling: Ruling,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A change of the state of a card.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CardChangeRow in "card_changes", kind 52 {
        /// The number of the row.
        pub row: u64,
        /// The card.
        pub card: WalletNumber,
        /// What became of it.
        pub change: CardChange,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// The value of a voucher, or of its loss, which the payee could not take before, is paid once
    /// more: by the payment whose row follows.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct UnclaimedRow in "unclaimed", kind 53 {
        /// The number of the row.
        pub row: u64,
        /// The card.
        pub card: WalletNumber,
        /// Which of its vouchers it is.
        pub counter: u64,
        /// Which of the second vouchers of the card it is, counted from 0; none of a first one.
        pub loss: Option<u32>,
        /// Whether somebody has ordered it; otherwise it was due.
        pub ordered: bool,
        /// The payment.
        pub payment: PaymentId,
        /// When.
        pub at: Timestamp,
    }
}
