//! How it ended for what was queued.

use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, CycleState, Transfer, TransferState};
use clearing_domain::money::{CycleId, Position, Timestamp};

use super::settled::Settlement;

/// How it ended for a payment that waited for cover, or an obligation that missed a cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueEnd {
    /// When; `None` while it waits.
    pub(super) at: Option<Timestamp>,
    /// The state as the table has it.
    pub(super) state: &'static str,
    /// Why it was returned.
    pub(super) reason: Option<&'static str>,
}

impl QueueEnd {
    /// The end of a transfer that was queued, by how it settled and what of it was paid, in fen.
    pub(super) fn of(
        ledger: &CentralBankLedger,
        transfer: &Transfer,
        settlement: &Settlement,
        paid: i64,
    ) -> Self {
        let end = |at, state| Self { at, state, reason: None };
        if transfer.state == TransferState::Refused {
            let reason = transfer.reason.map(Reason::name);
            return Self { reason, ..end(transfer.finished_at(), "RETURNED") };
        }
        // Where nothing could be paid pro rata, all of the obligation became a claim.
        let state = if paid > 0 { "PARTLY_PAID" } else { "UNWOUND" };
        match (settlement.settled_at, claimed_at(ledger, transfer.cycle, settlement.missed)) {
            (Some(at), _) => end(Some(at), "COMPLETED"),
            (None, Some(at)) => end(Some(at), state),
            (None, None) => end(None, "WAITING"),
        }
    }
}

/// What was paid of a transfer, in fen: all of it, the part that was paid pro rata, or nothing.
pub(super) fn paid_fen(
    transfer: &Transfer,
    settlement: &Settlement,
    unpaid: Option<&Position>,
) -> i64 {
    match (settlement.settled_at, unpaid) {
        (Some(_), _) => transfer.amount.fen(),
        (None, Some(unpaid)) => (transfer.amount.position() - *unpaid).fen(),
        (None, None) => 0,
    }
}

/// When the last cut-off that an obligation missed made it, or what was not paid of it, a claim
/// between the operators, if it did.
fn claimed_at(
    ledger: &CentralBankLedger,
    cleared: Option<CycleId>,
    missed: u32,
) -> Option<Timestamp> {
    // It missed the cut-off of the cycle it was cleared in and those that follow.
    let place = cleared?.index() + (missed as usize).checked_sub(1)?;
    let cycle = ledger.cycles().get(place)?;
    match cycle.state {
        CycleState::Unwound | CycleState::ProRata => cycle.closed_at,
        CycleState::Open
        | CycleState::Frozen
        | CycleState::Settled
        | CycleState::PartlySettled
        | CycleState::Carried
        | CycleState::LossShared => None,
    }
}

#[cfg(test)]
mod tests {
    use clearing_domain::central_bank::TransferSlot;

    use super::super::indicators::Records;
    use super::super::settled::settlements;
    use super::*;
    use crate::engine::{Ledgers, run, run_until, short_of_cover};
    use crate::experiment::Experiment;

    /// At what time of the day what was queued ended, and how.
    fn ends(ledgers: &Ledgers) -> Vec<(String, &'static str, Option<&'static str>)> {
        let ledger = &ledgers.central_bank;
        let settlements = settlements(ledger);
        let unpaid = ledger.unpaid();
        let rows = ledger.transfers().enumerate().zip(&settlements);
        let end = |((slot, transfer), settlement): ((TransferSlot, &Transfer), &Settlement)| {
            let paid = paid_fen(transfer, settlement, unpaid.get(&slot));
            let QueueEnd { at, state, reason } = QueueEnd::of(ledger, transfer, settlement, paid);
            (at.map(|at| at.to_string()[11..16].to_owned()).unwrap_or_default(), state, reason)
        };
        rows.filter(|(_, settlement): &(_, &Settlement)| settlement.queued_at.is_some())
            .map(end)
            .collect()
    }

    fn ended(
        at: &str,
        state: &'static str,
        reason: Option<&'static str>,
    ) -> (String, &'static str, Option<&'static str>) {
        (at.to_owned(), state, reason)
    }

    #[test]
    fn what_waits_for_cover_is_waiting_until_it_is_cancelled_or_its_day_ends() {
        let at_ten = || run_until(&short_of_cover(), 10 * 60);
        assert_eq!(ends(&at_ten()), [ended("", "WAITING", None), ended("", "WAITING", None)]);
        let mut ledgers = at_ten();
        let first = ledgers.central_bank.queue().next().unwrap().id;
        ledgers.central_bank.cancel_queued(first, Timestamp::ZERO).unwrap();
        assert_eq!(
            ends(&ledgers),
            [ended("10:00", "RETURNED", Some("CANCELLED")), ended("", "WAITING", None)]
        );
        let returned = || ended("00:00", "RETURNED", Some("END_OF_DAY"));
        assert_eq!(ends(&run(&short_of_cover()).unwrap()), [returned(), returned()]);
    }

    #[test]
    fn what_is_carried_over_night_waits_on_and_credit_settles_it_at_midnight() {
        let under = |rule: &str| {
            let rule = format!("cluster.queue_end_of_day={rule}").parse().unwrap();
            Experiment::from_text(&short_of_cover().to_toml(None), &[rule], None).unwrap()
        };
        let waiting = || ended("", "WAITING", None);
        let carried = run(&under("carry")).unwrap();
        assert_eq!(ends(&carried), [waiting(), waiting()]);
        let day_one = under("carry").cluster.lockstep.start.date().start();
        let records =
            Records::new(&carried.central_bank, &settlements(&carried.central_bank), day_one);
        // D has 5 for 35 and 25, which are not settled and not forgotten.
        assert_eq!(records.unsettled(), 6_000);
        let settled = || ended("00:00", "COMPLETED", None);
        let ledgers = run(&under("force-credit")).unwrap();
        assert_eq!(ends(&ledgers), [settled(), settled()]);
        // D has 5 for 35 and 25.
        let overdrafts: Vec<_> =
            ledgers.central_bank.overdrafts().map(|one| one.sum.fen() / 100).collect();
        assert_eq!(overdrafts, [55, 55]);
    }

    #[test]
    fn what_has_times_settles_at_the_earliest_and_is_returned_at_the_latest() {
        let text = short_of_cover().to_toml(None);
        let set = |key: &str| key.parse().unwrap();
        let sets = [
            set("workload.payments.1.earliest='10:30'"),
            set("workload.payments.5.latest='2022-08-24T03:15:00Z'"),
        ];
        let experiment = Experiment::from_text(&text, &sets, None).unwrap();
        let again = Experiment::from_text(&experiment.to_toml(None), &[], None).unwrap();
        assert_eq!(again.workload, experiment.workload);
        let expected = [
            ended("10:30", "COMPLETED", None),
            ended("11:15", "RETURNED", Some("SETTLEMENT_TIME_OVER")),
            ended("00:00", "RETURNED", Some("END_OF_DAY")),
        ];
        assert_eq!(ends(&run(&experiment).unwrap()), expected);
    }

    #[test]
    fn an_obligation_that_misses_a_cut_off_is_waiting_settled_or_unwound() {
        let with = |reserves: u32, payee_of_c: &str, shortfall: &str| {
            let text = include_str!("../../../../experiments/golden-net.toml");
            let reserves = format!("cluster.operators.A.reserves={reserves}");
            let payee_of_c = format!("workload.payments.3.to={payee_of_c}");
            let sets =
                [reserves.as_str(), payee_of_c.as_str(), "cluster.cycles_per_day=2", shortfall];
            let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
            let more = "  { time = \"15:00\", from = \"B\", to = \"A\", value = \"50\" },\n]";
            let text = text.replace("\n]\n", &format!("\n{more}\n"));
            Experiment::from_text(&text.replace("cap = ", "# "), &sets, None).unwrap()
        };
        let of = |shortfall| with(30, "A", shortfall);
        let partial = of("cluster.shortfall=partial-net");
        assert_eq!(ends(&run_until(&partial, 14 * 60)), [ended("", "WAITING", None)]);
        assert_eq!(ends(&run(&partial).unwrap()), [ended("00:00", "COMPLETED", None)]);
        let paid_in_part = ends(&run(&of("cluster.shortfall=pro-rata")).unwrap());
        assert_eq!(
            paid_in_part,
            [ended("12:00", "PARTLY_PAID", None), ended("12:00", "PARTLY_PAID", None)]
        );
        // A has nothing and gets nothing, so it pays nothing.
        let unpaid = ends(&run(&with(0, "B", "cluster.shortfall=pro-rata")).unwrap());
        assert_eq!(unpaid, [ended("12:00", "UNWOUND", None), ended("12:00", "UNWOUND", None)]);
        let unwound = ends(&run(&of("cluster.shortfall=unwind")).unwrap());
        assert!(
            !unwound.is_empty()
                && unwound.iter().all(|end| *end == ended("12:00", "UNWOUND", None)),
            "{unwound:?}"
        );
    }
}
