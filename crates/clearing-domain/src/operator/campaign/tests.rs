//! Campaigns at the operator of their sponsor: who may register, win, claim and redeem, each at its
//! edge.

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{Amount, CycleId, DAY_MS, WalletKind, WalletNumber};
use crate::operator::test_ledger::{
    SEED, TestLedger, abroad, elsewhere, id, request, settings, yuan,
};
use crate::operator::{CampaignKind, CampaignOrder, OperatorSettings, RefundOrder};

const DAY: i64 = DAY_MS;

fn strict() -> OperatorSettings {
    OperatorSettings { any_pool: false, ..settings() }
}

/// A ledger with a sponsor of 100 yuan and its campaign.
fn campaign(kind: CampaignKind) -> (TestLedger, WalletNumber, WalletNumber) {
    changed(kind, |order| order)
}

fn changed(
    kind: CampaignKind,
    change: impl FnOnce(CampaignOrder) -> CampaignOrder,
) -> (TestLedger, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(strict());
    let sponsor = test.corporate(100);
    let order = change(test.campaign_order(kind, sponsor));
    let campaign = test.create(order).unwrap();
    (test, sponsor, campaign)
}

fn cleared() -> Outcome {
    Outcome::Cleared(CycleId::new(1))
}

/// A wallet of the other operator.
fn other(serial: u64) -> WalletNumber {
    WalletNumber::new(abroad().prefix(), WalletKind::Personal, serial).unwrap()
}

#[test]
fn a_campaign_has_its_pool_from_the_start_or_is_not_there() {
    let (mut test, sponsor, found) = campaign(CampaignKind::RedPacket);
    assert_eq!((test.balance(sponsor), test.balance(found)), (60, 40));
    let order = test.campaign_order(CampaignKind::RedPacket, sponsor);
    assert_eq!(test.create(order.clone()), Ok(found), "a repeat finds it");
    let named = |name: &str, order: &CampaignOrder| CampaignOrder {
        request_id: name.parse().unwrap(),
        ..order.clone()
    };
    let poor = CampaignOrder { pool: yuan(61), ..named("poor", &order) };
    let wallets = test.ledger.wallets().len();
    assert_eq!(test.create(poor), Err(Reason::InsufficientFunds));
    let personal = test.wallet(1, 100);
    let wrong = CampaignOrder { sponsor: personal, ..named("personal", &order) };
    assert_eq!(test.create(wrong), Err(Reason::KindNotAllowed));
    for (name, wrong) in [
        ("a", CampaignOrder { winners: 0, ..order.clone() }),
        ("b", CampaignOrder { face: yuan(0), ..order.clone() }),
        ("c", CampaignOrder { claim_until: test.now, ..order.clone() }),
        ("d", CampaignOrder { valid: (test.now, test.now), ..order.clone() }),
        ("e", CampaignOrder { kind: CampaignKind::Voucher, ..order.clone() }),
    ] {
        assert!(test.create(named(name, &wrong)).is_err(), "{name}");
    }
    assert_eq!(test.ledger.wallets().len(), wallets + 1, "only the personal wallet came");
    test.check();
}

#[test]
fn a_person_registers_once_whatever_the_wallet_and_until_the_last_moment() {
    let (mut test, _, campaign) = campaign(CampaignKind::RedPacket);
    assert_eq!(test.register(campaign, other(1), 1), Ok(()));
    assert_eq!(test.register(campaign, other(1), 1), Ok(()), "a repeat");
    assert_eq!(test.register(campaign, other(9), 1), Err(Reason::AlreadyRegistered));
    assert_eq!(test.register(campaign, other(1), 9), Err(Reason::AlreadyRegistered));
    assert_eq!(test.register(campaign, elsewhere(), 8), Err(Reason::KindNotAllowed));
    assert_eq!(test.register(elsewhere(), other(2), 2), Err(Reason::CampaignUnknown));
    test.wait(DAY);
    assert_eq!(test.register(campaign, other(2), 2), Ok(()));
    assert_eq!(
        test.ledger.draw(campaign, SEED, test.now).unwrap_err().reason(),
        Reason::RegistrationOpen
    );
    test.wait(1);
    assert_eq!(test.register(campaign, other(3), 3), Err(Reason::RegistrationClosed));
    assert_eq!(test.register(campaign, other(1), 1), Ok(()), "a late repeat");
    assert_eq!(test.ledger.campaign(campaign).unwrap().registered(), 2);
    test.check();
}

#[test]
fn only_winners_claim_once_and_in_time() {
    let (mut test, _, campaign) = campaign(CampaignKind::RedPacket);
    for serial in 1..=5 {
        test.register(campaign, other(serial), serial).unwrap();
    }
    assert_eq!(test.claim(campaign, other(1), 1), Err(Reason::NotDrawn));
    test.wait(DAY + 1);
    let drawn = |test: &mut TestLedger, seed| test.ledger.draw(campaign, seed, test.now);
    assert_eq!(drawn(&mut test, [8; 32]).unwrap_err().reason(), Reason::DrawSeedWrong);
    drawn(&mut test, SEED).unwrap();
    drawn(&mut test, SEED).unwrap();
    test.commit();
    let found = test.ledger.campaign(campaign).unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = (1..=5).partition(|serial| found.has_won(other(*serial)));
    assert_eq!((won.len(), lost.len()), (2, 3));
    assert_eq!(test.claim(campaign, other(lost[0]), lost[0]), Err(Reason::NotWon));
    let first = test.claim(campaign, other(won[0]), won[0]).unwrap();
    assert_eq!(test.claim(campaign, other(won[0]), won[0]), Ok(first), "a repeat");
    let another = test.claim(campaign, other(won[0]), lost[0]);
    assert_eq!(another, Err(Reason::IdentityMismatch), "not the person who has registered");
    assert_eq!(test.balance(campaign), 20);
    // A packet that comes back may be claimed again.
    test.notify_id(first.unwrap(), Side::Payer, Outcome::Refused(Reason::BalanceCap));
    assert_eq!(test.balance(campaign), 40);
    test.wait(DAY - 1);
    let again = test.claim(campaign, other(won[0]), won[0]).unwrap();
    assert_ne!(again, first);
    test.notify_id(again.unwrap(), Side::Payer, cleared());
    test.wait(1);
    assert_eq!(test.claim(campaign, other(won[1]), won[1]), Err(Reason::ClaimClosed));
    test.check();
}

#[test]
fn whoever_claims_first_gets_the_last_packet() {
    let (mut test, _, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    assert!(test.claim(campaign, other(1), 1).is_ok());
    assert_eq!(test.claim(campaign, other(9), 1), Err(Reason::AlreadyRegistered));
    assert!(test.claim(campaign, other(2), 2).is_ok());
    assert_eq!(test.claim(campaign, other(3), 3), Err(Reason::CampaignExhausted));
    assert_eq!(test.balance(campaign), 0);
    test.check();
    // Winners without money wait for the sponsor.
    let (mut test, sponsor, campaign) = changed(CampaignKind::RedPacket, |order| CampaignOrder {
        commitment: None,
        pool: yuan(39),
        ..order
    });
    assert!(test.claim(campaign, other(1), 1).is_ok());
    assert_eq!(test.claim(campaign, other(2), 2), Err(Reason::CampaignExhausted));
    for _ in 0..2 {
        let name = "more".parse().unwrap();
        test.ledger.fund_campaign(campaign, yuan(1), name, test.now).unwrap();
    }
    assert!(test.claim(campaign, other(2), 2).is_ok());
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (60, 0));
    test.check();
}

#[test]
fn nobody_but_a_claim_takes_money_out_of_a_pool() {
    let (mut test, _, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    assert_eq!(test.pay(campaign, other(1), 1), "Rejected CAMPAIGN_WALLET");
    let details = crate::Details { grant: Some(Box::new(test.terms(1))), ..Default::default() };
    let forged = test.order_with(campaign, other(1), 20, details);
    assert_eq!(test.submit(forged), "GRANT_INVALID");
    // Whoever uses the name that the claim will use does not stop it.
    let claimed = crate::money::PaymentId::of_claim(campaign, None, other(1), 0);
    let mut order = test.order(campaign, other(1), 1);
    order.request_id = crate::money::RequestId::Uuid(claimed.0);
    assert_eq!(test.submit(order), "Rejected CAMPAIGN_WALLET");
    assert!(test.claim(campaign, other(1), 1).is_ok());
    assert_eq!(
        test.ledger.close_wallet(campaign, test.now).unwrap_err().reason(),
        Reason::CampaignWallet
    );
    test.check();
}

/// A voucher of 20 yuan from 50 on, claimed by a wallet of the other operator.
fn voucher() -> (TestLedger, WalletNumber, WalletNumber) {
    let (mut test, sponsor, campaign) =
        changed(CampaignKind::Voucher, |order| CampaignOrder { commitment: None, ..order });
    test.claim(campaign, abroad(), 1).unwrap();
    test.said();
    (test, sponsor, campaign)
}

#[test]
fn a_voucher_is_redeemed_once_at_merchants_and_comes_back_with_its_payment() {
    let (mut test, _, campaign) = voucher();
    let merchant = test.merchant();
    assert_eq!((test.balance(campaign), test.ledger.payments().len()), (40, 0));
    test.fund_of(1, (campaign, 19), abroad(), merchant, 50);
    test.fund_of(2, (campaign, 20), other(2), merchant, 50);
    test.fund_of(3, (campaign, 20), abroad(), merchant, 49);
    test.fund_of(4, (campaign, 20), abroad(), elsewhere(), 50);
    assert_eq!(
        test.said(),
        "decline #1 VOUCHER_INVALID; decline #2 VOUCHER_NOT_CLAIMED; decline #3 \
         VOUCHER_INELIGIBLE; decline #4 VOUCHER_INELIGIBLE"
    );
    test.fund_of(5, (campaign, 20), abroad(), merchant, 50);
    test.fund_of(6, (campaign, 20), abroad(), merchant, 50);
    assert_eq!(test.said(), "fund #5; decline #6 VOUCHER_USED");
    test.notify(5, Side::Sponsor, Outcome::Refused(Reason::PayeeFrozen));
    test.wait(3 * DAY);
    test.fund_of(7, (campaign, 20), abroad(), merchant, 50);
    test.notify(7, Side::Sponsor, cleared());
    assert_eq!((test.said().as_str(), test.balance(campaign)), ("fund #7", 20));
    test.check();
}

fn close(test: &mut TestLedger, campaign: WalletNumber, name: &str) -> Result<Amount, Reason> {
    let closed = test.ledger.close_campaign(campaign, name.parse().unwrap(), test.now);
    test.commit();
    closed.map_err(|error| error.reason())
}

#[test]
fn a_voucher_ends_with_its_last_moment_and_the_pool_goes_back_to_the_sponsor() {
    let (mut test, sponsor, campaign) = voucher();
    let merchant = test.merchant();
    assert_eq!(close(&mut test, campaign, "early"), Err(Reason::CampaignOpen));
    test.wait(2 * DAY + 1);
    // What the voucher may still take stays.
    assert_eq!(close(&mut test, campaign, "first"), Ok(yuan(20)));
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (80, 20));
    test.wait(DAY);
    test.fund_of(1, (campaign, 20), abroad(), merchant, 50);
    assert_eq!(test.said(), "decline #1 VOUCHER_NOT_VALID");
    assert_eq!(close(&mut test, campaign, "first"), Ok(yuan(20)), "a repeat");
    // A payment that was submitted in time may ask for its discount until it expires.
    test.wait(29_999);
    assert_eq!(close(&mut test, campaign, "waits"), Ok(yuan(0)));
    assert!(!test.ledger.is_campaign_closed(campaign));
    test.wait(1);
    assert_eq!(close(&mut test, campaign, "last"), Ok(yuan(20)));
    assert!(test.ledger.is_campaign_closed(campaign));
    test.restart();
    test.up();
    assert_eq!(close(&mut test, campaign, "last"), Ok(yuan(20)), "a repeat");
    assert_eq!(close(&mut test, campaign, "again"), Ok(yuan(0)));
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (100, 0));
    test.check();
}

/// The wallet of a sponsor without money, whose campaign of packets is over: one of them is with a
/// wallet elsewhere, the other went back. Answers with the payment of the packet, too.
fn over() -> (TestLedger, WalletNumber, WalletNumber, crate::money::PaymentId) {
    let (mut test, sponsor, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    let packet = test.claim(campaign, abroad(), 1).unwrap().unwrap();
    test.wait(3 * DAY + 1);
    assert_eq!(close(&mut test, campaign, "in-transit"), Ok(yuan(20)));
    assert!(!test.ledger.is_campaign_closed(campaign), "a packet may come back still");
    test.notify_id(packet, Side::Payer, cleared());
    assert_eq!(close(&mut test, campaign, "close"), Ok(yuan(0)));
    assert!(test.ledger.is_campaign_closed(campaign));
    assert_eq!(close(&mut test, campaign, "close"), Ok(yuan(0)), "a repeat");
    (test, sponsor, campaign, packet)
}

fn comes_back(test: &mut TestLedger, number: u8, to: WalletNumber, of: crate::money::PaymentId) {
    let details = crate::Details { refund_of: Some(of), ..Default::default() };
    test.deliver_with(number, to, 5, details.boxed());
}

#[test]
fn what_comes_back_to_a_closed_campaign_goes_on_to_its_sponsor() {
    let (mut test, sponsor, campaign, packet) = over();
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (80, 0));
    test.said();
    comes_back(&mut test, 1, campaign, packet);
    assert_eq!(test.said(), "accept #1");
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (85, 0));
    test.ledger.freeze(sponsor, false, test.now).unwrap();
    test.holding = true;
    comes_back(&mut test, 2, campaign, packet);
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (85, 0), "it waits for cover");
    test.notify(2, Side::Payee, cleared());
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (90, 0));
    // Nothing else gets into it.
    test.deliver(3, campaign, 5);
    assert!(test.said().ends_with("reject #3 PAYEE_CLOSED"));
    assert_eq!(test.ledger.campaign(campaign).unwrap().reclaimed(), yuan(10).into());
    test.restart();
    test.check();
}

#[test]
fn a_sponsor_is_closed_after_its_campaigns_and_takes_nothing_back_then() {
    let (mut test, sponsor, campaign, packet) = over();
    assert_eq!(test.pay(sponsor, abroad(), 80), "InTransit");
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, cleared());
    test.ledger.close_wallet(sponsor, test.now).unwrap();
    test.commit();
    test.said();
    comes_back(&mut test, 1, campaign, packet);
    assert_eq!(test.said(), "reject #1 PAYEE_CLOSED");
    test.check();
}

/// Leaves nothing in the wallet of a sponsor.
fn drain(test: &mut TestLedger, sponsor: WalletNumber, amount: i64) {
    assert_eq!(test.pay(sponsor, abroad(), amount), "InTransit");
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, cleared());
}

fn close_sponsor(test: &mut TestLedger, sponsor: WalletNumber) -> Result<(), Reason> {
    let closed = test.ledger.close_wallet(sponsor, test.now);
    test.commit();
    closed.map_err(|error| error.reason())
}

#[test]
fn a_sponsor_is_not_closed_while_money_waits_for_its_campaigns() {
    let (mut test, sponsor, campaign, packet) = over();
    drain(&mut test, sponsor, 80);
    test.holding = true;
    comes_back(&mut test, 1, campaign, packet);
    assert_eq!(close_sponsor(&mut test, sponsor), Err(Reason::WalletBusy));
    test.notify(1, Side::Payee, cleared());
    assert_eq!((test.balance(sponsor), test.balance(campaign)), (5, 0));
    drain(&mut test, sponsor, 5);
    assert_eq!(close_sponsor(&mut test, sponsor), Ok(()));
    test.check();
}

#[test]
fn a_grant_whose_sponsor_is_closed_stays_in_its_wallet() {
    let (mut test, sponsor, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    let (wallet, merchant) = (test.wallet(1, 100), test.merchant());
    test.claim(campaign, wallet, 1).unwrap();
    assert_eq!(test.pay(wallet, merchant, 20), "Completed");
    let paid = test.last_payment();
    assert_eq!(test.left(wallet), [0]);
    test.wait(3 * DAY + 1);
    assert_eq!(close(&mut test, campaign, "close"), Ok(yuan(20)));
    assert!(test.ledger.is_campaign_closed(campaign));
    drain(&mut test, sponsor, 80);
    assert_eq!(close_sponsor(&mut test, sponsor), Ok(()));
    let refund = RefundOrder {
        id: test.next_id(),
        request_id: request("late"),
        original: paid,
        amount: None,
        remark: None,
    };
    test.ledger.refund(refund, test.now).unwrap();
    test.commit();
    let payments = test.ledger.payments().len();
    test.wait(2 * DAY);
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![20], 120));
    assert_eq!((test.balance(campaign), test.ledger.payments().len()), (0, payments));
    test.check();
}

#[test]
fn an_error_of_a_campaign_names_field_and_value() {
    let (mut test, _, campaign) = campaign(CampaignKind::RedPacket);
    let name = "close".parse().unwrap();
    let early = test.ledger.close_campaign(campaign, name, test.now).unwrap_err();
    assert_eq!(
        early.to_string(),
        format!("campaign_wallet {campaign} is refused: winners may still claim from the campaign")
    );
    let wrong = test.ledger.draw(campaign, [8; 32], test.now).unwrap_err().to_string();
    let hash: String =
        crate::operator::commitment(&[8; 32]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(wrong.starts_with(&format!("seed with the SHA-256 {hash} is refused")), "{wrong}");
    let none = test.claim_error(campaign, other(1), 1).to_string();
    assert!(none.starts_with(&format!("wallet_number {} is refused", other(1))), "{none}");
}

#[test]
fn payer_merchant_and_campaign_of_one_operator_need_nobody_else() {
    let (mut test, _, campaign) = voucher();
    let (payer, merchant) = (test.wallet(1, 100), test.merchant());
    assert_eq!(test.pay_with(payer, merchant, 50, (campaign, 20)), "Rejected VOUCHER_NOT_CLAIMED");
    test.claim(campaign, payer, 2).unwrap();
    assert_eq!(test.pay_with(payer, merchant, 50, (campaign, 20)), "Completed");
    assert_eq!(test.pay_with(payer, merchant, 50, (campaign, 20)), "Rejected VOUCHER_USED");
    let balances = [payer, merchant, campaign].map(|wallet| test.balance(wallet));
    assert_eq!(balances, [70, 50, 20]);
    // The other claim is covered still.
    assert_eq!(
        test.ledger.promised(test.ledger.campaign(campaign).unwrap(), test.now),
        yuan(20).into()
    );
    test.check();
}

#[test]
fn a_restart_finds_every_campaign_as_it_was() {
    let (mut test, _, campaign) = campaign(CampaignKind::RedPacket);
    for serial in 1..=5 {
        test.register(campaign, other(serial), serial).unwrap();
    }
    test.wait(DAY + 1);
    test.ledger.draw(campaign, SEED, test.now).unwrap();
    let before: Vec<_> = (1..=5).map(|serial| has_won(&test, campaign, serial)).collect();
    test.restart();
    let after: Vec<_> = (1..=5).map(|serial| has_won(&test, campaign, serial)).collect();
    assert_eq!(before, after);
    test.up();
    let winner = (1..=5).find(|serial| has_won(&test, campaign, *serial)).unwrap();
    let claim = test.claim(campaign, other(winner), winner);
    test.restart();
    test.up();
    assert_eq!(test.claim(campaign, other(winner), winner), claim);
    let _ = id(1);
    test.check();
}

#[test]
fn a_claim_that_is_refused_again_and_again_comes_to_an_end() {
    let (mut test, _, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    for _ in 0..16 {
        let packet = test.claim(campaign, other(1), 1).unwrap().unwrap();
        test.notify_id(packet, Side::Payer, Outcome::Refused(Reason::BalanceCap));
    }
    assert_eq!(test.claim(campaign, other(1), 1), Err(Reason::RefusedTooOften));
    assert_eq!(test.balance(campaign), 40);
    test.check();
}

/// The id of a claim follows from numbers that anyone knows.
#[test]
fn a_transfer_that_has_the_id_of_a_claim_does_not_become_its_grant() {
    let (mut test, _, campaign) =
        changed(CampaignKind::RedPacket, |order| CampaignOrder { commitment: None, ..order });
    let [victim, winner] = [test.wallet(1, 0), test.wallet(1, 0)];
    let id = crate::money::PaymentId::of_claim(campaign, None, winner, 0);
    let terms = test.terms(1);
    test.deliver_grant(id, victim, 10, terms);
    test.notify_id(id, Side::Payee, cleared());
    assert_ne!(test.claim(campaign, winner, 1), Ok(Some(id)));
    test.wait(4 * DAY);
    test.wait(1);
    assert_eq!([victim, winner].map(|wallet| test.balance(wallet)), [0, 0]);
    test.check();
}

#[test]
fn nobody_uses_up_the_ids_of_a_claim_before_it() {
    let ids = |campaign, wallet| {
        let id_of =
            move |attempt| crate::money::PaymentId::of_claim(campaign, None, wallet, attempt);
        (0..16).map(id_of)
    };
    for (salt, expected) in [(None, Err(Reason::RefusedTooOften)), (Some([9; 32]), Ok(()))] {
        let (mut test, _, campaign) = changed(CampaignKind::RedPacket, |order| CampaignOrder {
            commitment: None,
            salt,
            ..order
        });
        let winner = test.wallet(1, 0);
        let victim = test.wallet(1, 0);
        let terms = test.terms(1);
        for id in ids(campaign, winner) {
            test.deliver_grant(id, victim, 10, terms.clone());
        }
        assert_eq!(test.claim(campaign, winner, 1).map(|_| ()), expected);
        test.restart();
        test.up();
        assert_eq!(test.claim(campaign, winner, 1).map(|_| ()), expected, "a repeat");
        test.check();
    }
}

fn has_won(test: &TestLedger, campaign: WalletNumber, serial: u64) -> bool {
    test.ledger.campaign(campaign).unwrap().has_won(other(serial))
}
