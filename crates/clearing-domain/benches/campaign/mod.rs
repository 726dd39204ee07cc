//! Registrations and draws at a sponsor's operator.

use std::time::{Duration, Instant};

use clearing_domain::details::Eligibility;
use clearing_domain::money::{
    Amount, BusinessDate, DAY_MS, InterestRate, Prefix, WalletKind, WalletNumber,
};
use clearing_domain::operator::{
    CampaignKind, CampaignOrder, Holder, IdentityHash, LimitSchedule, OperatorLedger,
    OperatorSettings, WalletOrder, commitment,
};
use clearing_domain::{Ledger, Regime};

const SEED: [u8; 32] = [7; 32];
/// Registrations that one message brings.
const BATCH: u64 = 1_000;

/// The time of so many registrations and a draw of so many winners, in batches as they come over
/// the interface.
pub(super) fn register_and_draw(registrations: u64, winners: u32) -> Duration {
    let now = BusinessDate::from_ymd(2020, 10, 9).unwrap().start();
    let mut ledger = OperatorLedger::new(OperatorSettings {
        code: "ICBC".parse().unwrap(),
        prefix: Prefix::new(2).unwrap(),
        regime: Regime::Deposit,
        limits: LimitSchedule::named("2021").unwrap(),
        expiry_ms: 30_000,
        lockstep: None,
        opening_deposits: Amount::from_fen(2_000_000_000).unwrap(),
        interest: InterestRate::ZERO,
        any_pool: false,
    });
    let pool = Amount::from_fen(1_000_000_000).unwrap();
    let sponsor = WalletOrder {
        request_id: None,
        kind: WalletKind::Government,
        class: 1,
        holder: Holder::verified(Some("city")),
        opening: pool,
        content: None,
    };
    let sponsor = ledger.open_wallet(sponsor, now).unwrap();
    let campaign = CampaignOrder {
        request_id: "luohu".parse().unwrap(),
        sponsor,
        title: None,
        kind: CampaignKind::RedPacket,
        face: Amount::from_fen(20_000).unwrap(),
        winners,
        pool,
        eligible: Eligibility::default(),
        register: (now, now.plus_ms(DAY_MS)),
        claim_until: now.plus_ms(2 * DAY_MS),
        valid: (now, now.plus_ms(3 * DAY_MS)),
        commitment: Some(commitment(&SEED)),
        salt: None,
        content: None,
    };
    let campaign = ledger.create_campaign(campaign, now).unwrap();
    let prefix = Prefix::new(3).unwrap();
    let begun = Instant::now();
    for serial in 1..=registrations {
        let wallet = WalletNumber::new(prefix, WalletKind::Personal, serial).unwrap();
        let person = IdentityHash::from_number(serial.wrapping_mul(0x9e37_79b9_7f4a_7c15)).unwrap();
        ledger.register(campaign, (wallet, person), now).unwrap();
        if serial % BATCH == 0 {
            drop(ledger.take_batch());
        }
    }
    ledger.draw(campaign, SEED, now.plus_ms(DAY_MS + 1)).unwrap();
    let took = begun.elapsed();
    assert_eq!(ledger.campaign(campaign).unwrap().won(), winners as usize);
    took
}
