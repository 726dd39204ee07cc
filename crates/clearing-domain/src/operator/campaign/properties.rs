//! Whatever happens to campaigns, grants, vouchers, refunds and bills: money is kept, no pool is
//! overdrawn, and no grant is spent where it is not eligible.

mod commands;
mod model;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::details::{GrantTerms, Purpose, Voucher};
use crate::link::{CentralBankMessage, Delivery, Fund, Notice, Outcome, Side};
use crate::money::{CycleId, DAY_MS, PaymentId, Prefix, RequestId, WalletKind, WalletNumber};
use crate::operator::funding::FundingState;
use crate::operator::state::PaymentState;
use crate::operator::sub_wallets::SubWalletOrder;
use crate::operator::test_ledger::{SEED, TestLedger, request, settings, yuan};
use crate::operator::{
    BillOrder, CampaignKind, CampaignOrder, OperatorSettings, PaymentOrder, RefundOrder,
    SubWalletUse,
};
use crate::{Details, Reason, Regime};

use commands::{Command, OWN, PERSONS, command};
use model::{Known, Model, Purchase, RULES, Terms};

struct Run {
    test: TestLedger,
    model: Model,
    /// The wallets that take part in campaigns, those of this operator first.
    people: Vec<WalletNumber>,
    payees: Vec<WalletNumber>,
    sponsor: WalletNumber,
    campaigns: Vec<WalletNumber>,
    numbers: u64,
}

fn other(prefix: u16, kind: WalletKind, serial: u64) -> WalletNumber {
    WalletNumber::new(Prefix::new(prefix).unwrap(), kind, serial).unwrap()
}

impl Run {
    fn new(regime: Regime) -> Self {
        let opening_deposits = yuan(100_000);
        let settings = OperatorSettings { any_pool: false, regime, opening_deposits, ..settings() };
        let mut test = TestLedger::new(settings);
        let mut people: Vec<_> = (0..3).map(|_| test.wallet(1, 200)).collect();
        let order = SubWalletOrder {
            request_id: None,
            parent: people[0],
            used_for: SubWalletUse::Ordinary,
            single: None,
            daily: None,
            payees: None,
            platform: None,
            content: None,
        };
        people.push(test.ledger.open_sub_wallet(order, test.now).unwrap());
        people.extend((1..4).map(|serial| other(2, WalletKind::Personal, serial)));
        let mut payees = vec![test.merchant(), test.merchant()];
        payees.extend([2, 3].map(|prefix| other(prefix, WalletKind::Merchant, 1)));
        payees.extend([test.corporate(0), people[0], people[1], people[4]]);
        let sponsor = test.corporate(400);
        let model = Model { money: 100_000, ..Model::default() };
        let campaigns = Vec::new();
        let mut run = Self { test, model, people, payees, sponsor, campaigns, numbers: 0 };
        for (is_voucher, is_drawn) in [(false, false), (true, false), (true, true)] {
            run.create((is_voucher, is_drawn, false), 0, 40);
        }
        for who in [0, 1, 2, 5] {
            run.test.register(run.campaigns[2], run.people[who], PERSONS[who]).unwrap();
        }
        run
    }

    fn next(&mut self) -> (PaymentId, RequestId) {
        self.numbers += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.numbers.to_be_bytes());
        (PaymentId(id), RequestId::Text(format!("n{}", self.numbers).into()))
    }

    fn campaign(&self, index: &Index) -> WalletNumber {
        self.campaigns[index.index(self.campaigns.len())]
    }

    /// A campaign whose voucher a wallet has claimed, or any if there is none.
    fn voucher_of(&self, index: &Index, wallet: WalletNumber) -> WalletNumber {
        let has_claimed = |campaign: &&WalletNumber| {
            let known = &self.model.campaigns[*campaign];
            known.is_voucher && known.claimed.contains_key(&wallet)
        };
        let claimed: Vec<_> = self.campaigns.iter().filter(has_claimed).collect();
        let most = if claimed.is_empty() { self.campaigns.iter().collect() } else { claimed };
        *most[index.index(most.len())]
    }

    /// Does what a command says, and checks all that must hold.
    fn apply(&mut self, command: &Command) {
        let before = model::lefts(&self.test);
        let purchase = self.act(command);
        self.test.commit();
        let is_closing = matches!(command, Command::Close(_));
        self.model.check_spent(&self.test, &before, purchase, is_closing);
        self.model.check(&self.test);
        self.test.check();
    }

    /// Does what a command says and answers what is bought by it.
    fn act(&mut self, command: &Command) -> Option<Purchase> {
        match command {
            Command::Create { .. }
            | Command::FundCampaign { .. }
            | Command::Register { .. }
            | Command::Draw
            | Command::Claim { .. }
            | Command::CloseCampaigns => self.act_on_campaign(command),
            Command::Packet { who, rule, yuan, days, hold } => {
                let valid = (self.test.now, self.test.now.plus_ms(days * DAY_MS));
                self.packet(self.people[*who], Terms { rule: RULES[*rule], valid }, *yuan, *hold);
            }
            Command::Receive { payee, yuan } => {
                let (id, _) = self.next();
                self.deliver((id, self.people[4], self.payees[*payee]), *yuan, false, None);
            }
            Command::Pay { payer, payee, yuan, purpose, voucher } => {
                let (payer, payee) = (self.people[*payer], self.payees[*payee]);
                let campaign = voucher.as_ref().map(|index| self.voucher_of(index, payer));
                return Some(self.pay(payer, payee, *yuan, (*purpose, campaign)));
            }
            Command::AskFor { campaign, who, payee, yuan, purpose } => {
                let (payer, payee) = (self.people[*who], self.payees[*payee]);
                let campaign = self.voucher_of(campaign, payer);
                self.ask_for(campaign, (payer, payee), *yuan, *purpose);
            }
            Command::PayBill { payer, biller, yuan } => {
                let (payer, biller) = (self.people[*payer], self.payees[*biller]);
                return Some(self.pay_bill(payer, biller, *yuan));
            }
            Command::Refund { original, yuan } => self.refund(original, *yuan),
            Command::GivenBack { original, yuan } => self.given_back(original, *yuan),
            Command::End { which, cleared } => self.end(which, *cleared),
            Command::ExchangeBack { who, yuan } => self.exchange_back(self.people[*who], *yuan),
            Command::Load(sum) => {
                let (sub, (_, name)) = (self.people[OWN - 1], self.next());
                self.test.ledger.load_sub_wallet(sub, yuan(*sum), name, self.test.now).ok();
            }
            Command::Pool(sum) => {
                let (sub, (_, name)) = (self.people[OWN - 1], self.next());
                self.test.ledger.pool_sub_wallet(sub, sum.map(yuan), name, self.test.now).ok();
            }
            Command::Freeze { who, frozen: true } => {
                self.test.ledger.freeze(self.people[*who], false, self.test.now).ok();
            }
            Command::Freeze { who, frozen: false } => {
                self.test.ledger.unfreeze(self.people[*who], self.test.now).ok();
            }
            Command::Close(who) => {
                let wallet = self.people[*who];
                let own = self.test.balance(wallet) - self.test.left(wallet).iter().sum::<i64>();
                self.exchange_back(wallet, own);
                self.test.ledger.close_wallet(wallet, self.test.now).ok();
            }
            Command::Wait(ms) => self.test.wait(*ms),
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
        None
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not of campaigns")]
    fn act_on_campaign(&mut self, command: &Command) {
        let now = self.test.now;
        match command {
            Command::Create { is_voucher, is_drawn, is_late, rule, pool } => {
                self.create((*is_voucher, *is_drawn, *is_late), *rule, *pool);
            }
            Command::FundCampaign { campaign, yuan: sum } => {
                let campaign = self.campaign(campaign);
                let (_, name) = self.next();
                self.test.ledger.fund_campaign(campaign, yuan(*sum), name, now).ok();
            }
            Command::Register { campaign, who } => {
                let campaign = self.campaign(campaign);
                self.test.register(campaign, self.people[*who], PERSONS[*who]).ok();
            }
            Command::Draw => {
                for campaign in self.campaigns.clone() {
                    self.test.ledger.draw(campaign, SEED, now).ok();
                }
            }
            Command::Claim { campaign, who } => {
                let campaign = self.campaign(campaign);
                let (wallet, number) = (self.people[*who], PERSONS[*who]);
                if self.test.claim(campaign, wallet, number).is_ok() {
                    let known = self.model.campaigns.get_mut(&campaign).unwrap();
                    known.claimed.insert(wallet, number);
                }
            }
            Command::CloseCampaigns => {
                for campaign in self.campaigns.clone() {
                    let name = request(&format!("close-{}", self.test.ledger.chain().row));
                    self.test.ledger.close_campaign(campaign, name, now).ok();
                }
            }
            _ => {}
        }
    }

    fn create(
        &mut self,
        (is_voucher, is_drawn, is_late): (bool, bool, bool),
        rule: usize,
        pool: i64,
    ) {
        let kind = if is_voucher { CampaignKind::Voucher } else { CampaignKind::RedPacket };
        let (_, request_id) = self.next();
        let order = self.test.campaign_order(kind, self.sponsor);
        let from = order.valid.0.plus_ms(if is_late { DAY_MS } else { 0 });
        let rule = RULES[rule];
        let order = CampaignOrder {
            request_id,
            pool: yuan(pool),
            eligible: rule.eligibility(model::least(is_voucher)),
            valid: (from, order.valid.1),
            commitment: order.commitment.filter(|_| is_drawn),
            ..order
        };
        let known = Known {
            is_voucher,
            face: order.face.fen() / 100,
            winners: usize::try_from(order.winners).unwrap(),
            terms: Terms { rule, valid: order.valid },
            claimed: Default::default(),
            redeemed: Default::default(),
        };
        if let Ok(campaign) = self.test.create(order) {
            self.campaigns.push(campaign);
            self.model.campaigns.insert(campaign, known);
        }
    }

    fn packet(&mut self, wallet: WalletNumber, terms: Terms, sum: i64, hold: bool) {
        let (id, _) = self.next();
        self.model.packets.insert(id, terms);
        let (valid_from, valid_until) = terms.valid;
        let eligible = terms.rule.eligibility(yuan(0));
        let grant = Some(Box::new(GrantTerms { valid_from, valid_until, eligible }));
        let details = Details { grant, ..Details::default() };
        let campaign = other(2, WalletKind::Corporate, 1);
        self.deliver((id, campaign, wallet), sum, hold, Some(details));
    }

    fn deliver(
        &mut self,
        (id, payer, payee): (PaymentId, WalletNumber, WalletNumber),
        sum: i64,
        hold: bool,
        details: Option<Details>,
    ) {
        let (amount, submitted_at) = (yuan(sum), self.test.now);
        let expires_at = submitted_at.plus_ms(30_000);
        let details = details.and_then(Details::boxed);
        let delivery =
            Delivery { id, payer, payee, amount, submitted_at, expires_at, hold, details };
        let deliveries = vec![delivery];
        self.test.hear(CentralBankMessage { deliveries, ..CentralBankMessage::default() });
        self.model.money += model::credited(&self.test, id);
    }

    /// Submits an order; a voucher that pays a part of it is redeemed.
    fn submit(
        &mut self,
        (payer, payee): (WalletNumber, WalletNumber),
        sum: i64,
        details: Details,
    ) -> Purchase {
        let (id, request_id) = self.next();
        let purchase = (payee, details.purpose, self.test.now);
        let voucher = details.voucher;
        let order = PaymentOrder {
            id,
            request_id,
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(yuan(sum)),
            remark: None,
            details: details.boxed(),
        };
        self.test.submit(order);
        let payment = self.test.ledger.payment(id);
        let is_under_way = payment.is_some_and(|it| it.state != PaymentState::Rejected);
        if let Some(voucher) = voucher.filter(|_| is_under_way) {
            self.model.redeem(id, (voucher.campaign, payer), sum, purchase);
        }
        purchase
    }

    fn pay(
        &mut self,
        payer: WalletNumber,
        payee: WalletNumber,
        sum: i64,
        (purpose, campaign): (Option<Purpose>, Option<WalletNumber>),
    ) -> Purchase {
        let voucher = campaign.map(|campaign| Voucher { campaign, discount: yuan(20) });
        let details = Details { purpose, voucher, ..Details::default() };
        self.submit((payer, payee), sum, details)
    }

    fn pay_bill(&mut self, payer: WalletNumber, biller: WalletNumber, sum: i64) -> Purchase {
        let reference = format!("b{}", self.numbers);
        let order = BillOrder {
            biller,
            reference: reference.parse().unwrap(),
            amount: yuan(sum),
            due_at: self.test.now,
            purpose: None,
            subject: None,
            release: None,
        };
        self.test.ledger.publish_bill(order, self.test.now).ok();
        self.submit((payer, biller), sum, *TestLedger::pays(&reference).unwrap())
    }

    /// The central bank asks a campaign for its part of a payment of another operator.
    fn ask_for(
        &mut self,
        campaign: WalletNumber,
        (payer, payee): (WalletNumber, WalletNumber),
        sum: i64,
        purpose: Option<Purpose>,
    ) {
        let (id, _) = self.next();
        let submitted_at = self.test.now;
        let fund = Fund {
            id,
            payer,
            payee,
            amount: yuan(sum),
            voucher: Voucher { campaign, discount: yuan(20) },
            purpose,
            merchant: None,
            submitted_at,
            expires_at: submitted_at.plus_ms(30_000),
        };
        self.test.hear(CentralBankMessage { funds: vec![fund], ..CentralBankMessage::default() });
        let mut fundings = self.test.ledger.fundings.list().iter();
        let is_funded = |state| state == FundingState::Funded;
        if fundings.any(|found| found.answer().id == id && is_funded(found.state)) {
            self.model.redeem(id, (campaign, payer), sum, (payee, purpose, submitted_at));
        }
    }

    /// Gives back what one of this operator's wallets got.
    fn refund(&mut self, original: &Index, sum: Option<i64>) {
        let grants = |details: Option<&Details>| details.is_some_and(|it| it.grant.is_some());
        let payments = self.test.ledger.payments().iter();
        let payments = payments.map(|payment| (payment.id, grants(payment.details())));
        let inbound = self.test.ledger.inbound.list().iter().filter_map(|inbound| {
            let delivered = inbound.delivered.as_ref()?;
            Some((inbound.id, grants(delivered.details.as_deref())))
        });
        let all: Vec<_> = payments.chain(inbound).collect();
        // Most often what grants or vouchers paid a part of.
        let spent = |id| !self.test.ledger.grants().spent_on(id).is_empty();
        let sponsored = |id| self.model.held.contains_key(&id);
        let parts: Vec<_> =
            all.iter().filter(|(id, _)| spent(*id) || sponsored(*id)).copied().collect();
        let all = if parts.is_empty() || self.numbers.is_multiple_of(3) { all } else { parts };
        if all.is_empty() {
            return;
        }
        let (original, is_grant) = all[original.index(all.len())];
        let (id, request_id) = self.next();
        let order = RefundOrder { id, request_id, original, amount: sum.map(yuan), remark: None };
        let done = self.test.ledger.refund(order, self.test.now);
        assert!(!is_grant || done.is_err(), "a grant is given away");
    }

    /// Another operator's customer gives back what it got, be it the packet of a campaign.
    fn given_back(&mut self, original: &Index, sum: i64) {
        let payments = self.test.ledger.payments().iter();
        let sent: Vec<_> = payments
            .filter(|payment| payment.crosses() && payment.state == PaymentState::Completed)
            .map(|it| (it.id, it.payee, self.test.ledger.payer_of(it)))
            .collect();
        if sent.is_empty() {
            return;
        }
        let (original, payer, payee) = sent[original.index(sent.len())];
        let (id, _) = self.next();
        let purpose = Some(Purpose::Refund);
        let details = Details { purpose, refund_of: Some(original), ..Details::default() };
        self.deliver((id, payer, payee), sum, false, Some(details));
    }

    /// What is under way ends. What a payee's operator has credited is never refused.
    fn end(&mut self, which: &Index, cleared: bool) {
        let all: Vec<_> = model::under_way(&self.test).collect();
        if all.is_empty() {
            return;
        }
        let (id, side, sum) = all[which.index(all.len())];
        let cleared = cleared || (side == Side::Payee && sum == 0);
        let refused = Outcome::Refused(Reason::PayeeFrozen);
        let outcome = if cleared { Outcome::Cleared(CycleId::new(1)) } else { refused };
        let notices = vec![Notice { id, side, outcome, at: self.test.now }];
        self.test.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
        self.model.end((id, side, sum), cleared);
    }

    fn exchange_back(&mut self, wallet: WalletNumber, sum: i64) {
        let (_, name) = self.next();
        self.test.ledger.exchange_back(wallet, yuan(sum), name, self.test.now).ok();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn campaigns_keep_what_they_promise_whatever_happens(
        regime in prop::sample::select(vec![Regime::Cash, Regime::Deposit]),
        commands in prop::collection::vec(command(), 1..80),
    ) {
        let mut run = Run::new(regime);
        commands.iter().for_each(|command| run.apply(command));
    }
}
