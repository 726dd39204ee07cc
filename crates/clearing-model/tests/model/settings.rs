//! The cluster that takes the walks of the model: a yuan is a unit of money.

use clearing_domain::Regime;
use clearing_domain::central_bank::{
    CentralBankSettings, OperatorOpening, SettlementMode, Shortfall,
};
use clearing_domain::money::{
    Amount, BusinessDate, InterestRate, OperatorCode, PaymentId, Prefix, Timestamp,
};
use clearing_domain::operator::{LimitSchedule, OperatorSettings};
use clearing_model::Config;

pub(crate) const EXPIRY_MS: i64 = 30_000;

pub(crate) fn payment(id: usize) -> PaymentId {
    PaymentId([u8::try_from(id).unwrap() + 1; 16])
}

pub(crate) fn bank_settings(config: &Config) -> CentralBankSettings {
    let opening = |number: usize| OperatorOpening {
        code: code(number),
        name: "Bank".into(),
        name_zh: "银行".into(),
        prefix: prefix(number),
        reserves: yuan(100),
        stock: yuan(50),
        cap: config.caps[number].map(|cap| yuan(i64::from(cap))),
        credit: Amount::ZERO,
        guarantees: Default::default(),
        bilateral_limits: Vec::new(),
        receiver_cap: None,
        reserved: Default::default(),
    };
    CentralBankSettings {
        regime: Regime::Cash,
        mode: SettlementMode::DeferredNet(Shortfall::PartialNet),
        cut_offs: CentralBankSettings::equal_cut_offs(1),
        changes: Vec::new(),
        funding_window_ms: 0,
        overdrafts: Default::default(),
        hours: Default::default(),
        haircut_permille: 0,
        lockstep: None,
        operators: (0..config.operators).map(opening).collect(),
    }
}

pub(crate) fn operator_settings(number: usize) -> OperatorSettings {
    OperatorSettings {
        code: code(number),
        prefix: prefix(number),
        regime: Regime::Cash,
        limits: LimitSchedule::named("2021").unwrap(),
        expiry_ms: EXPIRY_MS,
        lockstep: None,
        opening_deposits: yuan(100),
        interest: InterestRate::ZERO,
        any_pool: true,
    }
}

fn code(number: usize) -> OperatorCode {
    format!("OP{number}").parse().unwrap()
}

fn prefix(number: usize) -> Prefix {
    Prefix::new(u16::try_from(number).unwrap() + 2).unwrap()
}

pub(crate) fn yuan(yuan: i64) -> Amount {
    Amount::from_fen(yuan * 100).unwrap()
}

pub(crate) fn noon() -> Timestamp {
    BusinessDate::from_ymd(2022, 8, 24).unwrap().start().plus_ms(12 * 3_600_000)
}
