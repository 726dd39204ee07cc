//! The terms of a contract: data from a small, closed set of rules.

use sha2::{Digest, Sha256};

use crate::Reason;
use crate::link::Head;
use crate::money::{Amount, Timestamp, WalletNumber};
use crate::row::{group, numbered, variants};

use super::super::error::OperatorError;
use super::error::ContractValue;

/// The most lessons of a contract.
pub const LESSONS_MAX: u32 = 1_000;

/// What the canonical bytes of terms begin with.
const CANONICAL: &[u8] = b"ecny contract 1";

/// Who confirms that a lesson was given. Whatever the rule, the payer may: it is the payer's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseRule {
    /// The payer alone.
    ByPayer,
    /// The merchant asks, and gets the money when the payer has not disputed it in time.
    ByMerchant {
        /// How long the payer may dispute it.
        dispute_ms: u64,
    },
    /// The merchant shows the code of the lesson, which the payer hands over at it.
    ByCode {
        /// The code of lesson n, hashed n times by SHA-256.
        codes: Head,
    },
}

variants! {
    ReleaseRule as ReleaseRuleColumns in "release" { dispute_ms: u64, codes: Head }
    1 = ByPayer,
    2 = ByMerchant { dispute_ms },
    3 = ByCode { codes },
}

numbered! {
    /// When the payer may have back what is not released.
    pub enum RefundRule {
        /// At any time.
        AtAnyTime = 1,
        /// Before the first lesson is asked for or released.
        BeforeFirstLesson = 2,
    }
}

group! {
    /// What payer and merchant have agreed on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ContractTerms {
        /// The wallet that pays, at this operator.
        pub payer: WalletNumber,
        /// The wallet that is paid, at any operator.
        pub merchant: WalletNumber,
        /// The price of all lessons.
        pub total: Amount,
        /// How many lessons there are.
        pub lessons: u32,
        /// Who confirms that a lesson was given.
        pub release: ReleaseRule,
        /// When the payer may have back what is not released.
        pub refund: RefundRule,
        /// The last moment of the contract; what is not released is the payer's again after it.
        pub expires_at: Timestamp,
    }
}

impl ContractTerms {
    /// The BLAKE3 hash of the terms in a fixed order and width, numbers from their lowest byte:
    /// both sides compute the same.
    pub fn hash(&self) -> Head {
        let (rule, dispute_ms, codes) = match self.release {
            ReleaseRule::ByPayer => (1, 0, [0; 32]),
            ReleaseRule::ByMerchant { dispute_ms } => (2, dispute_ms, [0; 32]),
            ReleaseRule::ByCode { codes } => (3, 0, codes),
        };
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(CANONICAL)
            .update(&self.payer.as_u64().to_le_bytes())
            .update(&self.merchant.as_u64().to_le_bytes())
            .update(&self.total.fen().to_le_bytes())
            .update(&self.lessons.to_le_bytes())
            .update(&[rule])
            .update(&dispute_ms.to_le_bytes())
            .update(&codes)
            .update(&[self.refund as u8])
            .update(&self.expires_at.ms().to_le_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The price of a lesson, counted from 1: an equal part in whole fen, and in the last lesson
    /// what is left. `None` when there is no such lesson.
    pub fn price_of(&self, lesson: u32) -> Option<Amount> {
        if lesson == 0 || lesson > self.lessons {
            return None;
        }
        let each = self.total.fen() / i64::from(self.lessons);
        let before = each * i64::from(self.lessons - 1);
        let fen = if lesson == self.lessons { self.total.fen() - before } else { each };
        Amount::from_fen(fen).ok()
    }

    /// Whether a code is that of a lesson: its n-th hash is what the terms name. Who knows the code
    /// of a lesson can compute those of earlier ones, but none of later ones.
    pub fn is_code_of(&self, lesson: u32, code: &Head) -> bool {
        let ReleaseRule::ByCode { codes } = self.release else { return false };
        (1..=self.lessons).contains(&lesson) && hashed(*code, lesson) == codes
    }

    /// Whether the terms are of the set that there is, at a time.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), OperatorError> {
        let wrong = |field, value| {
            Err(OperatorError::Contract { field, value, reason: Reason::FieldInvalid })
        };
        self.total.single()?;
        if self.lessons == 0 || self.lessons > LESSONS_MAX {
            return wrong("lesson_count", ContractValue::Count(self.lessons.into()));
        }
        if self.total.fen() < i64::from(self.lessons) {
            return wrong("total_amount", ContractValue::Amount(self.total));
        }
        if self.expires_at <= now || self.expires_at > Timestamp::MAX {
            return wrong("expire_time", ContractValue::Time(self.expires_at));
        }
        let left = self.expires_at.ms().abs_diff(now.ms());
        match self.release {
            // A request must leave the time to dispute it before the contract expires.
            ReleaseRule::ByMerchant { dispute_ms } if dispute_ms == 0 || dispute_ms > left => {
                wrong("dispute_window_ms", ContractValue::Count(dispute_ms))
            }
            ReleaseRule::ByMerchant { .. } | ReleaseRule::ByPayer | ReleaseRule::ByCode { .. } => {
                Ok(())
            }
        }
    }
}

/// The code of a lesson from the payer's seed, and what the terms of a contract name, as the code
/// of lesson 0: the seed hashed by SHA-256, once less for each later lesson.
pub fn code_of_lesson(seed: Head, lessons: u32, lesson: u32) -> Head {
    hashed(seed, lessons.saturating_sub(lesson))
}

fn hashed(value: Head, times: u32) -> Head {
    (0..times).fold(value, |value, _| Sha256::digest(value).into())
}
