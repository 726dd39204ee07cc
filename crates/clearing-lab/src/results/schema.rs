//! The columns of the tables a run writes. What they mean is told in `docs/results.md`.

use Kind::{Integer, Operator, Text, Time};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8 text.
    Text,
    /// The code of an operator, or what it is called in its place.
    Operator,
    /// A signed 64-bit integer; money when the name ends with `_fen`.
    Integer,
    /// Milliseconds in UTC.
    Time,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

/// A table with the columns beside those that every row starts with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    pub(super) name: &'static str,
    columns: &'static [Column],
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: true }
}

/// What every row starts with, so that rows of several runs can lie in one table.
pub(super) const STAMP: [Column; 4] = [
    column("run_id", Text),
    column("seed", Integer),
    column("scenario", Text),
    column("algorithm", Text),
];

pub(super) const PAYMENTS: Schema = Schema {
    name: "payments",
    columns: &[
        column("payment_id", Text),
        optional("reference", Text),
        column("payer_operator", Operator),
        column("payee_operator", Operator),
        column("payer_wallet", Text),
        column("payee_wallet", Text),
        column("amount_fen", Integer),
        column("state", Text),
        optional("reason", Text),
        optional("cycle", Integer),
        column("submitted_at", Time),
        optional("admitted_at", Time),
        optional("accepted_at", Time),
        optional("cleared_at", Time),
        optional("settled_at", Time),
    ],
};

pub(super) const CYCLES: Schema = Schema {
    name: "cycles",
    columns: &[
        column("cycle", Integer),
        column("state", Text),
        column("opened_at", Time),
        optional("closed_at", Time),
        column("payments", Integer),
        column("gross_fen", Integer),
        column("net_fen", Integer),
        column("bilateral_net_fen", Integer),
        column("settled_fen", Integer),
        column("carried_fen", Integer),
        column("asked_fen", Integer),
        column("deficiency_fen", Integer),
    ],
};

pub(super) const POSITIONS: Schema = Schema {
    name: "positions",
    columns: &[
        column("cycle", Integer),
        column("operator", Operator),
        column("sent_fen", Integer),
        column("received_fen", Integer),
        column("net_fen", Integer),
        column("brought_fen", Integer),
        column("settled_fen", Integer),
        column("carried_fen", Integer),
        column("claimed_fen", Integer),
        column("peak_net_debit_fen", Integer),
        column("balance_after_fen", Integer),
        column("asked_fen", Integer),
    ],
};

pub(super) const QUEUE: Schema = Schema {
    name: "queue",
    columns: &[
        column("payment_id", Text),
        column("payer_operator", Operator),
        column("payee_operator", Operator),
        column("amount_fen", Integer),
        column("cycle", Integer),
        column("queued_at", Time),
        column("cut_offs_missed", Integer),
        optional("settled_cycle", Integer),
        optional("settled_at", Time),
        optional("ended_at", Time),
        column("state", Text),
        optional("reason", Text),
        column("paid_fen", Integer),
    ],
};

pub(super) const WALLETS: Schema = Schema {
    name: "wallets",
    columns: &[
        column("wallet_number", Text),
        column("operator", Operator),
        column("kind", Text),
        column("class", Integer),
        column("status", Text),
        column("balance_fen", Integer),
        column("in_transit_fen", Integer),
    ],
};

pub(super) const ACCOUNTS: Schema = Schema {
    name: "accounts",
    columns: &[
        column("operator", Operator),
        column("reserves_fen", Integer),
        column("held_fen", Integer),
        column("unsettled_fen", Integer),
        optional("cap_fen", Integer),
        column("most_owed_fen", Integer),
        column("largest_asked_fen", Integer),
        column("sufficient_fen", Integer),
        column("central_bank_credit_drawn_fen", Integer),
        column("central_bank_credit_repaid_fen", Integer),
        column("central_bank_credit_open_fen", Integer),
        column("overdraft_fen", Integer),
        column("claims_held_fen", Integer),
        column("claims_owed_fen", Integer),
        column("loss_fen", Integer),
    ],
};

pub(super) const CLAIMS: Schema = Schema {
    name: "claims",
    columns: &[
        column("kind", Text),
        column("debtor", Operator),
        column("creditor", Operator),
        column("arisen_fen", Integer),
        column("settled_fen", Integer),
        column("open_fen", Integer),
        column("cut_offs", Integer),
    ],
};

/// Every table of a run.
pub(super) const TABLES: [Schema; 7] =
    [PAYMENTS, CYCLES, POSITIONS, QUEUE, WALLETS, ACCOUNTS, CLAIMS];

impl Schema {
    /// All columns in order.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> {
        STAMP.into_iter().chain(self.columns.iter().copied())
    }

    /// The schema in Parquet's own language.
    pub(super) fn message(&self) -> String {
        let field = |column: Column| {
            let repetition = if column.optional { "optional" } else { "required" };
            let (physical, logical) = match column.kind {
                Text | Operator => ("binary", " (STRING)"),
                Integer => ("int64", ""),
                Time => ("int64", " (TIMESTAMP(MILLIS,true))"),
            };
            format!("{repetition} {physical} {}{logical};", column.name)
        };
        let fields: Vec<_> = self.columns().map(field).collect();
        format!("message {} {{ {} }}", self.name, fields.join(" "))
    }
}
