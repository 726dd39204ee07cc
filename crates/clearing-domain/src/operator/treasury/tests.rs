//! Government wallets are swept into the account of the treasury.

use crate::Regime;
use crate::link::{AdviceEvent, OperationId};
use crate::money::{Position, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, request, settings, yuan};
use crate::operator::{
    Account, EntryKind, Holder, OperatorError, OperatorSettings, Sweep, WalletOrder,
};

fn deposits() -> OperatorSettings {
    OperatorSettings { regime: Regime::Deposit, opening_deposits: yuan(1_000), ..settings() }
}

/// A ledger with a government wallet that holds so much.
fn paid(settings: OperatorSettings, yuan_held: i64) -> (TestLedger, WalletNumber) {
    let mut test = TestLedger::new(settings);
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Government,
        class: 1,
        holder: Holder::verified(Some("tax office")),
        opening: yuan(yuan_held),
        content: None,
    };
    let wallet = test.ledger.open_wallet(order, test.now).unwrap();
    test.commit();
    (test, wallet)
}

fn sweep(
    test: &mut TestLedger,
    wallet: WalletNumber,
    amount: Option<i64>,
    name: &str,
) -> Result<Sweep, &'static str> {
    let swept = test.ledger.sweep(wallet, amount.map(yuan), request(name), test.now);
    test.commit();
    swept.map_err(|error: OperatorError| error.reason().name())
}

fn remitted(test: &mut TestLedger, operation: OperationId, amount: i64) {
    test.advise(AdviceEvent::Remitted { operation, amount: yuan(amount) });
}

#[test]
fn a_sweep_debits_the_wallet_once_and_ends_with_the_advice() {
    for settings in [settings(), deposits()] {
        let (mut test, wallet) = paid(settings, 500);
        if settings.regime == Regime::Deposit {
            let change = Position::from_fen(100_000);
            let operation = OperationId([9; 16]);
            test.advise(AdviceEvent::ReservesChanged { operation, change });
        }
        test.said();
        let first = sweep(&mut test, wallet, None, "s").unwrap();
        assert_eq!((first.amount, first.is_remitted), (yuan(500), false));
        assert_eq!(test.said(), "remit 500");
        assert_eq!(sweep(&mut test, wallet, None, "s"), Ok(first), "a repeat");
        assert_eq!(sweep(&mut test, wallet, Some(499), "s"), Err("REQUEST_ID_REUSED"));
        assert_eq!(test.balance(wallet), 0);
        let waits = if settings.regime == Regime::Cash { 0 } else { 500 };
        assert_eq!(test.account(Account::Remitting), waits);
        test.check();
        remitted(&mut test, first.operation, 500);
        let last = sweep(&mut test, wallet, Some(500), "s").unwrap();
        assert!(last.is_remitted && test.said().is_empty());
        assert_eq!(test.account(Account::Remitting), 0);
        let entry = test.ledger.entries(wallet).next().unwrap();
        assert_eq!((entry.kind, entry.change.fen()), (EntryKind::Swept, -50_000));
        assert_eq!(test.ledger.sweeps().collect::<Vec<_>>(), [last]);
        test.check();
    }
}

#[test]
fn what_is_not_remitted_is_asked_for_again_on_every_link_and_after_a_restart() {
    let (mut test, wallet) = paid(deposits(), 500);
    sweep(&mut test, wallet, Some(200), "s").unwrap();
    let second = sweep(&mut test, wallet, Some(100), "t").unwrap();
    test.said();
    test.restart();
    test.up();
    assert_eq!(test.said(), "register; remit 200; remit 100; that is all");
    assert_eq!(sweep(&mut test, wallet, Some(100), "t"), Ok(second));
    remitted(&mut test, second.operation, 100);
    test.up();
    assert_eq!(test.said(), "register; remit 200; that is all");
    test.check();
}

#[test]
fn only_what_a_government_wallet_holds_is_swept() {
    let (mut test, wallet) = paid(settings(), 500);
    let person = test.wallet(2, 50);
    assert_eq!(sweep(&mut test, person, None, "s"), Err("KIND_NOT_ALLOWED"));
    assert_eq!(sweep(&mut test, wallet, Some(501), "s"), Err("INSUFFICIENT_FUNDS"));
    assert_eq!(sweep(&mut test, wallet, Some(500), "s").unwrap().amount, yuan(500));
    assert_eq!(sweep(&mut test, wallet, None, "t"), Err("AMOUNT_NOT_POSITIVE"));
    test.ledger.freeze(wallet, false, test.now).unwrap();
    assert_eq!(sweep(&mut test, wallet, None, "u"), Err("WALLET_FROZEN"));
    test.check();
}

#[test]
fn nothing_more_is_swept_while_a_thousand_sweeps_wait() {
    let settings = OperatorSettings { opening_deposits: yuan(1_500), ..deposits() };
    let (mut test, wallet) = paid(settings, 1_001);
    let first = sweep(&mut test, wallet, Some(1), "0").unwrap();
    for number in 1..1_000 {
        sweep(&mut test, wallet, Some(1), &number.to_string()).unwrap();
    }
    assert_eq!(sweep(&mut test, wallet, Some(1), "more"), Err("TOO_MANY_REMITTANCES"));
    assert_eq!(sweep(&mut test, wallet, Some(1), "0"), Ok(first), "a repeat");
    assert_eq!(test.balance(wallet), 1);
    test.check();
}
