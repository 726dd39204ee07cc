//! Offline vouchers: the issuer of a card decides, and one counter was used at two merchants.
//!
//! This is a model of its own, small beside that of payments: two vouchers with one counter, the
//! operators of their payees, the issuer, and the central bank, which here stands for the whole path of
//! a payment. Questions and answers between operators get lost and come again, the issuer crashes, and
//! a payee cannot take its money at first.
//!
//! A step of the issuer takes one message: apply it, commit, release. Without the rule of that order a
//! commit comes at any time later, or never.

mod law;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Model, Property};

pub use law::{Event, Law};

/// How many vouchers have the counter, each of another payee.
pub const VOUCHERS: usize = 2;
/// What is loaded on the card: enough for both, so that nothing but the rules keeps it together.
pub const LOADED: u8 = 2;

/// A rule that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// What is decided is committed before anybody hears of it.
    CommitFirst,
    /// A counter that was decided on is refused to any other voucher.
    CounterIsKept,
    /// The id of a payment follows from card and counter, also after a crash.
    IdFromCounter,
    /// What a payee could not take is not the card's again.
    ReturnIsUnclaimed,
}

/// What a run may see, and which rules it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Its name in the documents.
    pub name: &'static str,
    /// How often each payee uploads its voucher.
    pub uploads: u8,
    /// How often the issuer crashes.
    pub crashes: u8,
    /// How often a payee cannot take its money.
    pub refusals: u8,
    /// The rule that is left out.
    pub without: Option<Rule>,
}

impl Config {
    /// The configuration of the documents.
    pub const fn documented() -> Self {
        Self {
            name: "offline vouchers with one counter",
            uploads: 2,
            crashes: 2,
            refusals: 1,
            without: None,
        }
    }

    /// The same without a rule.
    #[must_use]
    pub fn without(self, rule: Rule) -> Self {
        Self { without: Some(rule), ..self }
    }

    pub(crate) fn has(&self, rule: Rule) -> bool {
        self.without != Some(rule)
    }
}

/// Where the payment of a voucher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The central bank was asked, or will be after a crash.
    InTransit,
    /// The payee has it.
    Completed,
    /// It came back.
    Returned,
}

/// What the issuer knows of a voucher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Known {
    /// Whether it was accepted, once that was decided.
    pub accepted: Option<bool>,
    /// Its payment: the id, and where it stands.
    pub payment: Option<(u8, Standing)>,
    /// How many payments of it there were.
    pub attempts: u8,
}

/// The ledger of the issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    /// The vouchers.
    pub vouchers: [Known; VOUCHERS],
    /// Whether the card is frozen.
    pub frozen: bool,
    /// What the card holds.
    pub float: u8,
    /// What is held for payees.
    pub unclaimed: u8,
}

/// All that there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The issuer in memory.
    pub live: Issuer,
    /// The issuer on disk.
    pub disk: Issuer,
    /// Uploads on their way to the issuer.
    pub questions: [bool; VOUCHERS],
    /// Answers on their way back.
    pub answers: [Option<bool>; VOUCHERS],
    /// The first answer that each payee heard.
    pub heard: [Option<bool>; VOUCHERS],
    /// Whether a payee heard two answers.
    pub changed: bool,
    /// Payments on their way to the central bank, with their vouchers.
    pub instructions: BTreeSet<(u8, usize)>,
    /// What became of payments there.
    pub bank: BTreeMap<u8, (usize, bool)>,
    /// Outcomes on their way back.
    pub notices: BTreeSet<u8>,
    /// How often each payee was paid.
    pub credited: [u8; VOUCHERS],
    /// The next id that follows from nothing.
    pub fresh: u8,
    /// How many uploads, crashes and refusals may still come.
    pub left: ([u8; VOUCHERS], u8, u8),
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A payee uploads its voucher.
    Upload(usize),
    /// An upload gets lost on its way.
    LoseQuestion(usize),
    /// The issuer takes an upload.
    Decide(usize),
    /// The issuer writes what it has.
    Commit,
    /// The issuer dies and starts again from its disk.
    Crash,
    /// An answer arrives.
    Answer(usize),
    /// An answer gets lost.
    LoseAnswer(usize),
    /// A payment is cleared, or the earlier outcome is sent again.
    Clear(u8, usize),
    /// The payee of a payment cannot take it.
    Refuse(u8, usize),
    /// An outcome arrives.
    Notice(u8),
    /// What is unclaimed is paid again.
    PayAgain(usize),
}

impl Model for Config {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let issuer = Issuer {
            vouchers: [Known::default(); VOUCHERS],
            frozen: false,
            float: LOADED,
            unclaimed: 0,
        };
        vec![State {
            live: issuer.clone(),
            disk: issuer,
            questions: [false; VOUCHERS],
            answers: [None; VOUCHERS],
            heard: [None; VOUCHERS],
            changed: false,
            instructions: BTreeSet::new(),
            bank: BTreeMap::new(),
            notices: BTreeSet::new(),
            credited: [0; VOUCHERS],
            fresh: 100,
            left: ([self.uploads; VOUCHERS], self.crashes, self.refusals),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for voucher in 0..VOUCHERS {
            let all = [
                Action::Upload(voucher),
                Action::LoseQuestion(voucher),
                Action::Decide(voucher),
                Action::Answer(voucher),
                Action::LoseAnswer(voucher),
                Action::PayAgain(voucher),
            ];
            actions.extend(all);
        }
        actions.extend([Action::Commit, Action::Crash]);
        for (id, voucher) in &state.instructions {
            actions.extend([Action::Clear(*id, *voucher), Action::Refuse(*id, *voucher)]);
        }
        actions.extend(state.notices.iter().map(|id| Action::Notice(*id)));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        step::apply(self, &mut next, action);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Law::PaidOnce.name(), |_, state| Law::PaidOnce.holds(state)),
            Property::always(Law::AnswersStand.name(), |_, state| Law::AnswersStand.holds(state)),
            Property::always(Law::AcceptedIsOwed.name(), |_, state| {
                Law::AcceptedIsOwed.holds(state)
            }),
            Property::always(Law::MoneyIsKept.name(), |_, state| Law::MoneyIsKept.holds(state)),
            Property::always(Law::CheatIsFrozen.name(), |_, state| Law::CheatIsFrozen.holds(state)),
            Property::sometimes(Event::Paid.name(), |_, state| Event::Paid.happened(state)),
            Property::sometimes(Event::Caught.name(), |_, state| Event::Caught.happened(state)),
            Property::sometimes(Event::PaidLater.name(), |_, state| {
                Event::PaidLater.happened(state)
            }),
        ]
    }
}
