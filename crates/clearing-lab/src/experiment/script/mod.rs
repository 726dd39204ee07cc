//! The script of an experiment that models a scenario: named wallets, who pays whom, what is done
//! beside payments, and what must come of it.

mod action;
mod assertion;
mod campaign;
mod card;
mod contract;
mod figure;
mod figure_named;
mod loan;
mod names;
mod part;
mod part_figure;
mod ratio;
mod read;
mod show;
mod wealth;

#[cfg(test)]
mod tests;

use clearing_domain::details::Purpose;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{Amount, OperatorCode, Timestamp, WalletKind};
use clearing_domain::region::Region;

pub use assertion::{Assertion, Expected, Relation};
pub use campaign::Campaign;
pub use card::{Cards, Cheats, Taps};
pub use contract::{ContractStep, Contracts, Part, Release};
pub use figure::{
    ActionFigure, CampaignFigure, CardFigure, ContractFigure, DayFigure, Days, Figure, FigureOf,
    LoanFigure, OperatorFigure, ParticipantFigure, PayrollFigure, RunFigure, SeriesFigure, Unit,
    WalletFigure, WealthFigure,
};
pub use loan::{LoanAction, LoanStep, Loans, Payrolls};
pub(super) use names::region_named;
pub use part::ScenarioPart;
pub(super) use part::check_part_name;
pub use part_figure::{ByFigure, PartFigure, PartOperatorFigure};
pub use ratio::Ratio;
pub(super) use read::{read, resolve};
pub(super) use show::show;
#[cfg(test)]
pub(crate) use tests::TAXES;
pub use wealth::{WealthAction, WealthProducts, WealthStep};

/// What an experiment tells beside its workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The scenario that it models.
    pub scenario: Option<Scenario>,
    /// How many days the experiment has.
    pub days: u32,
    /// The regions in which the wallets of its workload live.
    pub regions: Vec<Region>,
    /// The scenarios that are parts of it.
    pub parts: Vec<ScenarioPart>,
    /// One in so many of what is counted is run.
    pub scale: Scale,
    /// The wallets that have names.
    pub wallets: Vec<NamedWallets>,
    /// The payments between them.
    pub series: Vec<Series>,
    /// Red packets and vouchers.
    pub campaigns: Vec<Campaign>,
    /// Prepaid contracts.
    pub contracts: Vec<Contracts>,
    /// Loans.
    pub loans: Vec<Loans>,
    /// Wealth products.
    pub wealth: Vec<WealthProducts>,
    /// Payrolls.
    pub payrolls: Vec<Payrolls>,
    /// Hard wallets, by groups.
    pub cards: Vec<Cards>,
    /// What is done at set times beside payments, in the order of the file.
    pub actions: Vec<Action>,
    /// What must come of it.
    pub assertions: Vec<Assertion>,
}

/// One in so many of what is counted is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(pub u64);

/// A scenario of the article that the project implements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its number in docs/scenarios.md.
    pub number: u32,
    /// What it is called.
    pub title: String,
    /// What is known of it, in words of our own.
    pub statement: String,
    /// Where it was.
    pub place: String,
    /// When it was.
    pub date: String,
    /// What a run tells in the end.
    pub story: Story,
}

/// A text with figures in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// The text before the first figure, then each figure with the text after it.
    pub first: String,
    /// The figures, each with the text after it.
    pub rest: Vec<(Figure, String)>,
}

/// Wallets of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedWallets {
    /// The name.
    pub name: String,
    /// Who holds them.
    pub kind: WalletKind,
    /// Their operator; `None` spreads them over some.
    pub operator: Option<OperatorCode>,
    /// The bank whose customers hold them; `None` of their operators' own.
    pub participant: Option<OperatorCode>,
    /// Those that they are spread over; none is all of them.
    pub operators: Vec<OperatorCode>,
    /// How many, in full size.
    pub count: u64,
    /// The class of each.
    pub class: u8,
    /// What each opens with.
    pub opening: Amount,
}

/// Payments between named wallets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The name.
    pub name: String,
    /// The place of the payers among the named wallets.
    pub from: usize,
    /// The place of the payees.
    pub to: usize,
    /// How many on each day, in full size; `None` is one of each payer.
    pub count: Option<u64>,
    /// The days of the run, counted from 1.
    pub days: Vec<u32>,
    /// The time of day from which on they are made, in milliseconds.
    pub begin: i64,
    /// The time of day by which they are made.
    pub until: i64,
    /// The least and the most of each.
    pub amount: [Amount; 2],
    /// What they are for.
    pub purpose: Option<Purpose>,
    /// The place of the series whose bills they pay.
    pub bills: Option<usize>,
    /// The place of the series whose payments are redeemed, and one in how many of them.
    pub redeems: Option<(usize, u64)>,
    /// By how much each is less than its bill.
    pub short: Amount,
    /// The place of the campaign whose money they spend.
    pub campaign: Option<usize>,
    /// Which part of them spend money of the campaign.
    pub share: Ratio,
    /// How likely a wallet pays once more that has just paid.
    pub sticky: Ratio,
    /// The front-end by which they are made.
    pub front_end: Option<String>,
}

/// Something that is done at a set time beside payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The name by which figures speak of it.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: ActionKind,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// The payees of a series publish a bill for each of its payments.
    PublishBills {
        /// The place of the series.
        series: usize,
        /// Until when they may be paid; `None` is the end of the run.
        due: Option<Timestamp>,
        /// What a payer gets for a paid bill.
        release: Option<String>,
    },
    /// The payees of a series take bills back.
    CancelBills {
        /// The place of the series.
        series: usize,
        /// One in so many.
        every: u64,
    },
    /// The payees of a series give payments back.
    Refund {
        /// The place of the series.
        series: usize,
        /// One in so many.
        every: u64,
        /// How much of each; `None` is all that is left.
        amount: Option<Amount>,
    },
    /// Wallets are exchanged back into bank money.
    ExchangeBack {
        /// The place of the wallets.
        wallets: usize,
        /// How much of each; `None` is all.
        amount: Option<Amount>,
    },
    /// Government wallets are swept into the account of the treasury.
    SweepToTreasury {
        /// The place of the wallets.
        wallets: usize,
        /// How much of each; `None` is all.
        amount: Option<Amount>,
    },
    /// Merchants say what they sell and where.
    RegisterMerchant {
        /// The place of the wallets.
        wallets: usize,
        /// What and where.
        traits: MerchantTraits,
    },
    /// A campaign is created and its pool filled; its place.
    CreateCampaign(usize),
    /// Wallets register for a campaign.
    Register(Participation),
    /// The winners of a campaign are drawn; its place.
    Draw(usize),
    /// Wallets claim what they have won.
    Claim(Participation),
    /// What nobody can claim any more goes back to the sponsor of a campaign; its place.
    CloseCampaign(usize),
    /// Something is done about contracts.
    Contracts {
        /// The place of the contracts.
        contracts: usize,
        /// What.
        step: ContractStep,
        /// Which of them.
        of: Part,
    },
    /// Something is done about loans.
    Loans(LoanAction),
    /// Something is done about wealth products.
    Wealth(WealthAction),
    /// Each payer pays its payroll; the place of the payrolls.
    PayPayroll(usize),
    /// Merchants are suspended by their supervisor, or go on.
    SuspendMerchant {
        /// The place of the wallets.
        wallets: usize,
        /// Whether they are suspended from here on.
        suspended: bool,
    },
    /// Each wallet of a group gets its card; the place of the group.
    IssueCards(usize),
    /// Money of their parents goes onto cards.
    LoadCards {
        /// The place of the cards.
        cards: usize,
        /// How much each.
        amount: Amount,
    },
    /// Cards sign vouchers, and payees upload these.
    Tap(Taps),
    /// Cards are reported lost.
    ReportLost {
        /// The place of the cards.
        cards: usize,
        /// One in so many.
        every: u64,
    },
    /// Cards are issued in the place of lost ones.
    ReissueCards {
        /// The place of the cards.
        cards: usize,
        /// One in so many.
        every: u64,
    },
    /// Wallets are bound to a front-end.
    BindFrontEnd {
        /// The place of the wallets.
        wallets: usize,
        /// The front-end.
        front_end: String,
        /// Where the holders are.
        region: Region,
        /// What the front-end knows otherwise than the holders have shown it.
        mismatch: Option<Mismatch>,
    },
}

/// Wallets that take part in a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participation {
    /// The place of the campaign.
    pub campaign: usize,
    /// The place of the wallets.
    pub wallets: usize,
    /// One in so many that does not.
    pub except: Option<u64>,
}

/// What a front-end knows of somebody else than the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The phone number.
    Phone,
    /// The identity document.
    Identity,
}

impl Default for Scale {
    fn default() -> Self {
        Self(1)
    }
}

impl Scale {
    /// How much of a number is run, at least one.
    pub fn of(self, full: u64) -> u64 {
        full.div_ceil(self.0.max(1))
    }
}

impl Script {
    /// Whether the experiment has wallets of its own.
    pub fn is_empty(&self) -> bool {
        self.wallets.is_empty()
    }

    /// How many payments a series has on each of its days.
    pub fn payments_a_day(&self, series: &Series) -> u64 {
        if let Some((of, every)) = series.redeems {
            let of = &self.series[of];
            let all = self.payments_a_day(of) * of.days.len() as u64;
            return all / every / series.days.len().max(1) as u64;
        }
        self.scale.of(series.count.unwrap_or(self.wallets[series.from].count))
    }
}
