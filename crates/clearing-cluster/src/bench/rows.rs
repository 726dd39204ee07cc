//! The rows of the bench, declared in one table.

/// A row: what is measured, what it must reach and what it aims at.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it measures.
    pub title: &'static str,
    /// The unit of all its figures.
    pub unit: &'static str,
    /// Whether more or less is better.
    pub better: Better,
    /// What it must reach.
    pub must: Option<f64>,
    /// What it aims at.
    pub aim: Option<f64>,
    /// The part of the bench that measures it.
    pub part: Part,
    /// What sets a bound that no program on this machine could pass.
    pub limit: Limit,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More.
    Higher,
    /// Less.
    Lower,
}

/// The parts of the bench; each is measured on clusters of its own or shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Starting, and processes that have nothing to do.
    Start,
    /// Payments as fast as they go.
    Rate,
    /// The same load under two conditions.
    Compare,
    /// Closing cycles under load.
    Cycle,
    /// A steady load for some time.
    Soak,
    /// A large process.
    Large,
    /// Large files.
    Growth,
}

impl Part {
    /// Every part, in the order of measuring: the rate comes before the loads that are based on it.
    pub const ALL: [Self; 7] = [
        Self::Start,
        Self::Large,
        Self::Rate,
        Self::Compare,
        Self::Cycle,
        Self::Growth,
        Self::Soak,
    ];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Rate => "rate",
            Self::Compare => "compare",
            Self::Cycle => "cycle",
            Self::Soak => "soak",
            Self::Large => "large",
            Self::Growth => "growth",
        }
    }

    /// What is going on while it is measured.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Start => "how clusters start",
            Self::Rate => "payments as fast as they go",
            Self::Compare => "random request ids, and many positions",
            Self::Cycle => "how cycles close under load",
            Self::Soak => "a steady load",
            Self::Large => "a process with many wallets and payments",
            Self::Growth => "large files",
        }
    }
}

/// What the machine allows at best.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// So many payments are outstanding, each with so many syncs in a row and so many messages.
    Payments {
        /// How many are outstanding.
        outstanding: f64,
        /// Syncs that must follow each other.
        syncs: f64,
        /// Messages that carry a payment, one way each.
        hops: f64,
    },
    /// So many syncs that must follow each other, while no other process syncs.
    Syncs(f64),
    /// So many ends of messages in one process.
    Ends(f64),
    /// Nothing that is measured here.
    None,
}

/// A cross-operator payment: reserve, admit, decide and clear are each synced; it is carried from
/// the client to its operator, to the central bank, to the payee's operator, back, to both and
/// home.
const fn across(outstanding: f64) -> Limit {
    Limit::Payments { outstanding, syncs: 4.0, hops: 7.0 }
}

const RATE: Row = Row {
    name: "",
    title: "",
    unit: "payments/s",
    better: Better::Higher,
    must: None,
    aim: None,
    part: Part::Rate,
    limit: Limit::None,
};
const COST: Row = Row { better: Better::Lower, ..RATE };

/// A row without its bound.
const fn row(
    row: Row,
    name: &'static str,
    title: &'static str,
    must: f64,
    aim: Option<f64>,
) -> Row {
    Row { name, title, must: Some(must), aim, ..row }
}

const fn cost(part: Part, unit: &'static str) -> Row {
    Row { part, unit, ..COST }
}

const fn bounded(row: Row, limit: Limit) -> Row {
    Row { limit, ..row }
}

/// Every row, in the order of the table.
pub const ROWS: [Row; 24] = [
    bounded(
        row(RATE, "streamed_40960", "streamed, 40,960 outstanding", 120_000.0, Some(200_000.0)),
        across(40_960.0),
    ),
    bounded(
        row(RATE, "streamed_4096", "streamed, 4,096 outstanding", 55_000.0, Some(125_000.0)),
        across(4_096.0),
    ),
    bounded(
        row(RATE, "streamed_512", "streamed, 512 outstanding", 20_000.0, Some(70_000.0)),
        across(512.0),
    ),
    bounded(row(RATE, "unary_512", "unary, 512 callers", 12_000.0, Some(40_000.0)), across(512.0)),
    bounded(row(RATE, "unary_64", "unary, 64 callers", 5_000.0, Some(14_000.0)), across(64.0)),
    bounded(
        row(cost(Part::Rate, "ms"), "unary_64_p99", "unary, 64 callers, p99", 40.0, None),
        Limit::Syncs(4.0),
    ),
    bounded(
        row(cost(Part::Rate, "ms"), "unary_1_p50", "unary, 1 caller, p50", 3.0, Some(2.0)),
        Limit::Syncs(4.0),
    ),
    bounded(
        row(cost(Part::Rate, "ms"), "unary_1_p99", "unary, 1 caller, p99", 8.0, None),
        Limit::Syncs(4.0),
    ),
    bounded(
        row(RATE, "on_us", "on-us, streamed, 40,960 outstanding", 150_000.0, Some(300_000.0)),
        Limit::Payments { outstanding: 40_960.0, syncs: 1.0, hops: 2.0 },
    ),
    bounded(
        row(
            cost(Part::Rate, "us"),
            "central_bank_cpu",
            "central bank's CPU per payment",
            6.0,
            Some(3.0),
        ),
        Limit::Ends(5.0),
    ),
    Row {
        better: Better::Higher,
        ..row(
            cost(Part::Compare, "x"),
            "hot_positions",
            "rate, ten hot positions over many",
            0.95,
            Some(1.0),
        )
    },
    row(cost(Part::Compare, "%"), "random_ids", "loss by random (v4) request ids", 20.0, Some(0.0)),
    bounded(
        row(
            cost(Part::Cycle, "ms"),
            "close_cycle",
            "close and settle a cycle of 1 m payments",
            20.0,
            Some(2.0),
        ),
        Limit::Syncs(1.0),
    ),
    row(
        cost(Part::Cycle, "x"),
        "close_stall",
        "longest latency with a close over one without",
        2.0,
        Some(1.0),
    ),
    row(
        cost(Part::Growth, "x"),
        "ten_million_rows",
        "cost at 10 m rows in each file over 1 m",
        1.2,
        Some(1.0),
    ),
    row(cost(Part::Start, "s"), "up", "`up` to eleven ready", 1.0, Some(0.4)),
    row(
        cost(Part::Large, "s"),
        "restart",
        "restart with 1 m wallets and 1 m payments",
        3.0,
        Some(1.0),
    ),
    row(cost(Part::Start, "MB"), "idle_memory", "memory of an idle process", 20.0, None),
    row(cost(Part::Large, "bytes"), "wallet_memory", "memory per wallet", 250.0, None),
    row(cost(Part::Soak, "ms"), "soak_p999", "soak at half the maximum rate, p99.9", 50.0, None),
    Row {
        must: None,
        ..row(cost(Part::Soak, "ms"), "soak_p50", "soak at half the maximum rate, p50", 0.0, None)
    },
    Row {
        must: None,
        ..row(Row { part: Part::Soak, ..RATE }, "soak_rate", "soak, rate held", 0.0, None)
    },
    row(
        cost(Part::Soak, "bytes"),
        "soak_memory",
        "soak, memory growth per payment, all processes",
        0.0,
        None,
    ),
    Row {
        must: None,
        ..row(cost(Part::Large, "bytes"), "payment_memory", "memory per on-us payment", 0.0, None)
    },
];

impl Row {
    /// Whether a value reaches a target.
    pub fn reaches(&self, value: f64, target: f64) -> bool {
        match self.better {
            Better::Higher => value >= target,
            Better::Lower => value <= target,
        }
    }
}
