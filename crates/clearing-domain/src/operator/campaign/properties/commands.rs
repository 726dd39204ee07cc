//! What the test of campaigns does, in random order.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::details::Purpose;
use crate::money::DAY_MS;

use super::model::{LEAST, RULES};

/// How many wallets of this operator take part: three persons, and a sub-wallet of the first.
pub(super) const OWN: usize = 4;

/// The persons who hold the wallets that take part; some have several.
pub(super) const PERSONS: [u64; 7] = [1, 2, 3, 1, 1, 4, 2];

/// Something that customers, other operators or the central bank do.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Create {
        is_voucher: bool,
        is_drawn: bool,
        is_late: bool,
        rule: usize,
        pool: i64,
    },
    FundCampaign {
        campaign: Index,
        yuan: i64,
    },
    Register {
        campaign: Index,
        who: usize,
    },
    /// Holds all draws that can be held.
    Draw,
    Claim {
        campaign: Index,
        who: usize,
    },
    /// Closes all campaigns that can be closed.
    CloseCampaigns,
    /// A red packet of another operator comes.
    Packet {
        who: usize,
        rule: usize,
        yuan: i64,
        days: i64,
        hold: bool,
    },
    /// A payment of another operator comes.
    Receive {
        payee: usize,
        yuan: i64,
    },
    Pay {
        payer: usize,
        payee: usize,
        yuan: i64,
        purpose: Option<Purpose>,
        voucher: Option<Index>,
    },
    /// A customer of another operator pays with a voucher.
    AskFor {
        campaign: Index,
        who: usize,
        payee: usize,
        yuan: i64,
        purpose: Option<Purpose>,
    },
    PayBill {
        payer: usize,
        biller: usize,
        yuan: i64,
    },
    Refund {
        original: Index,
        yuan: Option<i64>,
    },
    /// Another operator gives a part of a payment back.
    GivenBack {
        original: Index,
        yuan: i64,
    },
    End {
        which: Index,
        cleared: bool,
    },
    ExchangeBack {
        who: usize,
        yuan: i64,
    },
    Load(i64),
    Pool(Option<i64>),
    Freeze {
        who: usize,
        frozen: bool,
    },
    Close(usize),
    Wait(i64),
    Restart,
}

pub(super) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        24 => of_campaigns(),
        40 => of_payments(),
        12 => (any::<Index>(), prop::bool::weighted(0.7)).prop_map(|(which, cleared)| Command::End { which, cleared }),
        1 => (0..OWN, 1..60_i64).prop_map(|(who, yuan)| Command::ExchangeBack { who, yuan }),
        1 => (1..60_i64).prop_map(Command::Load),
        1 => prop::option::of(1..60_i64).prop_map(Command::Pool),
        1 => (0..OWN, prop::bool::weighted(0.4)).prop_map(|(who, frozen)| Command::Freeze { who, frozen }),
        1 => (0..OWN).prop_map(Command::Close),
        4 => prop::sample::select(vec![1, DAY_MS / 2, DAY_MS / 2, DAY_MS + 1]).prop_map(Command::Wait),
        2 => Just(Command::Restart),
    ]
}

fn of_campaigns() -> impl Strategy<Value = Command> {
    let (index, rule, who) = (any::<Index>, 0..RULES.len(), || 0..PERSONS.len());
    prop_oneof![
        2 => (any::<bool>(), prop::bool::weighted(0.3), prop::bool::weighted(0.2), rule, 1..80_i64)
            .prop_map(|(is_voucher, is_drawn, is_late, rule, pool)| Command::Create { is_voucher, is_drawn, is_late, rule, pool }),
        1 => (index(), 1..40_i64).prop_map(|(campaign, yuan)| Command::FundCampaign { campaign, yuan }),
        2 => (index(), who()).prop_map(|(campaign, who)| Command::Register { campaign, who }),
        1 => Just(Command::Draw),
        6 => (index(), who()).prop_map(|(campaign, who)| Command::Claim { campaign, who }),
        1 => Just(Command::CloseCampaigns),
    ]
}

fn of_payments() -> impl Strategy<Value = Command> {
    let (index, yuan) = (any::<Index>, || prop_oneof![1..90_i64, LEAST..50]);
    let purpose =
        || prop::option::of(prop::sample::select(vec![Purpose::Catering, Purpose::Shopping]));
    prop_oneof![
        3 => (0..OWN, 0..RULES.len(), 1..40_i64, 0..4_i64, prop::bool::weighted(0.2))
            .prop_map(|(who, rule, yuan, days, hold)| Command::Packet { who, rule, yuan, days, hold }),
        1 => (payee(), yuan()).prop_map(|(payee, yuan)| Command::Receive { payee, yuan }),
        6 => (0..OWN, payee(), yuan(), purpose(), prop::option::weighted(0.4, index()))
            .prop_map(|(payer, payee, yuan, purpose, voucher)| Command::Pay { payer, payee, yuan, purpose, voucher }),
        3 => (index(), OWN..PERSONS.len(), payee(), yuan(), purpose())
            .prop_map(|(campaign, who, payee, yuan, purpose)| Command::AskFor { campaign, who, payee, yuan, purpose }),
        1 => (0..OWN, payee(), yuan()).prop_map(|(payer, biller, yuan)| Command::PayBill { payer, biller, yuan }),
        4 => (index(), prop::option::of(yuan())).prop_map(|(original, yuan)| Command::Refund { original, yuan }),
        2 => (index(), yuan()).prop_map(|(original, yuan)| Command::GivenBack { original, yuan }),
    ]
}

/// How many may be paid: two shops here and two elsewhere, a company and two persons here, and one
/// elsewhere.
const PAYEES: usize = 8;

/// More often the shops, which come first.
fn payee() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..4_usize, 1 => 4..PAYEES]
}
