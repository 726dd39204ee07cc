//! A ledger and what its file says of it.

use std::collections::BTreeSet;

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{Amount, CycleId, DAY_MS, PaymentCode, Position, WalletKind};
use crate::operator::test_ledger::{
    SEED, TestLedger, abroad, bank, elsewhere, request, school, settings, yuan,
};
use crate::operator::{
    BankAccount, CampaignKind, CampaignOrder, ChargeOrder, ClaimedVoucher, ContentMark,
    ContractTerms, EntrySource, FrontEndOrder, Holder, IdentityHash, LoadedOperator,
    OperatorLedger, OperatorRows, PaymentCodeOrder, PaymentRow, RefundOrder, ReleaseRule,
    RestoreError, SubWalletOrder, SubWalletUse, WalletClass, WalletOrder, WalletSlot, WalletStatus,
    code_of_lesson,
};
use crate::region::Region;
use crate::row::{TestTables, check_every_variant};
use crate::seal::Chain;
use crate::slots::Slot;

/// A ledger with rows of every kind.
fn test_ledger() -> TestLedger {
    let mut test = TestLedger::new(settings());
    let [wallet, other] = [test.wallet(4, 1_000), test.wallet(1, 500)];
    test.pay(wallet, abroad(), 10);
    test.pay(wallet, abroad(), 20);
    test.pay(wallet, abroad(), 30);
    test.pay(other, wallet, 40);
    test.pay(other, wallet, 9_999);
    test.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    test.notify(2, Side::Payer, Outcome::Refused(crate::Reason::Expired));
    test.deliver(8, wallet, 1);
    test.deliver(9, wallet, 2);
    test.notify(8, Side::Payee, Outcome::Cleared(CycleId::new(1)));
    test.revoke(7);
    test.ledger.freeze(other, true, test.now).unwrap();
    test.holding = true;
    test.deliver(10, wallet, 3);
    change_in_every_way(&mut test);
    keep_a_family(&mut test);
    bind_front_ends(&mut test);
    sponsor_in_every_way(&mut test);
    test.commit();
    charge_codes(&mut test);
    campaign_in_every_way(&mut test);
    prepay_in_every_way(&mut test);
    test.pay_wages();
    test.lend_in_every_way();
    test.invest_in_every_way();
    test.use_cards_in_every_way();
    bill_in_every_way(&mut test);
    sweep(&mut test);
    test.ledger.list_participants(&[bank("HXB")]);
    test.open_for("other", Some("HXB"), 5).unwrap();
    test
}

/// Contracts with each release rule and each step, and a merchant that is suspended.
fn prepay_in_every_way(test: &mut TestLedger) {
    let payer = test.wallet(1, 100);
    let terms = test.contract_terms(payer, school());
    let by_merchant = ReleaseRule::ByMerchant { dispute_ms: 1_000 };
    let codes = code_of_lesson([9; 32], 3, 0);
    let asked = test.contract(ContractTerms { release: by_merchant, ..terms });
    test.contract(ContractTerms { release: ReleaseRule::ByCode { codes }, ..terms });
    let released = test.contract(terms);
    test.ask(asked, 1, None).unwrap();
    test.ledger.dispute_lesson(asked, 1, test.now).unwrap();
    let payment = test.release(released, 1).unwrap();
    test.end(payment, true);
    test.ledger.refund_contract(released, test.now).unwrap();
    let short = ContractTerms { expires_at: test.now.plus_ms(1), ..terms };
    test.contract(short);
    test.wait(2);
    test.ledger.suspend_merchant(school(), true, test.now).unwrap();
    test.commit();
}

/// A code for a front-end that is not used, and one that is.
fn charge_codes(test: &mut TestLedger) {
    let [payer, payee] = [test.wallet(1, 100), test.corporate(0)];
    let bound = test
        .ledger
        .wallets()
        .iter()
        .find(|wallet| test.ledger.front_ends_of(wallet.number).next().is_some());
    let shown = bound.unwrap().number;
    let codes = [1, 2].map(|random| PaymentCode::new(settings().prefix, random).unwrap());
    for (code, wallet, front_end) in [(codes[0], shown, Some("Bank")), (codes[1], payer, None)] {
        let front_end = front_end.map(Into::into);
        let order = PaymentCodeOrder { code, wallet, amount: Some(yuan(5)), front_end };
        test.ledger.create_payment_code(order, test.now).unwrap();
    }
    let content = ContentMark::from_number(1).unwrap();
    let (id, code, amount) = (test.next_id(), codes[1], yuan(5));
    let order = ChargeOrder { id, code, payee, amount, content, merchant: None };
    test.ledger.charge_payment_code(order, test.now).unwrap();
    test.commit();
}

/// A government wallet that was swept, for which the treasury is not paid yet.
fn sweep(test: &mut TestLedger) {
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Government,
        class: 1,
        holder: Holder::verified(Some("tax office")),
        opening: yuan(7),
        content: None,
    };
    let office = test.ledger.open_wallet(order, test.now).unwrap();
    test.ledger.sweep(office, Some(yuan(4)), request("sweep"), test.now).unwrap();
    test.commit();
}

/// A draw with a packet that is claimed, a voucher, and a grant that is spent.
fn campaign_in_every_way(test: &mut TestLedger) {
    let (sponsor, wallet, merchant) = (test.corporate(200), test.wallet(1, 0), test.merchant());
    let packets = test.campaign_order(CampaignKind::RedPacket, sponsor);
    let campaign = test.create(packets).unwrap();
    test.register(campaign, wallet, 1).unwrap();
    let vouchers = CampaignOrder {
        request_id: request("vouchers"),
        commitment: None,
        salt: None,
        ..test.campaign_order(CampaignKind::Voucher, sponsor)
    };
    let vouchers = test.create(vouchers).unwrap();
    test.claim(vouchers, abroad(), 2).unwrap();
    test.wait(DAY_MS + 1);
    test.ledger.draw(campaign, SEED, test.now).unwrap();
    assert!(test.claim(campaign, wallet, 1).unwrap().is_some());
    assert_eq!(test.pay(wallet, merchant, 5), "Completed");
}

/// Discounts that end in each way, one that is held, and a payment of which both parts are.
fn sponsor_in_every_way(test: &mut TestLedger) {
    let (payer, pool) = (test.wallet(1, 100), test.wallet(1, 100));
    (20..23).for_each(|number| test.fund(number, pool, 9));
    test.fund(23, pool, 99);
    test.notify(21, Side::Sponsor, Outcome::Cleared(CycleId::new(1)));
    test.notify(22, Side::Sponsor, Outcome::Refused(crate::Reason::Expired));
    test.pay_with(payer, abroad(), 20, (pool, 5));
    test.notify(6, Side::Payer, Outcome::Refused(crate::Reason::Expired));
    let claimed = ClaimedVoucher {
        wallet: payer,
        campaign: elsewhere(),
        face: yuan(5),
        valid: (test.now, test.now),
    };
    test.ledger.hold_voucher(claimed, test.now).unwrap();
    test.pay_with(payer, pool, 20, (elsewhere(), 5));
    test.notify(7, Side::Payer, Outcome::Cleared(CycleId::new(1)));
}

/// A bill that is paid, a part of which is given back, and one that is taken back.
fn bill_in_every_way(test: &mut TestLedger) {
    let [payer, biller] = [test.wallet(1, 100), test.corporate(0)];
    test.bill(biller, "A", 50);
    test.bill(biller, "B", 50);
    assert_eq!(test.pay_bill(payer, biller, "A", 50), "Completed");
    let refund = RefundOrder {
        id: test.next_id(),
        request_id: request("refund"),
        original: test.last_payment(),
        amount: Some(yuan(20)),
        remark: None,
    };
    test.ledger.refund(refund, test.now).unwrap();
    test.ledger.cancel_bill(biller, "B".parse().unwrap(), test.now).unwrap();
    test.commit();
}

/// Everything that can become of a wallet, to the end.
fn change_in_every_way(test: &mut TestLedger) {
    let (wallet, now) = (test.wallet(3, 0), test.now);
    test.refill(wallet, yuan(5));
    let ledger = &mut test.ledger;
    ledger.exchange_back(wallet, yuan(5), request("back"), now).unwrap();
    ledger.freeze(wallet, false, now).unwrap();
    ledger.unfreeze(wallet, now).unwrap();
    let account = BankAccount::of(&Default::default(), "62220045").unwrap();
    ledger.link_bank_account(wallet, account, now).unwrap();
    ledger.unlink_bank_account(wallet, account, now).unwrap();
    ledger.upgrade(wallet, 1, &Holder::verified(None), now).unwrap();
    ledger.close_wallet(wallet, now).unwrap();
    ledger.aliases_given_up(wallet, now);
}

/// A restricted sub-wallet whose money comes and goes.
fn keep_a_family(test: &mut TestLedger) {
    let (parent, now) = (test.wallet(2, 50), test.now);
    let order = SubWalletOrder {
        request_id: Some(request("sub")),
        parent,
        used_for: SubWalletUse::Ordinary,
        single: Some(yuan(20)),
        daily: None,
        payees: Some([abroad()].into_iter().collect()),
        platform: Some("canteen".into()),
        content: None,
    };
    let ledger = &mut test.ledger;
    let child = ledger.open_sub_wallet(order, now).unwrap();
    ledger.load_sub_wallet(child, yuan(30), request("load"), now).unwrap();
    ledger.pool_sub_wallet(child, Some(yuan(10)), request("pool"), now).unwrap();
    ledger.pool_sub_wallet(child, None, request("rest"), now).unwrap();
    ledger.load_sub_wallet(child, yuan(5), request("again"), now).unwrap();
    ledger.allow_payees(child, &BTreeSet::new(), &[abroad()].into_iter().collect(), now).unwrap();
}

/// A wallet that a front-end showed for a while.
fn bind_front_ends(test: &mut TestLedger) {
    let person = Holder {
        phone_hash: Some([1; 16]),
        identity_hash: IdentityHash::from_number(1),
        ..Holder::verified(None)
    };
    let order = WalletOrder {
        request_id: None,
        kind: WalletKind::Personal,
        class: 3,
        holder: person,
        opening: yuan(0),
        content: None,
    };
    let wallet = test.ledger.open_wallet(order, test.now).unwrap();
    let front_end: Box<str> = "WeChat Pay".into();
    let order = FrontEndOrder {
        wallet,
        front_end: front_end.clone(),
        phone_hash: [1; 16],
        identity_hash: IdentityHash::from_number(1).unwrap(),
        region: Region::Shenzhen,
    };
    test.ledger.bind_front_end(order.clone(), test.now).unwrap();
    test.ledger
        .bind_front_end(FrontEndOrder { front_end: "Bank".into(), ..order }, test.now)
        .unwrap();
    test.ledger.unbind_front_end(wallet, front_end, test.now).unwrap();
}

#[test]
fn the_test_ledger_has_rows_of_every_kind() {
    let mut rows = test_ledger().stored().rows;
    // Only deposits earn interest.
    rows.interest = TestLedger::with_interest().stored().rows.interest;
    let mut tables = TestTables::default();
    let Ok(()) = rows.write(&mut tables);
    tables.check_every_kind();
    check_every_variant(rows.events.iter().map(|row| row.change));
    check_every_variant(rows.payments.iter().map(|row| row.taken));
    check_every_variant(rows.inbound.iter().map(|row| row.decided));
    check_every_variant(rows.outcomes.iter().map(|row| row.end));
    check_every_variant(rows.fundings.iter().map(|row| row.answered));
    check_every_variant(rows.card_vouchers.iter().map(|row| row.ruling));
}

#[test]
fn a_restored_ledger_is_the_one_that_was_stored() {
    let mut test = test_ledger();
    let state = |ledger: &OperatorLedger| {
        let wallets: Vec<_> = ledger.wallets().iter().map(|wallet| format!("{wallet:?}")).collect();
        let (payments, inbound) = (ledger.payments().to_vec(), ledger.inbound().to_vec());
        (wallets, payments, inbound, ledger.fundings().to_vec(), ledger.accounts().clone())
    };
    let before = state(&test.ledger);
    test.restart();
    assert_eq!(state(&test.ledger), before);
    test.said();
    test.up();
    assert_eq!(
        test.said(),
        "register; accept #9; accept #10; fund #20; instruct #3; remit 4; that is all"
    );
    test.check();
}

#[track_caller]
fn check(change: impl FnOnce(&mut LoadedOperator), expected: &str) {
    let test = test_ledger();
    let mut stored = test.stored();
    change(&mut stored);
    let restored = OperatorLedger::restore(*test.ledger.settings(), stored);
    assert_eq!(restored.err().map(|error| error.to_string()).as_deref(), Some(expected));
}

#[test]
fn an_amount_that_no_request_may_have_is_refused_before_it_is_added_up() {
    let most = || Amount::from_sum(Position::from_fen(i64::MAX)).unwrap();
    let expected = |row: u64| {
        format!("row {row} moves 92233720368547758.07 yuan, more than a ledger moves at once")
    };
    let rows = test_ledger().stored().rows;
    check(|stored| stored.rows.payments[0].amount = most(), &expected(rows.payments[0].row));
    let delivered = 0;
    check(
        |stored| stored.rows.inbound[delivered].delivered.as_mut().unwrap().amount = most(),
        &expected(rows.inbound[delivered].row),
    );
}

#[test]
fn rows_that_cannot_be_a_history_are_refused() {
    let [first, second] = [0, 1].map(|slot| {
        let test = test_ledger();
        let wallet = &test.ledger.wallets()[WalletSlot::from_number(slot)];
        (wallet.number, wallet.holder.clone())
    });
    check(|stored| stored.rows.payments.truncate(4), "row 10 follows row 8");
    check(
        |stored| stored.rows.outcomes[0].of = 1,
        "row 10 is the outcome of row 1, which is not in flight",
    );
    check(
        |stored| stored.rows.payments[0].amount = yuan(1_001),
        "row 5 leaves wallet 0011000000000015 with -1.00 yuan",
    );
    check(
        |stored| stored.rows.events[1].wallet = abroad(),
        "row 2 names wallet 0021000000000013, which was never opened",
    );
    check(
        |stored| stored.rows.inbound[0].delivered = None,
        "row 12 accepts what was never delivered",
    );
    check(
        |stored| stored.rows.sub_wallets[0].parent = abroad(),
        "row 31 names wallet 0021000000000013, which was never opened",
    );
    check(
        |stored| stored.rows.payees[1].payee = first.0,
        "row 37 takes wallet 0011000000000056 for a sub-wallet, which it is not or cannot be",
    );
    check(
        |stored| stored.rows.front_ends[0].region = None,
        "row 39 binds wallet 0011000000000064 to a front-end, or ends that, where it is so already",
    );
    check(
        |stored| stored.link.queued.insert(5),
        "row 5 is recorded as waiting for cover, but is no payment in transit",
    );
    check(
        |stored| {
            stored.holders = [first.clone(), (abroad(), second.1.clone())].into_iter().collect()
        },
        "row 3 names wallet 0011000000000023, which was never opened",
    );
    check(
        |stored| stored.holders.push(abroad(), Holder::default()),
        "wallet 0021000000000013 is kept, but no row opened it",
    );
}

#[test]
fn rows_that_pay_a_bill_twice_or_give_back_too_much_are_refused() {
    let rows = test_ledger().stored().rows;
    let [.., bill, refund] = &rows.payments[..] else { panic!("there are two payments at least") };
    let (last, row) = (rows.payments.len() - 1, refund.row);
    check(
        |stored| stored.rows.payments[last].amount = yuan(51),
        &format!("row {row} is refused: {}", Reason::RefundExceeds.meaning()),
    );
    check(
        |stored| stored.rows.payments[last].details = bill.details.clone(),
        &format!("row {row} is refused: {}", Reason::BillUnknown.meaning()),
    );
    check(
        |stored| stored.rows.cancelled_bills[0].reference = "A".parse().unwrap(),
        &format!("row {} is refused: {}", rows.cancelled_bills[0].row, Reason::BillPaid.meaning()),
    );
    check(
        |stored| stored.rows.bills[1].reference = "A".parse().unwrap(),
        &format!("row {} is refused: {}", rows.bills[1].row, Reason::BillTaken.meaning()),
    );
}

#[test]
fn rows_that_make_a_code_twice_or_use_it_otherwise_than_it_allows_are_refused() {
    let rows = test_ledger().stored().rows;
    let [unused, used] = &rows.payment_codes[..] else { panic!("there are two codes") };
    let by_code = |row: &PaymentRow| row.request_id == used.code.request_id();
    let last = rows.payments.iter().position(by_code).unwrap();
    let expected = |row: u64, code| {
        Some(format!("row {row} makes or uses payment code {code}, which cannot be"))
    };
    let expected_use = expected(rows.payments[last].row, used.code).unwrap();
    let of_other = expected(rows.payments[last].row, unused.code).unwrap();
    let foreign = PaymentCode::new(abroad().prefix(), 2).unwrap();
    check(
        |stored| stored.rows.payment_codes[1].code = unused.code,
        &expected(used.row, unused.code).unwrap(),
    );
    check(
        |stored| stored.rows.payment_codes[1].code = foreign,
        &expected(used.row, foreign).unwrap(),
    );
    check(|stored| stored.rows.payment_codes[1].amount = Some(yuan(6)), &expected_use);
    check(|stored| stored.rows.payment_codes[1].wallet = unused.wallet, &expected_use);
    check(
        |stored| stored.rows.payment_codes[1].at = used.at.plus_ms(-crate::operator::VALID_MS - 1),
        &expected_use,
    );
    check(|stored| stored.rows.payments[last].request_id = unused.code.request_id(), &of_other);
}

#[test]
fn every_number_at_the_ends_of_its_column_is_refused_or_found_and_nothing_panics() {
    let test = test_ledger();
    let mut tables = TestTables::default();
    let Ok(()) = test.stored().rows.write(&mut tables);
    tables.extremes(|mut forged, shown| {
        let Ok(rows) = OperatorRows::read(&mut forged) else { return };
        let stored = LoadedOperator { rows, ..test.stored() };
        let restored = OperatorLedger::restore(*test.ledger.settings(), stored);
        let Ok(restored) = restored else { return };
        let found = restored.audit(test.seals()).iter().any(|invariant| !invariant.ok);
        assert!(found, "{shown} is seen by nobody");
    });
}

#[test]
fn a_row_of_a_voucher_that_cannot_be_is_refused() {
    let rows = test_ledger().stored().rows;
    let with = rows.payments.iter().position(|row| row.details.is_some()).unwrap();
    let forged = |change: fn(&mut crate::details::Voucher, &crate::operator::PaymentRow)| {
        move |stored: &mut LoadedOperator| {
            let row = stored.rows.payments[with].clone();
            let details = stored.rows.payments[with].details.as_mut().unwrap();
            change(details.voucher.as_mut().unwrap(), &row);
        }
    };
    let expected = format!("row {} has a voucher that cannot be", rows.payments[with].row);
    check(forged(|voucher, row| voucher.discount = row.amount), &expected);
    check(forged(|voucher, row| voucher.campaign = row.payer), &expected);
    let held = rows.fundings[0];
    let expected =
        format!("row {} names wallet 0021000000000013, which was never opened", held.row);
    check(|stored| stored.rows.fundings[0].campaign = abroad(), &expected);
    let expected = format!("row {} leaves wallet {} with -1.00 yuan", held.row, held.campaign);
    check(|stored| stored.rows.fundings[0].discount = yuan(101), &expected);
}

#[test]
fn a_forged_balance_is_found_by_the_audit() {
    let test = test_ledger();
    let mut stored = test.stored();
    stored.accounts.iter_mut().for_each(|(_, balance)| *balance += Position::from_fen(1));
    let restored = OperatorLedger::restore(*test.ledger.settings(), stored).unwrap();
    let broken = restored.audit(test.seals()).into_iter().filter(|invariant| !invariant.ok).count();
    assert!(broken > 3, "only {broken} are broken");
}

#[test]
fn a_wallet_that_is_not_what_its_rows_say_is_found_by_the_audit() {
    let wallet = WalletSlot::from_number(0);
    let check = |change: fn(&mut OperatorLedger, WalletSlot)| {
        let mut test = test_ledger();
        let recount = |ledger: &OperatorLedger| ledger.check_wallets();
        assert!(recount(&test.ledger).ok, "{:?}", recount(&test.ledger));
        change(&mut test.ledger, wallet);
        let found = recount(&test.ledger);
        assert!(!found.ok && found.detail.contains("1 differ: 0011000000000015"), "{found:?}");
    };
    check(|ledger, wallet| ledger.wallets.enter_transit(wallet, yuan(1)));
    check(|ledger, wallet| ledger.wallets.set_class(wallet, WalletClass::new(1).unwrap()));
    check(|ledger, wallet| ledger.wallets.set_status(wallet, WalletStatus::ReceiveOnly));
    check(|ledger, wallet| {
        let source = EntrySource::Event(ledger.wallets[wallet].opened);
        ledger.wallets.credit(wallet, yuan(1), source);
    });
    check(|ledger, wallet| {
        let day = ledger.wallets[wallet].day;
        ledger.wallets.consume_limits(wallet, yuan(1), day);
    });
}

#[test]
fn a_changed_row_breaks_the_chain() {
    let test = test_ledger();
    let mut stored = test.stored();
    stored.rows.payments[0].remark = Some("x".into());
    let restored = OperatorLedger::restore(*test.ledger.settings(), stored).unwrap();
    let broken: Vec<_> =
        restored.audit(test.seals()).into_iter().filter(|invariant| !invariant.ok).collect();
    assert_eq!(broken.iter().map(|invariant| invariant.name).collect::<Vec<_>>(), ["hash chain"]);
}

#[test]
fn an_empty_file_is_an_empty_ledger() {
    let restored = OperatorLedger::restore(settings(), LoadedOperator::default()).unwrap();
    assert_eq!((restored.chain(), restored.wallets().len()), (Chain::default(), 0));
    assert_eq!(RestoreError::Order { previous: 1, found: 3 }.to_string(), "row 3 follows row 1");
}
