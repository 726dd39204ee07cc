//! The clusters under test.

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::central_bank::{
    CentralBankSettings, EndOfDay, ModeChange, OperatorOpening, QueueRule, SettlementMode,
};
use clearing_domain::money::{
    Amount, BusinessDate, InterestRate, OperatorCode, Prefix, RequestId, Timestamp, WalletKind,
};
use clearing_domain::operator::{Holder, LimitSchedule, OperatorSettings, WalletOrder};

use crate::world::World;

/// A cluster; every operator opens with the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) operators: usize,
    pub(crate) regime: Regime,
    pub(crate) mode: SettlementMode,
    pub(crate) lockstep: bool,
    /// In yuan.
    pub(crate) reserves: i64,
    pub(crate) stock: i64,
    pub(crate) cap: Option<i64>,
    /// The mode from midnight on, when it is another.
    pub(crate) then: Option<SettlementMode>,
    /// How long a cycle that is not covered waits for money.
    pub(crate) funding_window_ms: i64,
    /// What operators pay each other, and receive from all, at most on a day.
    pub(crate) limit: Option<i64>,
}

/// The wallets of every operator: two without limits and one that soon is full.
const WALLETS: [(u8, i64); 3] = [(1, 5_000), (1, 3_000), (4, 9_500)];

impl Config {
    /// Four minutes to midnight, so that a run sees the end of a day.
    pub(crate) fn start(&self) -> Timestamp {
        let day = BusinessDate::from_ymd(2022, 8, 24).unwrap();
        if self.lockstep { day.start() } else { day.next().start().plus_ms(-240_000) }
    }

    /// Whether payments may wait for cover until the day ends.
    pub(crate) fn queues(&self) -> bool {
        [Some(self.mode), self.then]
            .into_iter()
            .flatten()
            .any(|mode| matches!(mode, SettlementMode::Queued(_)))
    }

    /// Whether they may wait on over night.
    pub(crate) fn carries(&self) -> bool {
        matches!(self.mode, SettlementMode::Queued(QueueRule { end_of_day: EndOfDay::Carry, .. }))
    }

    pub(crate) fn lockstep(&self) -> Option<Lockstep> {
        self.lockstep.then(|| Lockstep { start: self.start(), tick_ms: 60_000 })
    }

    pub(crate) fn bank(&self) -> CentralBankSettings {
        CentralBankSettings {
            regime: self.regime,
            mode: self.mode,
            cut_offs: CentralBankSettings::equal_cut_offs(96),
            changes: self
                .then
                .into_iter()
                .map(|mode| ModeChange { from: self.midnight(), mode })
                .collect(),
            funding_window_ms: self.funding_window_ms,
            overdrafts: Default::default(),
            hours: Default::default(),
            haircut_permille: 0,
            lockstep: self.lockstep(),
            operators: (0..self.operators).map(|number| self.opening(number)).collect(),
        }
    }

    fn midnight(&self) -> Timestamp {
        self.start().date().next().start()
    }

    fn opening(&self, number: usize) -> OperatorOpening {
        OperatorOpening {
            code: code(number),
            name: "Bank".into(),
            name_zh: "银行".into(),
            prefix: prefix(number),
            reserves: yuan(self.reserves),
            stock: yuan(self.stock),
            cap: self.cap.map(yuan),
            credit: Amount::ZERO,
            guarantees: Default::default(),
            bilateral_limits: self.limits(number),
            receiver_cap: self.limit.map(yuan),
            reserved: Default::default(),
        }
    }

    fn limits(&self, payer: usize) -> Vec<(OperatorCode, Amount)> {
        let others = (0..self.operators).filter(|payee| *payee != payer);
        others.filter_map(|payee| Some((code(payee), yuan(self.limit?)))).collect()
    }

    pub(crate) fn operator(&self, number: usize) -> OperatorSettings {
        OperatorSettings {
            code: code(number),
            prefix: prefix(number),
            regime: self.regime,
            limits: LimitSchedule::named("2021").unwrap(),
            expiry_ms: if self.lockstep { 120_000 } else { 30_000 },
            lockstep: self.lockstep(),
            opening_deposits: yuan(100_000),
            interest: InterestRate::ZERO,
            any_pool: true,
        }
    }

    /// Opens the wallets of an operator; its stock must have come.
    pub(crate) fn open_wallets(&self, world: &mut World, number: usize) {
        let now = world.now;
        for (index, (class, opening)) in WALLETS.into_iter().enumerate() {
            let order = WalletOrder {
                request_id: Some(RequestId::Text(format!("open-{index}").into())),
                kind: WalletKind::Personal,
                class,
                holder: Holder::verified(None),
                opening: yuan(opening),
                content: None,
            };
            let wallet = world.operators[number].ledger.open_wallet(order, now).unwrap();
            world.operators[number].wallets.push(wallet);
        }
        world.commit_operator(number, true);
    }
}

pub(crate) fn code(number: usize) -> OperatorCode {
    format!("OP{number}").parse().unwrap()
}

fn prefix(number: usize) -> Prefix {
    Prefix::new(u16::try_from(number).unwrap() + 2).unwrap()
}

pub(crate) fn yuan(yuan: i64) -> Amount {
    Amount::from_fen(yuan * 100).unwrap()
}
