//! The configurations that are checked.

use crate::config::{Budget, Config, Excess, OPERATORS, PAYMENTS, Plan};
use crate::ids::Ids;

/// A payment between two operators.
const fn between(payer: usize, payee: usize) -> Plan {
    Plan { payer, payee, sponsor: None }
}

impl Config {
    /// One payment through everything that can happen to it.
    pub fn one_payment() -> Self {
        Self {
            name: "one payment",
            plans: vec![between(0, 1)],
            operators: 2,
            opening: [1, 0, 0],
            caps: [None; OPERATORS],
            excess: Excess::Refuse,
            may_reject: Ids::of(0),
            may_expire: (0..PAYMENTS).collect(),
            day_ends: true,
            unordered: false,
            forgets: false,
            may_crash: (0..=OPERATORS).collect(),
            restored: 0,
            budget: Budget { crashes: 2, breaks: 2, ..Budget::default() },
            rules: crate::Rules::ALL,
        }
    }

    /// Two payments under a cap of one, of which the second is refused while the first is
    /// undecided.
    pub fn capped() -> Self {
        Self {
            name: "refused above a cap of one",
            plans: vec![between(0, 1); 2],
            opening: [2, 0, 0],
            caps: [Some(1), None, None],
            may_expire: Ids::NONE,
            budget: Budget { crashes: 1, breaks: 1, closes: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// Two payments under a cap of one, of which the second waits.
    pub fn queued() -> Self {
        Self {
            name: "queued above a cap of one",
            excess: Excess::Queue,
            may_expire: Ids::of(1),
            budget: Budget { crashes: 1, closes: 1, ..Budget::default() },
            ..Self::capped()
        }
    }

    /// Three payments under a cap of one.
    pub fn three_payments() -> Self {
        Self {
            name: "three payments",
            plans: vec![between(0, 1); 3],
            opening: [3, 0, 0],
            may_reject: Ids::NONE,
            may_expire: Ids::NONE,
            budget: Budget { crashes: 1, closes: 1, ..Budget::default() },
            ..Self::queued()
        }
    }

    /// A payment, and one back out of the money it brought.
    pub fn to_and_fro() -> Self {
        Self {
            name: "to and fro",
            plans: vec![between(0, 1), between(1, 0)],
            may_reject: Ids::of(1),
            may_expire: Ids::NONE,
            budget: Budget { crashes: 1, breaks: 1, closes: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// Payments in both directions; the first has headroom only by what the second brings.
    pub fn inflow() -> Self {
        Self {
            name: "headroom by inflow",
            plans: vec![between(0, 1), between(1, 0)],
            opening: [1, 1, 0],
            caps: [Some(0), Some(1), None],
            excess: Excess::Queue,
            may_reject: Ids::of(0).union(Ids::of(1)),
            budget: Budget { crashes: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// One payment whose row is forgotten when both operators have acknowledged it.
    pub fn forgotten() -> Self {
        Self {
            name: "forgotten rows",
            forgets: true,
            budget: Budget { crashes: 1, breaks: 1, repeats: 1, losses: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// Two payments over links that lose and repeat messages and go on.
    pub fn lossy() -> Self {
        Self {
            name: "lost messages",
            plans: vec![between(0, 1); 2],
            opening: [2, 0, 0],
            may_expire: Ids::NONE,
            day_ends: false,
            budget: Budget { repeats: 1, losses: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// One payment over links that keep no order and count nothing, with nothing ever forgotten.
    pub fn unordered() -> Self {
        Self {
            name: "any order",
            unordered: true,
            budget: Budget { crashes: 1, breaks: 1, repeats: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// One payment and instructions that claim its id for something else.
    pub fn forged() -> Self {
        Self {
            name: "other content",
            budget: Budget { crashes: 1, breaks: 1, forgeries: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// A voucher: the sponsor adds a second leg.
    pub fn voucher() -> Self {
        Self {
            name: "voucher",
            plans: vec![Plan { sponsor: Some(2), ..between(0, 1) }],
            operators: 3,
            opening: [1, 0, 1],
            caps: [Some(1), None, Some(1)],
            budget: Budget { crashes: 1, breaks: 1, closes: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// A voucher for a payee at the sponsor's operator, whose leg needs no headroom.
    pub fn voucher_of_payee() -> Self {
        Self {
            name: "voucher of the payee's operator",
            plans: vec![Plan { sponsor: Some(1), ..between(0, 1) }],
            operators: 2,
            opening: [1, 1, 0],
            caps: [Some(1), Some(0), None],
            ..Self::voucher()
        }
    }

    /// A voucher for a payment inside an operator, of which another operator pays a part.
    pub fn voucher_inside() -> Self {
        Self {
            name: "voucher inside an operator",
            plans: vec![Plan { sponsor: Some(1), ..between(0, 0) }],
            caps: [Some(0), Some(1), None],
            ..Self::voucher_of_payee()
        }
    }

    /// Two payments that only together keep caps of nothing.
    pub fn offsetting() -> Self {
        Self {
            name: "offsetting",
            caps: [Some(0), Some(0), None],
            excess: Excess::Offset,
            may_reject: Ids::of(1),
            may_expire: Ids::of(0),
            budget: Budget { crashes: 1, ..Budget::default() },
            ..Self::inflow()
        }
    }

    /// The payer's operator starts from an old file.
    pub fn restored_payer() -> Self {
        Self {
            name: "old file of the payer's operator",
            budget: Budget { crashes: 1, restores: 1, closes: 1, ..Budget::default() },
            ..Self::one_payment()
        }
    }

    /// The payee's operator starts from an old file.
    pub fn restored_payee() -> Self {
        Self { name: "old file of the payee's operator", restored: 1, ..Self::restored_payer() }
    }

    /// The same with more faults of each kind that it has.
    #[must_use]
    pub fn deeper(mut self) -> Self {
        let budget = &mut self.budget;
        let counts =
            [&mut budget.crashes, &mut budget.breaks, &mut budget.repeats, &mut budget.losses];
        counts.into_iter().filter(|count| **count > 0).for_each(|count| *count += 1);
        self
    }

    /// Every configuration.
    pub fn suite() -> Vec<Self> {
        vec![
            Self::one_payment(),
            Self::capped(),
            Self::queued(),
            Self::three_payments(),
            Self::to_and_fro(),
            Self::inflow(),
            Self::forgotten(),
            Self::lossy(),
            Self::unordered(),
            Self::forged(),
            Self::voucher(),
            Self::voucher_of_payee(),
            Self::voucher_inside(),
            Self::offsetting(),
            Self::restored_payer(),
            Self::restored_payee(),
        ]
    }
}
