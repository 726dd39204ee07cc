//! An operator's ledger under test: it is linked, has stock, and what it sends is noted in words.

mod bills;
mod campaigns;
mod cards;
mod contracts;
mod loans;
mod participants;
mod payrolls;
mod wealth;
mod words;

use crate::Details;
use crate::Ledger;
use crate::Regime;
use crate::details::Voucher;
use crate::link::{
    Advice, AdviceEvent, CentralBankMessage, Delivery, Fund, LinkPlace, Notice, OperationId,
    Outcome, RosterEntry, Side,
};
use crate::money::{
    Amount, BusinessDate, CycleId, DAY_MS, InterestRate, PaymentId, Prefix, RequestId, Timestamp,
    WalletKind, WalletNumber,
};
use crate::seal::BatchSeal;

use super::accounts::Account;
use super::exchange::WalletOrder;
use super::limits::LimitSchedule;
use super::pay::PaymentOrder;
use super::payment::Payment;
use super::restore::LoadedOperator;
use super::rows::OperatorRows;
use super::tick::TickItem;
use super::wallet::Holder;
use super::{OperatorLedger, OperatorSettings};
use crate::Lockstep;
pub(super) use campaigns::SEED;
pub(super) use contracts::school;
pub(super) use loans::{day, loan_terms};
pub(super) use participants::bank;
pub(super) use payrolls::line;
pub(super) use wealth::{code, product_terms};
use words::in_words;

pub(super) fn settings() -> OperatorSettings {
    OperatorSettings {
        code: "A".parse().unwrap(),
        prefix: prefix(1),
        regime: Regime::Cash,
        limits: LimitSchedule::named("2021").unwrap(),
        expiry_ms: 30_000,
        lockstep: None,
        opening_deposits: yuan(0),
        interest: InterestRate::ZERO,
        any_pool: true,
    }
}

pub(super) fn in_lockstep() -> OperatorSettings {
    OperatorSettings { lockstep: Some(Lockstep { start: noon(), tick_ms: 60_000 }), ..settings() }
}

fn prefix(number: u16) -> Prefix {
    Prefix::new(number).unwrap()
}

pub(super) fn noon() -> Timestamp {
    BusinessDate::from_ymd(2022, 8, 24).unwrap().start().plus_ms(12 * 3_600_000)
}

pub(super) fn yuan(yuan: i64) -> Amount {
    Amount::from_fen(yuan * 100).unwrap()
}

pub(super) fn id(number: u8) -> PaymentId {
    PaymentId([number; 16])
}

pub(super) fn request(text: &str) -> RequestId {
    text.parse().unwrap()
}

/// A wallet of the third operator.
pub(super) fn elsewhere() -> WalletNumber {
    WalletNumber::new(prefix(3), WalletKind::Corporate, 1).unwrap()
}

/// A wallet of the other operator.
pub(super) fn abroad() -> WalletNumber {
    WalletNumber::new(prefix(2), WalletKind::Personal, 1).unwrap()
}

pub(super) struct TestLedger {
    pub(super) ledger: OperatorLedger,
    pub(super) now: Timestamp,
    pub(super) alarms: Vec<String>,
    /// The central bank queues: acceptances only hold room.
    pub(super) holding: bool,
    seals: Vec<BatchSeal>,
    rows: OperatorRows,
    said: Vec<String>,
    sequence: u64,
    payments: u8,
    requests: u32,
}

impl TestLedger {
    /// One of the deposit regime that has credited interest.
    pub(super) fn with_interest() -> Self {
        let interest = InterestRate::from_millionths(36_000).unwrap();
        let (regime, opening_deposits) = (Regime::Deposit, yuan(1_000));
        let mut test =
            Self::new(OperatorSettings { regime, opening_deposits, interest, ..settings() });
        test.wallet(2, 1_000);
        test.wait(30 * DAY_MS);
        test
    }

    /// Linked, with 100,000 yuan of stock.
    pub(super) fn new(settings: OperatorSettings) -> Self {
        let (ledger, now) = (OperatorLedger::new(settings), noon());
        let (alarms, seals, said) = (Vec::new(), Vec::new(), Vec::new());
        let mut test = Self {
            ledger,
            now,
            alarms,
            holding: false,
            seals,
            rows: OperatorRows::default(),
            said,
            sequence: 0,
            payments: 0,
            requests: 0,
        };
        test.up();
        if settings.regime == Regime::Cash {
            test.advise(AdviceEvent::Issued {
                operation: OperationId::default(),
                amount: yuan(100_000),
            });
        }
        test.said();
        test
    }

    pub(super) fn commit(&mut self) {
        let (changes, effects) = self.ledger.take_batch();
        if !changes.is_empty() {
            self.seals.push(changes.chain.into());
            self.rows.extend(self.ledger.appended(&changes));
        }
        self.said.extend(effects.messages.iter().flat_map(in_words));
        self.alarms.extend(effects.alarms);
    }

    /// Registers and hears the roster.
    pub(super) fn up(&mut self) {
        self.ledger.link_up();
        self.sequence = 0;
        self.commit();
        let entry = |(code, number): (&str, u16)| RosterEntry {
            code: code.parse().unwrap(),
            prefix: prefix(number),
        };
        let roster = [("A", 1), ("B", 2), ("C", 3)].map(entry).to_vec();
        self.hear(CentralBankMessage { roster, ..CentralBankMessage::default() });
    }

    pub(super) fn hear(&mut self, mut message: CentralBankMessage) {
        self.sequence += 1;
        message.place =
            LinkPlace { incarnation: self.ledger.link().incarnation, sequence: self.sequence };
        self.ledger.receive(message, self.now);
        self.commit();
    }

    pub(super) fn advise(&mut self, event: AdviceEvent) {
        let advices = vec![Advice { number: self.ledger.link().advice + 1, event }];
        self.hear(CentralBankMessage { advices, ..CentralBankMessage::default() });
    }

    pub(super) fn notify(&mut self, number: u8, side: Side, outcome: Outcome) {
        let notices = vec![Notice { id: id(number), side, outcome, at: self.now }];
        self.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    }

    pub(super) fn deliver(&mut self, number: u8, payee: WalletNumber, amount: i64) {
        let (submitted_at, expires_at) = (self.now, self.now.plus_ms(30_000));
        let delivery = Delivery {
            id: id(number),
            payer: abroad(),
            payee,
            amount: yuan(amount),
            submitted_at,
            expires_at,
            hold: self.holding,
            details: None,
        };
        self.hear(CentralBankMessage {
            deliveries: vec![delivery],
            ..CentralBankMessage::default()
        });
    }

    pub(super) fn revoke(&mut self, number: u8) {
        self.hear(CentralBankMessage {
            revokes: vec![id(number)],
            ..CentralBankMessage::default()
        });
    }

    /// What was said since the last call.
    pub(super) fn said(&mut self) -> String {
        std::mem::take(&mut self.said).join("; ")
    }

    pub(super) fn wallet(&mut self, class: u8, opening: i64) -> WalletNumber {
        let order = WalletOrder {
            request_id: None,
            kind: WalletKind::Personal,
            class,
            holder: Holder::verified(None),
            opening: yuan(opening),
            content: None,
        };
        let wallet = self.ledger.open_wallet(order, self.now).unwrap();
        self.commit();
        wallet
    }

    pub(super) fn order(
        &mut self,
        payer: WalletNumber,
        payee: WalletNumber,
        amount: i64,
    ) -> PaymentOrder {
        self.payments += 1;
        PaymentOrder {
            id: id(self.payments),
            request_id: request(&format!("p{}", self.payments)),
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(yuan(amount)),
            remark: None,
            details: None,
        }
    }

    /// A payment of which a campaign pays a part.
    pub(super) fn pay_with(
        &mut self,
        payer: WalletNumber,
        payee: WalletNumber,
        amount: i64,
        (campaign, discount): (WalletNumber, i64),
    ) -> String {
        let voucher = Some(Voucher { campaign, discount: yuan(discount) });
        let details = Details { voucher, ..Details::default() }.boxed();
        let order = PaymentOrder { details, ..self.order(payer, payee, amount) };
        self.submit(order)
    }

    /// The central bank asks a campaign for a discount.
    pub(super) fn fund(&mut self, number: u8, campaign: WalletNumber, discount: i64) {
        self.fund_of(number, (campaign, discount), abroad(), elsewhere(), 100);
    }

    /// The same for a payment between wallets that are named.
    pub(super) fn fund_of(
        &mut self,
        number: u8,
        (campaign, discount): (WalletNumber, i64),
        payer: WalletNumber,
        payee: WalletNumber,
        amount: i64,
    ) {
        let fund = Fund {
            id: id(number),
            payer,
            payee,
            amount: yuan(amount),
            voucher: Voucher { campaign, discount: yuan(discount) },
            purpose: None,
            merchant: None,
            submitted_at: self.now,
            expires_at: self.now.plus_ms(30_000),
        };
        self.hear(CentralBankMessage { funds: vec![fund], ..CentralBankMessage::default() });
    }

    /// Takes an order and answers where the payment stands, or why there is none.
    pub(super) fn submit(&mut self, order: PaymentOrder) -> String {
        let taken = self.ledger.pay(order, self.now);
        self.commit();
        match taken {
            Ok(slot) => self.state_of(&self.ledger.payments()[slot]),
            Err(error) => error.reason().name().to_owned(),
        }
    }

    /// The payments are numbered from 1.
    pub(super) fn pay(&mut self, payer: WalletNumber, payee: WalletNumber, amount: i64) -> String {
        let order = self.order(payer, payee, amount);
        self.submit(order)
    }

    pub(super) fn state(&self, number: u8) -> String {
        self.ledger
            .payment(id(number))
            .map_or_else(|| "unknown".to_owned(), |payment| self.state_of(payment))
    }

    fn state_of(&self, payment: &Payment) -> String {
        match payment.reason {
            Some(reason) => format!("{:?} {reason}", payment.state),
            None => format!("{:?}", payment.state),
        }
    }

    pub(super) fn balance(&self, wallet: WalletNumber) -> i64 {
        self.ledger.wallet(wallet).unwrap().balance.fen() / 100
    }

    pub(super) fn account(&self, account: Account) -> i64 {
        self.ledger.accounts().balance(account).fen() / 100
    }

    pub(super) fn position(&self, cycle: u32) -> i64 {
        CycleId::new(cycle).map_or(0, |cycle| self.account(Account::Position(cycle)))
    }

    pub(super) fn item(
        &mut self,
        payer: WalletNumber,
        payee: WalletNumber,
        amount: i64,
    ) -> TickItem {
        self.payments += 1;
        TickItem {
            id: id(self.payments),
            payer,
            payee,
            amount: yuan(amount),
            at: self.now,
            details: None,
        }
    }

    /// Exchanges bank money into a wallet.
    pub(super) fn refill(&mut self, wallet: WalletNumber, amount: Amount) {
        self.requests += 1;
        let request_id = request(&format!("x{}", self.requests));
        self.ledger.exchange_out(wallet, amount, request_id, self.now).unwrap();
        self.commit();
    }

    pub(super) fn seals(&self) -> &[BatchSeal] {
        &self.seals
    }

    /// The head of the chain.
    pub(super) fn head(&self) -> [u8; 32] {
        self.ledger.chain.hash
    }

    /// What a store would load.
    pub(super) fn stored(&self) -> LoadedOperator {
        let ledger = &self.ledger;
        let fixed = Account::FIXED.map(|account| (account, ledger.accounts().balance(account)));
        let positions = ledger
            .accounts()
            .positions()
            .map(|(cycle, position)| (Account::Position(cycle), position));
        let holders = ledger.wallets().iter();
        LoadedOperator {
            rows: self.rows.clone(),
            holders: holders.map(|wallet| (wallet.number, wallet.holder.clone())).collect(),
            accounts: fixed.into_iter().chain(positions).collect(),
            link: ledger.link().clone(),
            tick: ledger.tick(),
            roster: ledger.roster().to_vec(),
            chain: ledger.chain(),
            file: [0; 32],
        }
    }

    /// The process starts again from its file; the link is down.
    pub(super) fn restart(&mut self) {
        self.commit();
        self.ledger = OperatorLedger::restore(*self.ledger.settings(), self.stored()).unwrap();
        self.ledger.link_down();
    }

    #[track_caller]
    pub(super) fn check(&self) {
        assert_eq!(self.alarms, Vec::<String>::new());
        for invariant in self.ledger.audit(&self.seals) {
            assert!(invariant.ok, "{}: {}", invariant.name, invariant.detail);
        }
        // What a file says gives the same ledger again.
        let again = OperatorLedger::restore(*self.ledger.settings(), self.stored()).unwrap();
        for invariant in again.audit(&self.seals) {
            assert!(invariant.ok, "again, {}: {}", invariant.name, invariant.detail);
        }
    }
}
