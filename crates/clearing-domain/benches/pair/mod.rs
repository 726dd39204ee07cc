//! Two operators and the central bank in memory, with messages handed over at once.

use std::collections::VecDeque;

use clearing_domain::Ledger as _;
use clearing_domain::Regime;
use clearing_domain::central_bank::{
    CentralBankLedger, CentralBankSettings, OperatorOpening, SettlementMode, Shortfall,
};
use clearing_domain::link::{CentralBankMessage, OperatorMessage};
use clearing_domain::money::{
    Amount, BusinessDate, InterestRate, OperatorCode, OperatorNumber, PaymentId, Prefix, RequestId,
    Timestamp, WalletKind, WalletNumber,
};
use clearing_domain::operator::{
    Holder, LimitSchedule, OperatorLedger, OperatorSettings, PaymentOrder, WalletOrder,
};

/// A payer at the first operator, a payee at the second.
pub(crate) struct Pair {
    central_bank: CentralBankLedger,
    operators: [OperatorLedger; 2],
    /// What the central bank said and the operators have not heard.
    to_operators: VecDeque<(OperatorNumber, CentralBankMessage)>,
    to_central_bank: VecDeque<(OperatorNumber, OperatorMessage)>,
    wallets: [WalletNumber; 2],
    now: Timestamp,
    payments: u64,
}

fn code(number: u16) -> OperatorCode {
    ["A", "B"][usize::from(number)].parse().unwrap()
}

fn prefix(number: u16) -> Prefix {
    Prefix::new(number + 1).unwrap()
}

fn yuan(yuan: i64) -> Amount {
    Amount::from_fen(yuan * 100).unwrap()
}

fn central_bank_settings() -> CentralBankSettings {
    let operator = |number| OperatorOpening {
        code: code(number),
        name: "bank".into(),
        name_zh: "bank".into(),
        prefix: prefix(number),
        reserves: yuan(2_000_000_000),
        stock: yuan(1_000_000_000),
        cap: None,
        credit: Amount::ZERO,
        guarantees: Default::default(),
        bilateral_limits: Vec::new(),
        receiver_cap: None,
        reserved: Default::default(),
    };
    CentralBankSettings {
        regime: Regime::Cash,
        mode: SettlementMode::DeferredNet(Shortfall::PartialNet),
        cut_offs: CentralBankSettings::equal_cut_offs(4),
        changes: Vec::new(),
        funding_window_ms: 0,
        overdrafts: Default::default(),
        hours: Default::default(),
        haircut_permille: 0,
        lockstep: None,
        operators: vec![operator(0), operator(1)],
    }
}

fn operator_settings(number: u16) -> OperatorSettings {
    OperatorSettings {
        code: code(number),
        prefix: prefix(number),
        regime: Regime::Cash,
        limits: LimitSchedule::named("2021").unwrap(),
        expiry_ms: 30_000,
        lockstep: None,
        opening_deposits: Amount::ZERO,
        interest: InterestRate::ZERO,
        any_pool: false,
    }
}

impl Pair {
    /// Linked, with a funded wallet at each operator.
    pub(crate) fn new() -> Self {
        let now = BusinessDate::from_ymd(2022, 8, 24).unwrap().start().plus_ms(3_600_000);
        let mut operators = [0, 1].map(|number| OperatorLedger::new(operator_settings(number)));
        operators.iter_mut().for_each(OperatorLedger::link_up);
        let nobody = WalletNumber::new(prefix(0), WalletKind::Personal, 1).unwrap();
        let mut pair = Self {
            central_bank: CentralBankLedger::new(central_bank_settings(), now),
            operators,
            to_operators: VecDeque::new(),
            to_central_bank: VecDeque::new(),
            wallets: [nobody; 2],
            now,
            payments: 0,
        };
        pair.exchange();
        for number in 0..2 {
            let order = WalletOrder {
                request_id: None,
                kind: WalletKind::Personal,
                class: 1,
                holder: Holder::verified(None),
                opening: yuan(100_000_000),
                content: None,
            };
            pair.wallets[number] = pair.operators[number].open_wallet(order, now).unwrap();
        }
        pair.exchange();
        pair
    }

    /// Pays one fen so many times and hears the outcomes.
    pub(crate) fn pay(&mut self, count: u64) {
        for _ in 0..count {
            self.payments += 1;
            let mut id = [0; 16];
            id[8..].copy_from_slice(&self.payments.to_be_bytes());
            let order = PaymentOrder {
                id: PaymentId(id),
                request_id: RequestId::Uuid(id),
                payer: self.wallets[0],
                payee: Ok(self.wallets[1]),
                alias: None,
                amount: Ok(Amount::from_fen(1).unwrap()),
                remark: None,
                details: None,
            };
            self.operators[0].pay(order, self.now).unwrap();
        }
        self.exchange();
    }

    /// Payments that the payer's operator knows to be final.
    pub(crate) fn completed(&self) -> u64 {
        self.operators[0].payments().iter().filter(|payment| payment.state.is_final()).count()
            as u64
    }

    /// Takes batches and hands messages over until nobody has anything to say.
    fn exchange(&mut self) {
        loop {
            for (number, operator) in self.operators.iter_mut().enumerate() {
                let (_, effects) = operator.take_batch();
                self.to_central_bank.extend(
                    effects
                        .messages
                        .into_iter()
                        .map(|message| (OperatorNumber::at(number), message)),
                );
            }
            while let Some((number, message)) = self.to_central_bank.pop_front() {
                match &message.registration {
                    Some(registration) => {
                        self.central_bank
                            .register(
                                message.place,
                                registration,
                                Some(registration.central_bank_head),
                                self.now,
                            )
                            .unwrap();
                    }
                    None => self.central_bank.receive(number, message, self.now),
                }
            }
            self.to_operators.extend(self.central_bank.take_batch().1.messages);
            if self.to_operators.is_empty() {
                return;
            }
            while let Some((number, message)) = self.to_operators.pop_front() {
                self.operators[number.place()].receive(message, self.now);
            }
        }
    }
}
