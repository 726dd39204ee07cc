//! What must hold in every state, and what must happen in some.

use super::{LOADED, Standing, State};

/// A property of every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The counter is paid to one payee, once.
    PaidOnce,
    /// Nobody hears two answers.
    AnswersStand,
    /// What a payee was told to be accepted is paid, on its way to it, or held for it.
    AcceptedIsOwed,
    /// What was loaded is on the card, held for payees, on its way, or paid.
    MoneyIsKept,
    /// A card whose counter was used twice is frozen.
    CheatIsFrozen,
}

impl Law {
    /// The law in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaidOnce => "one counter is paid once",
            Self::AnswersStand => "nobody hears two answers",
            Self::AcceptedIsOwed => "what is accepted is its payee's",
            Self::MoneyIsKept => "what was loaded is kept",
            Self::CheatIsFrozen => "a counter used twice freezes the card",
        }
    }

    /// Whether it holds in a state.
    pub fn holds(self, state: &State) -> bool {
        let vouchers = || state.live.vouchers.iter();
        match self {
            Self::PaidOnce => state.credited.iter().sum::<u8>() <= 1,
            Self::AnswersStand => !state.changed,
            Self::AcceptedIsOwed => (0..state.heard.len()).all(|voucher| {
                let known = &state.live.vouchers[voucher];
                let is_owed = match known.payment {
                    Some((_, Standing::InTransit | Standing::Completed)) => true,
                    Some((_, Standing::Returned)) => state.live.unclaimed > 0,
                    None => false,
                };
                state.heard[voucher] != Some(true) || known.accepted == Some(true) && is_owed
            }),
            Self::MoneyIsKept => {
                let gone = vouchers().filter(|known| {
                    matches!(known.payment, Some((_, Standing::InTransit | Standing::Completed)))
                });
                let gone = u8::try_from(gone.count()).unwrap_or(u8::MAX);
                state.live.float + state.live.unclaimed + gone == LOADED
            }
            Self::CheatIsFrozen => {
                let decided = vouchers().filter(|known| known.accepted.is_some()).count();
                decided < 2 || state.live.frozen
            }
        }
    }
}

/// Something that must happen in some state, so that the laws say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A payee is paid.
    Paid,
    /// The second voucher is refused.
    Caught,
    /// A payee is paid what it could not take at first.
    PaidLater,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 3] = [Self::Paid, Self::Caught, Self::PaidLater];

    /// The event in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "a payee is paid",
            Self::Caught => "a second voucher is refused",
            Self::PaidLater => "what was unclaimed is paid",
        }
    }

    /// Whether it has happened in a state.
    pub fn happened(self, state: &State) -> bool {
        let is_paid = state.credited.contains(&1);
        match self {
            Self::Paid => is_paid,
            Self::Caught => state.heard.contains(&Some(false)),
            Self::PaidLater => is_paid && state.bank.len() > 1,
        }
    }
}
