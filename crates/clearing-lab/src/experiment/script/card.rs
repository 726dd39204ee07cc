//! Hard wallets as they stand in a file, what is done with them, and what is refused of it.

use clearing_config::Yuan;
use clearing_domain::Lockstep;
use clearing_domain::money::{Amount, Timestamp};
use clearing_domain::operator::{CardTerms, LossParty};

use super::super::moment;
use super::super::raw::{RawAction, RawCard};
use super::read::{Refused, check_name, named, place};
use super::{ActionKind, Script};

/// How many vouchers may wait of a card that does not say so.
const COUNT: u32 = 10;
/// How long a voucher is taken, in hours.
const AGE_HOURS: u32 = 72;
/// What a card holds at most, in fen.
const FLOAT_FEN: i64 = 50_000;
const HOUR_MS: i64 = 3_600_000;

/// The keys of a file that taps read.
pub(super) const TAP_KEYS: &[&str] = &[
    "card",
    "to",
    "begin",
    "end",
    "times",
    "cheats",
    "cheat_to",
    "every",
    "except",
    "amount",
    "amount_max",
];

/// Cards, one of each wallet of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cards {
    /// The name.
    pub name: String,
    /// The place of the wallets that they belong to.
    pub parents: usize,
    /// What they may do.
    pub terms: CardTerms,
    /// The most that each holds.
    pub float_max: Amount,
    /// The most of one voucher.
    pub single_max: Amount,
    /// How many vouchers may wait.
    pub count_max: u32,
    /// How many hours a voucher is taken.
    pub age_hours: u32,
    /// The place of the wallets that they may pay.
    pub payees: Option<usize>,
    /// Who bears the loss of second vouchers.
    pub loss: LossParty,
    /// The place of the wallets out of which issuers bear it.
    pub loss_wallet: Option<usize>,
}

impl Cards {
    /// Reads a group; the error names the key at fault.
    pub(super) fn read(raw: &RawCard, script: &Script) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let wallets = |key, name: &str| {
            place(key, Some(name), script.wallets.iter().map(|wallets| wallets.name.as_str()))
        };
        let usual = Amount::from_fen(FLOAT_FEN).unwrap_or(Amount::MAX);
        let float_max = raw.float_max.map_or(usual, |yuan| yuan.0);
        let single_max = raw.single_max.map_or(float_max, |yuan| yuan.0);
        let (count_max, age_hours) =
            (raw.count_max.unwrap_or(COUNT), raw.age_hours.unwrap_or(AGE_HOURS));
        let age_ms = i64::from(age_hours) * HOUR_MS;
        let terms = CardTerms::new(float_max, single_max, count_max, age_ms);
        Ok(Self {
            name: raw.name.clone(),
            parents: wallets("wallet", &raw.wallet)?,
            terms: terms.map_err(|key| (key, "is not what a card may have".to_owned()))?,
            float_max,
            single_max,
            count_max,
            age_hours,
            payees: raw.payees.as_deref().map(|name| wallets("payees", name)).transpose()?,
            loss: match raw.loss.as_deref() {
                None => LossParty::Payee,
                text => named("loss", text, loss_named, "payee, issuer or holder")?,
            },
            loss_wallet: raw
                .loss_wallet
                .as_deref()
                .map(|name| wallets("loss_wallet", name))
                .transpose()?,
        })
    }

    /// The group as it stands in a file.
    pub(super) fn show(&self, script: &Script) -> RawCard {
        let wallets = |place: usize| script.wallets[place].name.clone();
        RawCard {
            name: self.name.clone(),
            wallet: wallets(self.parents),
            float_max: Some(Yuan(self.float_max)),
            single_max: Some(Yuan(self.single_max)),
            count_max: Some(self.count_max),
            age_hours: Some(self.age_hours),
            payees: self.payees.map(wallets),
            loss: Some(loss_name(self.loss).to_owned()),
            loss_wallet: self.loss_wallet.map(wallets),
        }
    }
}

const fn loss_name(party: LossParty) -> &'static str {
    match party {
        LossParty::Payee => "payee",
        LossParty::Issuer => "issuer",
        LossParty::Holder => "holder",
    }
}

fn loss_named(name: &str) -> Option<LossParty> {
    let all = [LossParty::Payee, LossParty::Issuer, LossParty::Holder];
    all.into_iter().find(|party| loss_name(*party) == name)
}

/// Cards sign vouchers without network, which payees upload at the time of the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taps {
    /// The place of the cards.
    pub cards: usize,
    /// The place of the wallets that are paid.
    pub to: usize,
    /// From when on they sign.
    pub begin: Timestamp,
    /// Until when.
    pub end: Timestamp,
    /// The least and the most of each.
    pub amount: [Amount; 2],
    /// How often each card signs.
    pub times: u32,
    /// One in so many of the cards.
    pub every: u64,
    /// One in so many that does not.
    pub except: Option<u64>,
    /// Those that cheat.
    pub cheats: Option<Cheats>,
}

/// Cards that sign their last counter once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cheats {
    /// One in so many of the cards.
    pub every: u64,
    /// The place of the wallets that are paid by that.
    pub to: usize,
}

impl Taps {
    /// Reads the taps of an action; the error names the key at fault.
    pub(super) fn read(
        raw: &RawAction,
        script: &Script,
        lockstep: &Lockstep,
    ) -> Result<Self, Refused> {
        let wallets = |key, name: Option<&str>| {
            place(key, name, script.wallets.iter().map(|wallets| wallets.name.as_str()))
        };
        let time = |key, text: &str| moment::read(lockstep, text).map_err(|why| (key, why));
        let at = time("at", &raw.at)?;
        let begin = raw.begin.as_deref().map_or(Ok(at), |text| time("begin", text))?;
        let end = raw.end.as_deref().map_or(Ok(at), |text| time("end", text))?;
        if begin > at {
            return Err(("begin", "is after at".to_owned()));
        }
        if end < begin || end > at {
            return Err(("end", "is not from begin to at".to_owned()));
        }
        let (to, least) = (wallets("to", raw.to.as_deref())?, amount(raw)?);
        let most = raw.amount_max.map_or(least, |yuan| yuan.0);
        if most < least {
            return Err(("amount_max", "is less than amount".to_owned()));
        }
        let cheats = match (raw.cheats, raw.cheat_to.as_deref()) {
            (None, None) => None,
            (None, Some(_)) => return Err(("cheat_to", "stands beside no cheats".to_owned())),
            (Some(every), None) => Some(Cheats { every, to }),
            (Some(every), name) => Some(Cheats { every, to: wallets("cheat_to", name)? }),
        };
        Ok(Self {
            cards: place_of(script, raw)?,
            to,
            begin,
            end,
            amount: [least, most],
            times: raw.times.unwrap_or(1),
            every: raw.every.unwrap_or(1),
            except: raw.except,
            cheats,
        })
    }

    /// The action as it stands in a file.
    pub(super) fn show(&self, script: &Script, start: Timestamp, raw: RawAction) -> RawAction {
        let wallets = |place: usize| script.wallets[place].name.clone();
        RawAction {
            card: Some(script.cards[self.cards].name.clone()),
            to: Some(wallets(self.to)),
            begin: Some(moment::show(start, self.begin)),
            end: Some(moment::show(start, self.end)),
            amount: Some(Yuan(self.amount[0])),
            amount_max: Some(Yuan(self.amount[1])),
            times: Some(self.times),
            every: Some(self.every),
            except: self.except,
            cheats: self.cheats.map(|cheats| cheats.every),
            cheat_to: self.cheats.map(|cheats| wallets(cheats.to)),
            ..raw
        }
    }
}

/// The place of the cards that an action is about.
pub(super) fn place_of(script: &Script, raw: &RawAction) -> Result<usize, Refused> {
    place("card", raw.card.as_deref(), script.cards.iter().map(|cards| cards.name.as_str()))
}

/// The amount that an action must state.
pub(super) fn amount(raw: &RawAction) -> Result<Amount, Refused> {
    let amount = raw.amount.map(|yuan| yuan.0).filter(|amount| *amount > Amount::ZERO);
    amount.ok_or_else(|| ("amount", "is missing".to_owned()))
}

/// An action with cards as it stands in a file.
pub(super) fn show_action(kind: &ActionKind, cards: &Cards, raw: RawAction) -> RawAction {
    let card = Some(cards.name.clone());
    if let ActionKind::LoadCards { amount, .. } = kind {
        RawAction { card, amount: Some(Yuan(*amount)), ..raw }
    } else if let ActionKind::ReportLost { every, .. } | ActionKind::ReissueCards { every, .. } =
        kind
    {
        RawAction { card, every: Some(*every), ..raw }
    } else {
        RawAction { card, ..raw }
    }
}
