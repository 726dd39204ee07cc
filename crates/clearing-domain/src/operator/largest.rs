//! The largest amounts in every operation and in all that the central bank may tell: nothing
//! panics, the books stay right, and what is refused changes nothing.

mod edges;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::details::Voucher;
use crate::link::{
    AdviceEvent, CentralBankMessage, Delivery, Fund, Notice, OperationId, Outcome, Side,
};
use crate::money::{
    Amount, CycleId, PaymentCode, PaymentId, Position, RequestId, Total, WalletKind, WalletNumber,
};
use crate::{Details, Reason, Regime};

use super::OperatorLedger;
use super::accounts::Account;
use super::charge::{ChargeOrder, PaymentCodeOrder};
use super::content::ContentMark;
use super::error::OperatorError;
use super::exchange::WalletOrder;
use super::facts::SubWalletUse;
use super::funding::FundingState;
use super::pay::PaymentOrder;
use super::state::{InboundState, PaymentState};
use super::sub_wallets::SubWalletOrder;
use super::test_ledger::{TestLedger, abroad, elsewhere, settings, yuan};
use super::wallet::Holder;

/// Something that a client asks for or the central bank tells, as often as it says.
#[derive(Clone, Debug)]
enum Command {
    Open { personal: bool, fen: i64 },
    ExchangeOut { wallet: Index, fen: i64, count: usize },
    ExchangeBack { wallet: Index, fen: i64 },
    PayOnUs { payer: Index, payee: Index, fen: i64, count: usize },
    PayAbroad { payer: Index, fen: i64 },
    PayWith { payer: Index, pool: Option<Index>, fen: i64, discount: i64 },
    FundAbroad { pool: Index, fen: i64, discount: i64 },
    MakeCode { wallet: Index, bound: Option<i64> },
    Charge { code: Index, payee: Option<Index>, fen: i64 },
    Deliver { payee: Index, fen: i64, hold: bool },
    FinishAll { cleared: bool, cycle: u32 },
    Issued { fen: i64, count: usize },
    ReservesChanged { fen: i64, count: usize },
    Settled { settled: i64, carried: i64, cycle: u32 },
    Claimed { claimed: i64, cycle: u32 },
    WithdrawalRequested(i64),
    OpenSubWallet(Index),
    Load { wallet: Index, fen: i64 },
    Pool { wallet: Index, fen: Option<i64> },
    Close(Index),
    Wait(i64),
    Up,
    Restart,
}

/// At and near both ends of what an amount can be.
fn fen() -> impl Strategy<Value = i64> {
    let most = Amount::MAX.fen();
    prop_oneof![1 => Just(0), 1 => Just(1), 1 => Just(most - 1), 5 => Just(most), 1 => 1..=most]
}

/// Sums as an operator may be told them, up to the ends of `i64`.
fn told() -> impl Strategy<Value = i64> {
    let sum = Amount::SUM_MAX.fen();
    prop_oneof![4 => -sum..sum, 1 => Just(i64::MAX), 1 => Just(i64::MIN), 1 => Just(4 * sum), 1 => Just(-4 * sum)]
}

fn count() -> impl Strategy<Value = usize> {
    prop_oneof![5 => 1..4_usize, 1 => Just(1_001_usize)]
}

fn command() -> impl Strategy<Value = Command> {
    let index = any::<Index>;
    // What is told of a cycle names one; payments may settle in none.
    let (cycle, named) = (|| 0..3_u32, || 1..3_u32);
    prop_oneof![
        3 => (prop::bool::weighted(0.2), fen()).prop_map(|(personal, fen)| Command::Open { personal, fen }),
        3 => (index(), fen(), count()).prop_map(|(wallet, fen, count)| Command::ExchangeOut { wallet, fen, count }),
        2 => (index(), fen()).prop_map(|(wallet, fen)| Command::ExchangeBack { wallet, fen }),
        3 => (index(), index(), fen(), count())
            .prop_map(|(payer, payee, fen, count)| Command::PayOnUs { payer, payee, fen, count }),
        5 => (index(), fen()).prop_map(|(payer, fen)| Command::PayAbroad { payer, fen }),
        3 => (index(), prop::option::of(index()), fen(), fen())
            .prop_map(|(payer, pool, fen, discount)| Command::PayWith { payer, pool, fen, discount }),
        3 => (index(), fen(), fen())
            .prop_map(|(pool, fen, discount)| Command::FundAbroad { pool, fen, discount }),
        3 => (index(), prop::option::of(fen())).prop_map(|(wallet, bound)| Command::MakeCode { wallet, bound }),
        3 => (index(), prop::option::of(index()), fen())
            .prop_map(|(code, payee, fen)| Command::Charge { code, payee, fen }),
        6 => (index(), fen(), any::<bool>()).prop_map(|(payee, fen, hold)| Command::Deliver { payee, fen, hold }),
        4 => (any::<bool>(), cycle()).prop_map(|(cleared, cycle)| Command::FinishAll { cleared, cycle }),
        3 => (prop_oneof![fen(), 0..=i64::MAX], count()).prop_map(|(fen, count)| Command::Issued { fen, count }),
        1 => (told(), count()).prop_map(|(fen, count)| Command::ReservesChanged { fen, count }),
        1 => (told(), told(), named())
            .prop_map(|(settled, carried, cycle)| Command::Settled { settled, carried, cycle }),
        1 => (told(), named()).prop_map(|(claimed, cycle)| Command::Claimed { claimed, cycle }),
        1 => (0..=i64::MAX).prop_map(Command::WithdrawalRequested),
        1 => index().prop_map(Command::OpenSubWallet),
        2 => (index(), fen()).prop_map(|(wallet, fen)| Command::Load { wallet, fen }),
        2 => (index(), prop::option::of(fen())).prop_map(|(wallet, fen)| Command::Pool { wallet, fen }),
        1 => index().prop_map(Command::Close),
        1 => (1..400_i64).prop_map(|days| Command::Wait(days * 86_400_000)),
        2 => Just(Command::Up),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    wallets: Vec<WalletNumber>,
    codes: Vec<PaymentCode>,
    payments: u64,
    requests: u64,
}

impl Run {
    fn new(regime: Regime) -> Self {
        let settings =
            super::OperatorSettings { regime, opening_deposits: Amount::MAX, ..settings() };
        let mut run = Self {
            test: TestLedger::new(settings),
            wallets: Vec::new(),
            codes: Vec::new(),
            payments: 0,
            requests: 0,
        };
        run.open(false, 0);
        run.open(false, 0);
        run.test.commit();
        run
    }

    fn apply(&mut self, command: &Command) {
        match command {
            Command::Open { personal, fen } => self.open(*personal, *fen),
            Command::ExchangeOut { wallet, fen, count } => {
                let wallet = self.wallet(wallet);
                self.repeat(*count, |ledger, request, now| {
                    ledger.exchange_out(wallet, amount(*fen), request, now)
                });
            }
            Command::ExchangeBack { wallet, fen } => {
                let wallet = self.wallet(wallet);
                self.repeat(1, |ledger, request, now| {
                    ledger.exchange_back(wallet, amount(*fen), request, now)
                });
            }
            Command::PayOnUs { payer, payee, fen, count } => {
                let (payer, payee) = (self.wallet(payer), self.wallet(payee));
                (0..*count).for_each(|_| {
                    self.pay(payer, payee, *fen);
                    self.pay(payee, payer, *fen);
                });
            }
            Command::PayAbroad { payer, fen } => self.pay(self.wallet(payer), abroad(), *fen),
            Command::PayWith { payer, pool, fen, discount } => {
                let campaign = pool.as_ref().map_or_else(elsewhere, |pool| self.wallet(pool));
                self.pay_with(self.wallet(payer), campaign, *fen, *discount);
            }
            Command::FundAbroad { pool, fen, discount } => {
                self.fund_abroad(self.wallet(pool), *fen, *discount);
            }
            Command::MakeCode { wallet, bound } => self.make_code(self.wallet(wallet), *bound),
            Command::Charge { code, payee, fen } => {
                let abroad = WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 1).unwrap();
                let payee = payee.as_ref().map_or(abroad, |payee| self.wallet(payee));
                self.charge(code, payee, *fen);
            }
            Command::Deliver { payee, fen, hold } => self.deliver(self.wallet(payee), *fen, *hold),
            Command::FinishAll { cleared, cycle } => {
                self.finish_all(*cleared, CycleId::new(*cycle))
            }
            Command::Issued { .. }
            | Command::ReservesChanged { .. }
            | Command::Settled { .. }
            | Command::Claimed { .. }
            | Command::WithdrawalRequested(_) => self.hear(command),
            Command::OpenSubWallet(parent) => self.open_sub_wallet(self.wallet(parent)),
            Command::Load { wallet, fen } => {
                let wallet = self.wallet(wallet);
                self.repeat(1, |ledger, request, now| {
                    ledger.load_sub_wallet(wallet, amount(*fen), request, now)
                });
            }
            Command::Pool { wallet, fen } => {
                let wallet = self.wallet(wallet);
                self.repeat(1, |ledger, request, now| {
                    ledger.pool_sub_wallet(wallet, fen.map(amount), request, now)
                });
            }
            Command::Close(wallet) => {
                drop(self.test.ledger.close_wallet(self.wallet(wallet), self.test.now))
            }
            Command::Wait(ms) => self.test.now = self.test.now.plus_ms(*ms),
            Command::Up => self.test.up(),
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
        self.test.commit();
    }

    /// What the central bank tells.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not of the central bank")]
    fn hear(&mut self, command: &Command) {
        match command {
            Command::Issued { fen, count } => {
                self.advise(*count, |operation| AdviceEvent::Issued {
                    operation,
                    amount: Amount::from_sum(Position::from_fen(*fen)).unwrap(),
                })
            }
            Command::ReservesChanged { fen, count } => self.advise(*count, |operation| {
                AdviceEvent::ReservesChanged { operation, change: Position::from_fen(*fen) }
            }),
            Command::Settled { settled, carried, cycle } => {
                self.advise(1, |_| AdviceEvent::Settled {
                    cycle: CycleId::new(*cycle).unwrap(),
                    settled: Position::from_fen(*settled),
                    carried: Position::from_fen(*carried),
                    carried_to: Some(CycleId::new(*cycle).unwrap().next()),
                })
            }
            Command::Claimed { claimed, cycle } => self.advise(1, |_| AdviceEvent::Claimed {
                cycle: CycleId::new(*cycle).unwrap(),
                claimed: Position::from_fen(*claimed),
            }),
            Command::WithdrawalRequested(fen) => {
                self.advise(1, |operation| AdviceEvent::WithdrawalRequested {
                    operation,
                    amount: Amount::from_sum(Position::from_fen(*fen)).unwrap(),
                })
            }
            _ => {}
        }
    }

    fn wallet(&self, index: &Index) -> WalletNumber {
        self.wallets[index.index(self.wallets.len())]
    }

    fn open_sub_wallet(&mut self, parent: WalletNumber) {
        let order = SubWalletOrder {
            request_id: None,
            parent,
            used_for: SubWalletUse::Ordinary,
            single: None,
            daily: None,
            payees: None,
            platform: None,
            content: None,
        };
        self.wallets.extend(self.test.ledger.open_sub_wallet(order, self.test.now).ok());
    }

    fn open(&mut self, personal: bool, fen: i64) {
        let kind = if personal { WalletKind::Personal } else { WalletKind::Merchant };
        let (holder, opening) = (Holder::verified(Some("name")), amount(fen));
        let order = WalletOrder {
            request_id: None,
            kind,
            class: if personal { 2 } else { 1 },
            holder,
            opening,
            content: None,
        };
        self.wallets.extend(self.test.ledger.open_wallet(order, self.test.now).ok());
    }

    /// Makes a request again and again; one that is refused changes nothing.
    fn repeat(
        &mut self,
        count: usize,
        request: impl Fn(
            &mut OperatorLedger,
            RequestId,
            crate::money::Timestamp,
        ) -> Result<(), OperatorError>,
    ) {
        for _ in 0..count {
            self.requests += 1;
            let before = standing(&self.test);
            let id = RequestId::Text(format!("r{}", self.requests).into());
            if request(&mut self.test.ledger, id, self.test.now).is_err() {
                assert_eq!(standing(&self.test), before);
                return;
            }
        }
    }

    fn pay(&mut self, payer: WalletNumber, payee: WalletNumber, fen: i64) {
        self.payments += 1;
        let order = PaymentOrder {
            id: numbered(self.payments),
            request_id: RequestId::Text(format!("p{}", self.payments).into()),
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(amount(fen)),
            remark: None,
            details: None,
        };
        let before = self.test.ledger.accounts().clone();
        let taken = self.test.ledger.pay(order, self.test.now);
        if fen == 0 {
            assert_eq!(taken.map_err(|error| error.reason()), Err(Reason::AmountNotPositive));
        } else if taken.is_err()
            || self.test.ledger.payment(numbered(self.payments)).unwrap().reason.is_some()
        {
            assert_eq!(*self.test.ledger.accounts(), before);
        }
    }

    /// A payment abroad of which a campaign pays a part; one that is refused changes nothing.
    fn pay_with(&mut self, payer: WalletNumber, campaign: WalletNumber, fen: i64, discount: i64) {
        self.payments += 1;
        let voucher = Some(Voucher { campaign, discount: amount(discount) });
        let order = PaymentOrder {
            id: numbered(self.payments),
            request_id: RequestId::Text(format!("p{}", self.payments).into()),
            payer,
            payee: Ok(abroad()),
            alias: None,
            amount: Ok(amount(fen)),
            remark: None,
            details: Details { voucher, ..Details::default() }.boxed(),
        };
        let before = self.test.ledger.accounts().clone();
        let taken = self.test.ledger.pay(order, self.test.now);
        let payment = self.test.ledger.payment(numbered(self.payments));
        if taken.is_err() || payment.unwrap().reason.is_some() {
            assert_eq!(*self.test.ledger.accounts(), before);
        }
    }

    fn make_code(&mut self, wallet: WalletNumber, bound: Option<i64>) {
        self.requests += 1;
        let code = PaymentCode::new(settings().prefix, self.requests).unwrap();
        let amount = bound.map(amount);
        let order = PaymentCodeOrder { code, wallet, amount, front_end: None };
        let before = standing(&self.test);
        match self.test.ledger.create_payment_code(order, self.test.now).map(drop) {
            Ok(()) => self.codes.push(code),
            Err(_) => assert_eq!(standing(&self.test), before),
        }
    }

    /// Charges a code, which may have been charged before; one that is refused changes nothing.
    fn charge(&mut self, code: &Index, payee: WalletNumber, fen: i64) {
        if self.codes.is_empty() {
            return;
        }
        self.payments += 1;
        let code = self.codes[code.index(self.codes.len())];
        let content = ContentMark::from_number(1).unwrap();
        let (id, amount) = (numbered(self.payments), amount(fen));
        let order = ChargeOrder { id, code, payee, amount, content, merchant: None };
        let before = self.test.ledger.accounts().clone();
        let charged = self.test.ledger.charge_payment_code(order, self.test.now);
        if charged.is_err() || self.test.ledger.payment(id).is_none_or(|paid| paid.reason.is_some())
        {
            assert_eq!(*self.test.ledger.accounts(), before);
        }
    }

    fn fund_abroad(&mut self, campaign: WalletNumber, fen: i64, discount: i64) {
        self.payments += 1;
        let fund = Fund {
            id: numbered(self.payments),
            payer: abroad(),
            payee: elsewhere(),
            amount: amount(fen),
            voucher: Voucher { campaign, discount: amount(discount) },
            purpose: None,
            merchant: None,
            submitted_at: self.test.now,
            expires_at: self.test.now.plus_ms(30_000),
        };
        self.test.hear(CentralBankMessage { funds: vec![fund], ..CentralBankMessage::default() });
    }

    fn deliver(&mut self, payee: WalletNumber, fen: i64, hold: bool) {
        self.payments += 1;
        let (submitted_at, expires_at) = (self.test.now, self.test.now.plus_ms(30_000));
        let (id, payer) = (numbered(self.payments), abroad());
        let (amount, details) = (amount(fen), None);
        let delivery =
            Delivery { id, payer, payee, amount, submitted_at, expires_at, hold, details };
        self.test.hear(CentralBankMessage {
            deliveries: vec![delivery],
            ..CentralBankMessage::default()
        });
    }

    fn advise(&mut self, count: usize, event: impl Fn(OperationId) -> AdviceEvent) {
        for _ in 0..count {
            self.requests += 1;
            let mut operation = [0; 16];
            operation[..8].copy_from_slice(&self.requests.to_be_bytes());
            self.test.advise(event(OperationId(operation)));
        }
    }

    /// Ends all payments and transfers that are under way.
    fn finish_all(&mut self, cleared: bool, cycle: Option<CycleId>) {
        let outcome =
            if cleared { Outcome::Cleared(cycle) } else { Outcome::Refused(Reason::Expired) };
        let at = self.test.now;
        let notice = |id: PaymentId, side: Side| Notice { id, side, outcome, at };
        let ledger = &self.test.ledger;
        let payments =
            ledger.payments().iter().filter(|payment| payment.state == PaymentState::InTransit);
        let mut notices: Vec<_> = payments.map(|payment| notice(payment.id, Side::Payer)).collect();
        let held = ledger.fundings().iter().filter(|held| held.state == FundingState::Funded);
        notices.extend(held.map(|held| notice(held.as_row().id, Side::Sponsor)));
        let ends = |state: InboundState| {
            state == InboundState::Held || (state == InboundState::Accepted && cleared)
        };
        let inbound = ledger.inbound().iter().filter(|inbound| ends(inbound.state));
        notices.extend(inbound.map(|inbound| notice(inbound.id, Side::Payee)));
        self.test.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    }

    /// The books are right, every sum is within its bound, and all that clients are shown can be
    /// computed.
    fn check(&self) {
        for invariant in self.test.ledger.audit(self.test.seals()) {
            assert!(invariant.ok, "{}: {}", invariant.name, invariant.detail);
        }
        for wallet in self.test.ledger.wallets() {
            let slot = self.test.ledger.wallets.slot_of(wallet.number).unwrap();
            let holds = Total::from(wallet.balance)
                + wallet.in_transit
                + self.test.ledger.inbound.room_in(slot);
            assert!(
                holds <= Amount::MAX.into(),
                "wallet {} may come to hold {holds}",
                wallet.number
            );
            assert!(
                Total::from(wallet.annual_used).is_bounded()
                    && wallet.daily_used <= wallet.annual_used
            );
            assert!(
                self.test
                    .ledger
                    .entries(wallet.number)
                    .all(|entry| entry.balance_after >= Position::ZERO)
            );
        }
    }
}

fn amount(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

fn numbered(number: u64) -> PaymentId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    PaymentId(id)
}

/// What a refused request must leave as it was.
fn standing(test: &TestLedger) -> (u64, super::OperatorAccounts) {
    (test.ledger.chain().row, test.ledger.accounts().clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_largest_amounts_are_booked_or_refused(
        regime in prop::sample::select(vec![Regime::Cash, Regime::Deposit]),
        commands in prop::collection::vec(command(), 1..60),
    ) {
        let mut run = Run::new(regime);
        commands.iter().for_each(|command| run.apply(command));
        run.check();
        run.test.restart();
        run.check();
    }
}
