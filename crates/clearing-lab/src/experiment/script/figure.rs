//! The figures of a run that a script speaks of, by their names.

use std::fmt;

use clearing_config::ClusterConfig;
use clearing_domain::Reason;
use clearing_domain::money::{BusinessDate, OperatorCode, whole_number};
use clearing_domain::region::Region;

use super::Script;
use super::figure_named::find;
use super::part_figure::{ByFigure, PartFigure, PartOperatorFigure};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Fen.
    Money,
}

/// A figure with the name under which it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The name.
    pub name: String,
    /// What it is.
    pub of: FigureOf,
}

/// What a figure is about. Wallets, series, actions and operators are given by their places in the
/// experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureOf {
    /// The whole run.
    Run(RunFigure),
    /// What was submitted on some days of the run.
    RunOn(Days, DayFigure),
    /// How many payments of the run were refused for a reason.
    Refused(Reason),
    /// A series.
    Series(usize, SeriesFigure),
    /// The payments of a series that were submitted on some days.
    SeriesOn(usize, Days, SeriesFigure),
    /// How many payments of a series were refused for a reason.
    SeriesRefused(usize, Reason),
    /// All wallets of a name.
    Wallet(usize, WalletFigure),
    /// An action.
    Action(usize, ActionFigure),
    /// How much of an action was refused for a reason.
    ActionRefused(usize, Reason),
    /// A campaign.
    Campaign(usize, CampaignFigure),
    /// Contracts.
    Contracts(usize, ContractFigure),
    /// Loans.
    Loans(usize, LoanFigure),
    /// Wealth products.
    Wealth(usize, WealthFigure),
    /// Payrolls.
    Payrolls(usize, PayrollFigure),
    /// Hard wallets of a name.
    Cards(usize, CardFigure),
    /// An operator.
    Operator(usize, OperatorFigure),
    /// A bank that takes part through an operator.
    Participant(OperatorCode, ParticipantFigure),
    /// A scenario that is a part of the experiment.
    Part(usize, PartFigure),
    /// How many payments of a part were refused for a reason.
    PartRefused(usize, Reason),
    /// An operator, by the payments of a part.
    PartOperator(usize, usize, PartOperatorFigure),
    /// The run up to the end of a day.
    By(BusinessDate, ByFigure),
    /// How many payments wallets of an operator took part in up to the end of a day.
    ByOperator(BusinessDate, usize),
    /// How many payments wallets that live in a region made up to the end of a day.
    ByRegion(BusinessDate, Region),
}

/// Days of a run, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl Days {
    /// Reads `9-30` or `9`.
    pub(in super::super) fn named(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let days = Self { first: whole_number(first)?, last: whole_number(last)? };
        (1..=days.last).contains(&days.first).then_some(days)
    }

    pub(super) fn has(&self, day: u32) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// The days so many days later.
    pub(in super::super) fn later(self, after: u32) -> Option<Self> {
        let [first, last] = [self.first, self.last].map(|day| day.checked_add(after));
        Some(Self { first: first?, last: last? })
    }
}

impl fmt::Display for Days {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last { first.fmt(formatter) } else { write!(formatter, "{first}-{last}") }
    }
}

/// Declares the figures of one thing: each with its name and its unit.
macro_rules! figures {
    (
        $(#[$attribute:meta])*
        $Name:ident { $($(#[$about:meta])* $Figure:ident = $name:literal, $Unit:ident;)+ }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name {
            $($(#[$about])* $Figure,)+
        }

        impl $Name {
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$Figure),)+
                    _ => None,
                }
            }

            pub(super) const fn unit(self) -> Unit {
                match self {
                    $(Self::$Figure => Unit::$Unit,)+
                }
            }
        }
    };
}
pub(super) use figures;

figures! {
    /// A figure of the whole run.
    RunFigure {
        /// Payments that were submitted.
        Payments = "payments", Count;
        /// Payments whose payee has the money.
        Completed = "completed", Count;
        /// Payments that were refused, before or after the debit.
        Refused = "refused", Count;
        /// Payments without a final outcome.
        InTransit = "in_transit", Count;
        /// The value of completed payments.
        Value = "value", Money;
        /// Completed payments within one operator.
        OnUs = "on_us", Count;
        /// Completed payments between operators.
        CrossOperator = "cross_operator", Count;
        /// The value of those.
        Gross = "gross", Money;
        /// The net debits of all cycles.
        Net = "net", Money;
        /// What moved on settlement accounts.
        Settled = "settled", Money;
        /// What was not settled in the end.
        Unsettled = "unsettled", Money;
        /// What the treasury holds.
        Treasury = "treasury", Money;
        /// What the treasury waits for until reserves suffice.
        TreasuryWaits = "treasury_waits", Money;
    }
}

figures! {
    /// A figure of what was submitted on some days.
    DayFigure {
        /// Payments that were submitted.
        Payments = "payments", Count;
        /// Payments whose payee has the money.
        Completed = "completed", Count;
        /// Payments that were refused.
        Refused = "refused", Count;
        /// The value of completed payments.
        Value = "value", Money;
    }
}

figures! {
    /// A figure of a series.
    SeriesFigure {
        /// Payments that were submitted.
        Payments = "payments", Count;
        /// Payments whose payee has the money.
        Completed = "completed", Count;
        /// Payments that were refused.
        Refused = "refused", Count;
        /// Payments that no front-end showed.
        Withheld = "withheld", Count;
        /// The value of completed payments.
        Value = "value", Money;
        /// What was given back of them.
        Refunded = "refunded", Money;
    }
}

figures! {
    /// A figure of the wallets of a name.
    WalletFigure {
        /// How many there are.
        Count = "count", Count;
        /// What they opened with.
        Opened = "opened", Money;
        /// What they hold in the end.
        Balance = "balance", Money;
        /// The bills that they published.
        Bills = "bills", Count;
        /// Bills that can still be paid.
        BillsOpen = "bills_open", Count;
        /// Bills that are paid, and not refunded.
        BillsPaid = "bills_paid", Count;
        /// Bills whose payments were given back.
        BillsRefunded = "bills_refunded", Count;
        /// Bills that were taken back.
        BillsCancelled = "bills_cancelled", Count;
        /// The sum of all bills.
        Billed = "billed", Money;
        /// The sum of the bills that are paid.
        Collected = "collected", Money;
        /// The front-ends that they are bound to.
        FrontEnds = "front_ends", Count;
    }
}

figures! {
    /// A figure of an action.
    ActionFigure {
        /// How many times it was done.
        Done = "done", Count;
        /// How many times it was refused.
        Refused = "refused", Count;
        /// The money in it.
        Value = "value", Money;
    }
}

figures! {
    /// A figure of a campaign.
    CampaignFigure {
        /// Wallets that registered.
        Registered = "registered", Count;
        /// How many can win at most.
        Winners = "winners", Count;
        /// Wallets that won.
        Won = "won", Count;
        /// Wallets that claimed.
        Claimed = "claimed", Count;
        /// What they claimed.
        Granted = "granted", Money;
        /// Payments that spent of it.
        Payments = "payments", Count;
        /// What was spent of it.
        Spent = "spent", Money;
        /// What payers added of their own.
        Added = "added", Money;
        /// Merchants that were paid.
        Merchants = "merchants", Count;
        /// What is left of it in wallets.
        Left = "left", Money;
        /// What came back of it.
        Reclaimed = "reclaimed", Money;
        /// What the sponsor put in.
        Funded = "funded", Money;
        /// What is in the pool in the end.
        Pool = "pool", Money;
        /// What went back to the sponsor.
        Returned = "returned", Money;
    }
}

figures! {
    /// A figure of contracts of a name.
    ContractFigure {
        /// How many were created.
        Contracts = "contracts", Count;
        /// Those that are funded and go on.
        Running = "running", Count;
        /// Those of which all lessons are paid.
        Completed = "completed", Count;
        /// Those that were refunded or have expired.
        Ended = "ended", Count;
        /// Those that wait for a merchant that is suspended.
        Suspended = "suspended", Count;
        /// Lessons that are paid.
        Lessons = "lessons", Count;
        /// Lessons that are disputed.
        Disputed = "disputed", Count;
        /// What was locked for them.
        Prepaid = "prepaid", Money;
        /// What is locked for them in the end.
        Locked = "locked", Money;
        /// What their merchants have of them.
        Released = "released", Money;
        /// What their payers have back of them.
        Refunded = "refunded", Money;
    }
}

figures! {
    /// A figure of loans of a name.
    LoanFigure {
        /// How many were agreed on.
        Loans = "loans", Count;
        /// Those that were paid out.
        Disbursed = "disbursed", Count;
        /// Those of which nothing is owed any more.
        Repaid = "repaid", Count;
        /// Those of which an instalment is overdue in the end.
        Overdue = "overdue", Count;
        /// Instalments that were paid.
        Instalments = "instalments", Count;
        /// Instalments whose payment was refused or came back, each time they were tried.
        Missed = "missed", Count;
        /// What was paid out.
        Lent = "lent", Money;
        /// What of it was paid back by instalments and early.
        Principal = "principal", Money;
        /// What of it was paid back early.
        Early = "early", Money;
        /// The interest that was paid.
        Interest = "interest", Money;
        /// What is owed in the end.
        Outstanding = "outstanding", Money;
    }
}

figures! {
    /// A figure of the wealth products of a name.
    WealthFigure {
        /// How many wallets hold something in the end.
        Holders = "holders", Count;
        /// Redemptions that were asked for.
        Redemptions = "redemptions", Count;
        /// Redemptions that are paid.
        Paid = "paid", Count;
        /// Redemptions that could not be paid yet.
        Waiting = "waiting", Count;
        /// Subscriptions that were refused or came back.
        Refused = "refused", Count;
        /// All that was subscribed to.
        Subscribed = "subscribed", Money;
        /// What was paid back of it, without the yield.
        Redeemed = "redeemed", Money;
        /// The yield that was paid.
        Yield = "yield", Money;
        /// What is asked for and not paid yet, without the yield.
        Redeeming = "redeeming", Money;
        /// What is held in the end.
        Holding = "holding", Money;
    }
}

figures! {
    /// A figure of the payrolls of the payers of a name.
    PayrollFigure {
        /// How many were confirmed.
        Payrolls = "payrolls", Count;
        /// Their lines.
        Lines = "lines", Count;
        /// Lines that are bad.
        Bad = "bad", Count;
        /// Lines whose payees have the money.
        Completed = "completed", Count;
        /// Lines whose payments were refused or came back.
        Refused = "refused", Count;
        /// The totals.
        Total = "total", Money;
        /// What the payees have.
        Paid = "paid", Money;
    }
}

figures! {
    /// A figure of the cards of a name, those that were replaced among them.
    CardFigure {
        /// How many were issued.
        Issued = "issued", Count;
        /// How many are frozen.
        Frozen = "frozen", Count;
        /// What they hold for their own vouchers.
        Float = "float", Money;
        /// What they hold for payees who could not take it.
        Unclaimed = "unclaimed", Money;
        /// The vouchers that were accepted.
        Accepted = "accepted", Count;
        /// The value of those.
        Value = "value", Money;
        /// Second vouchers with one counter.
        Repeated = "repeated", Count;
        /// What others paid for those.
        Compensated = "compensated", Money;
    }
}

figures! {
    /// A figure of an operator.
    OperatorFigure {
        /// What its wallets paid to those of others.
        Sent = "sent", Money;
        /// What its wallets received from those of others.
        Received = "received", Money;
        /// The sum of its net positions of all cycles.
        Net = "net", Money;
        /// The most it owed in any cycle.
        PeakNetDebit = "peak_net_debit", Money;
        /// Its settlement account at the end.
        SettlementBalance = "settlement_balance", Money;
        /// Its reserve account at the end.
        Reserves = "reserves", Money;
        /// Interest that it credited to wallets.
        Interest = "interest", Money;
    }
}

figures! {
    /// A figure of a bank that takes part through an operator.
    ParticipantFigure {
        /// How many wallets were opened for it.
        Wallets = "wallets", Count;
        /// What its wallets paid to those of other operators.
        Sent = "sent", Money;
        /// What its wallets received from those of other operators.
        Received = "received", Money;
        /// Received less sent.
        Net = "net", Money;
        /// What its wallets paid to others of the operator.
        OnUsSent = "on_us_sent", Money;
        /// What its wallets received from others of the operator.
        OnUsReceived = "on_us_received", Money;
    }
}

impl FigureOf {
    fn unit(self) -> Unit {
        match self {
            Self::Run(figure) => figure.unit(),
            Self::RunOn(_, figure) => figure.unit(),
            Self::Series(_, figure) | Self::SeriesOn(_, _, figure) => figure.unit(),
            Self::Wallet(_, figure) => figure.unit(),
            Self::Action(_, figure) => figure.unit(),
            Self::Operator(_, figure) => figure.unit(),
            Self::Participant(_, figure) => figure.unit(),
            Self::Campaign(_, figure) => figure.unit(),
            Self::Contracts(_, figure) => figure.unit(),
            Self::Loans(_, figure) => figure.unit(),
            Self::Wealth(_, figure) => figure.unit(),
            Self::Payrolls(_, figure) => figure.unit(),
            Self::Cards(_, figure) => figure.unit(),
            Self::Part(_, figure) => figure.unit(),
            Self::PartOperator(_, _, figure) => figure.unit(),
            Self::By(_, figure) => figure.unit(),
            Self::Refused(_)
            | Self::SeriesRefused(..)
            | Self::ActionRefused(..)
            | Self::PartRefused(..)
            | Self::ByOperator(..)
            | Self::ByRegion(..) => Unit::Count,
        }
    }
}

impl Figure {
    /// The figure of a name, for the things that a script and a cluster name.
    pub(crate) fn parse(
        name: &str,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, String> {
        let unknown =
            format!("{name:?} is no figure of this experiment; docs/scenarios.md lists them");
        find(name, script, cluster).map(|of| Self { name: name.to_owned(), of }).ok_or(unknown)
    }

    /// What it counts.
    pub fn unit(&self) -> Unit {
        self.of.unit()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.name)
    }
}
