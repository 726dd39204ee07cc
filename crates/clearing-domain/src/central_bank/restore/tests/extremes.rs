//! Every number of every row of a file at the ends of what its column holds.

use crate::central_bank::test_ledger::{TestLedger, code, id, request, settings, yuan};
use crate::central_bank::{
    CentralBankLedger, CentralBankRows, LoadedCentralBank, QueueRule, SettlementMode, Shortfall,
};
use crate::money::DAY_MS;
use crate::netting::{Algorithm, Priority};
use crate::row::TestTables;

use super::test_ledger;

/// A ledger of a cycle that was short, with every operation that callers can ask for, and then a
/// day on which payments wait in a queue.
fn eventful(shortfall: Shortfall) -> TestLedger {
    let mut settings = settings(SettlementMode::DeferredNet(shortfall), 3, Some(2_000));
    settings.operators[0].stock = yuan(50);
    settings.operators[0].reserves = yuan(100);
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 200);
    test.paid(1, 2, 90);
    test.close();
    let (ledger, now) = (&mut test.ledger, test.now);
    ledger.fund(code(1), yuan(70).position(), &request("fund"), now).unwrap();
    ledger.issue(code(1), yuan(30), &request("issue"), now).unwrap();
    ledger.withdraw(code(2), yuan(20), &request("withdraw"), now).unwrap();
    ledger.pledge(code(2), yuan(10).position(), &request("pledge"), now).unwrap();
    ledger.earmark(code(2), yuan(5).position(), &request("earmark"), now).unwrap();
    ledger.set_cap(code(1), Some(yuan(900)), now).unwrap();
    ledger.set_bilateral_limit(code(0), code(1), Some(yuan(800)), now).unwrap();
    ledger.set_receiver_cap(code(1), Some(yuan(700)), now).unwrap();
    ledger.set_active(code(2), false, now).unwrap();
    ledger.set_active(code(2), true, now).unwrap();
    let rule = QueueRule {
        release: Algorithm::BilateralOffset { look_ahead: 3 },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
        ..QueueRule::HYBRID
    };
    ledger.change_mode(SettlementMode::Gross, &request("gross"), now).unwrap();
    ledger.cancel_mode_change(&request("gross"), now).unwrap();
    ledger.change_mode(SettlementMode::Queued(rule), &request("queue"), now).unwrap();
    test.commit();
    test.wait(DAY_MS);
    let waiting = [test.paid(0, 1, 500), test.paid(0, 2, 600)];
    test.ledger.change_priority(id(waiting[1]), Priority::ALL[1], test.now).unwrap();
    test.ledger.cancel_queued(id(waiting[0]), test.now).unwrap();
    test.paid(1, 2, 8);
    test.commit();
    test
}

#[test]
fn every_number_at_the_ends_of_its_column_is_refused_or_found_and_nothing_panics() {
    try_extremes(&test_ledger());
    for shortfall in [Shortfall::Unwind, Shortfall::ProRata, Shortfall::CentralBankCredit] {
        try_extremes(&eventful(shortfall));
    }
}

fn try_extremes(test: &TestLedger) {
    let file = test.rows();
    let mut tables = TestTables::default();
    let Ok(()) = file.rows.write(&mut tables);
    tables.extremes(|mut forged, shown| {
        let Ok(rows) = CentralBankRows::read(&mut forged) else { return };
        let file = LoadedCentralBank { rows, ..file.clone() };
        let settings = test.ledger.settings().clone();
        let Ok(restored) = CentralBankLedger::restore(settings, file) else { return };
        let found = restored.audit(test.seals()).iter().any(|invariant| !invariant.ok);
        assert!(found, "{shown} is seen by nobody");
    });
}
