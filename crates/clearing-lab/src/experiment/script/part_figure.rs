//! The figures of parts of an experiment, and of a run up to a day.

use super::figure::{Unit, figures};

figures! {
    /// A figure of a part: of the payments in which its wallets take part.
    PartFigure {
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
        /// What operators owed each other for its payments.
        Gross = "gross", Money;
        /// The net debits of all cycles, were its payments the only ones.
        Net = "net", Money;
        /// What was claimed of its campaigns.
        Granted = "granted", Money;
        /// What was spent of them.
        Spent = "spent", Money;
        /// What payers added of their own.
        Added = "added", Money;
        /// What came back of them.
        Reclaimed = "reclaimed", Money;
        /// What its actions swept to the treasury.
        Treasury = "treasury", Money;
    }
}

figures! {
    /// A figure of an operator, by the payments of a part alone.
    PartOperatorFigure {
        /// What it owed others for them.
        Sent = "sent", Money;
        /// What others owed it for them.
        Received = "received", Money;
        /// Received less sent.
        Net = "net", Money;
        /// The most it owed on balance when a cycle ended.
        PeakNetDebit = "peak_net_debit", Money;
    }
}

figures! {
    /// A figure of a run up to the end of a day.
    ByFigure {
        /// Payments that were submitted by then.
        Payments = "payments", Count;
        /// Those of them whose payee has the money.
        Completed = "completed", Count;
        /// The value of those.
        Value = "value", Money;
    }
}
