//! A ledger under test: operators that send exactly what a test wants, and what they receive in
//! words.

mod words;

use crate::Details;
use crate::Ledger;
use crate::Lockstep;
use crate::Reason;
use crate::Regime;
use crate::details::Voucher;
use crate::link::{Decision, FundingAnswer, Instruction, LinkPlace, OperatorMessage, Registration};
use crate::money::{
    Amount, BusinessDate, OperatorCode, OperatorNumber, PaymentId, Position, Prefix, RequestId,
    RequestKey, Timestamp, WalletKind, WalletNumber,
};
use crate::seal::BatchSeal;

use super::CentralBankLedger;
use super::changes::{EventKind, LedgerEvent};
use super::error::CentralBankError;
use super::restore::LoadedCentralBank;
use super::rows::CentralBankRows;
use super::settings::{CentralBankSettings, OperatorOpening};
use super::settlement_mode::{SettlementMode, Shortfall};
use words::{in_words, outcome_in_words};

pub(super) const NET: SettlementMode = SettlementMode::DeferredNet(Shortfall::PartialNet);

/// Four cut-offs a day; every operator opens with 1,000 yuan of e-CNY, reserves of 500 and a cap.
pub(super) fn settings(
    mode: SettlementMode,
    operators: usize,
    cap: Option<i64>,
) -> CentralBankSettings {
    let operator = |number: usize| OperatorOpening {
        code: code(number),
        name: "Bank".into(),
        name_zh: "银行".into(),
        prefix: prefix(number),
        reserves: yuan(1_500),
        stock: yuan(1_000),
        cap: cap.map(yuan),
        credit: Amount::ZERO,
        guarantees: Default::default(),
        bilateral_limits: Vec::new(),
        receiver_cap: None,
        reserved: Default::default(),
    };
    CentralBankSettings {
        regime: Regime::Cash,
        mode,
        changes: Vec::new(),
        funding_window_ms: 0,
        overdrafts: Default::default(),
        cut_offs: CentralBankSettings::equal_cut_offs(4),
        hours: Default::default(),
        haircut_permille: 0,
        lockstep: None,
        operators: (0..operators).map(operator).collect(),
    }
}

pub(super) fn in_lockstep(mut settings: CentralBankSettings) -> CentralBankSettings {
    settings.lockstep = Some(Lockstep { start: noon(), tick_ms: 60_000 });
    settings
}

pub(super) fn noon() -> Timestamp {
    BusinessDate::from_ymd(2022, 8, 24).unwrap().start().plus_ms(12 * 3_600_000)
}

pub(super) fn yuan(yuan: i64) -> Amount {
    Amount::from_fen(yuan * 100).unwrap()
}

pub(super) fn code(number: usize) -> OperatorCode {
    ["A", "B", "C", "D"][number].parse().unwrap()
}

pub(super) fn operator(number: usize) -> OperatorNumber {
    OperatorNumber::at(number)
}

pub(super) fn request(text: &str) -> RequestId {
    text.parse().unwrap()
}

fn prefix(number: usize) -> Prefix {
    Prefix::new(u16::try_from(number).unwrap() + 1).unwrap()
}

pub(super) fn wallet(number: usize) -> WalletNumber {
    WalletNumber::new(prefix(number), WalletKind::Personal, 1).unwrap()
}

pub(super) fn campaign(number: usize) -> WalletNumber {
    WalletNumber::new(prefix(number), WalletKind::Corporate, 1).unwrap()
}

pub(super) fn id(number: u8) -> PaymentId {
    PaymentId([number; 16])
}

#[derive(Clone, Copy, Default)]
struct Peer {
    incarnation: u64,
    sequence: u64,
    advice: u64,
    tick_ended: u64,
}

pub(super) struct TestLedger {
    pub(super) ledger: CentralBankLedger,
    pub(super) now: Timestamp,
    pub(super) alarms: Vec<String>,
    pub(super) disconnected: Vec<usize>,
    pub(super) refused: Vec<(usize, CentralBankError)>,
    pub(super) refused_items: u64,
    /// Every message comes twice.
    pub(super) repeats: bool,
    /// Batches are taken only when something must be read back.
    pub(super) holds: bool,
    seals: Vec<BatchSeal>,
    peers: Vec<Peer>,
    heard: Vec<Vec<String>>,
    payments: u8,
}

impl TestLedger {
    /// A ledger with every operator connected.
    pub(super) fn new(settings: CentralBankSettings) -> Self {
        Self::opened_at(settings, noon())
    }

    /// A ledger that is opened at a time.
    pub(super) fn opened_at(settings: CentralBankSettings, now: Timestamp) -> Self {
        let operators = settings.operators.len();
        let mut test = Self {
            ledger: CentralBankLedger::new(settings, now),
            now,
            alarms: Vec::new(),
            disconnected: Vec::new(),
            refused: Vec::new(),
            refused_items: 0,
            repeats: false,
            holds: false,
            seals: Vec::new(),
            peers: vec![Peer::default(); operators],
            heard: vec![Vec::new(); operators],
            payments: 0,
        };
        test.commit();
        (0..operators).for_each(|number| test.up(number));
        (0..operators).for_each(|number| test.heard[number].clear());
        test
    }

    pub(super) fn net(operators: usize, cap: Option<i64>) -> Self {
        Self::new(settings(NET, operators, cap))
    }

    /// Takes the batch and notes what everybody hears.
    pub(super) fn commit(&mut self) {
        if !self.holds {
            self.take_batch();
        }
    }

    fn take_batch(&mut self) {
        let (changes, effects) = self.ledger.take_batch();
        if !changes.is_empty() {
            let chain = changes.chain;
            self.seals.push(chain.into());
        }
        for (number, message) in effects.messages {
            let number = number.place();
            self.peers[number].advice += message.advices.len() as u64;
            self.peers[number].tick_ended =
                message.tick_end.unwrap_or(self.peers[number].tick_ended);
            self.heard[number].extend(in_words(&message));
        }
        let wrong =
            |event: &LedgerEvent| matches!(event.kind, EventKind::Alarm | EventKind::Refused);
        let alarms = effects.events.into_iter().filter(wrong);
        self.alarms.extend(alarms.map(|event| event.text));
        self.disconnected.extend(effects.disconnect.into_iter().map(OperatorNumber::place));
        let refused = effects.refused.into_iter();
        self.refused.extend(refused.map(|(number, error)| (number.place(), error)));
        self.refused_items += effects.refused_items;
    }

    pub(super) fn registration(&self, number: usize) -> Registration {
        let Peer { advice, tick_ended, .. } = self.peers[number];
        Registration {
            operator: code(number),
            batch: 0,
            head: [0; 32],
            central_bank_batch: 0,
            central_bank_head: [0; 32],
            advice,
            tick_ended,
        }
    }

    /// Registers; nothing has been said again yet.
    pub(super) fn register(&mut self, number: usize) -> Result<OperatorNumber, CentralBankError> {
        self.peers[number].incarnation += 1;
        self.peers[number].sequence = 1;
        let place = LinkPlace { incarnation: self.peers[number].incarnation, sequence: 1 };
        let registered = self.ledger.register(place, &self.registration(number), None, self.now);
        self.commit();
        registered
    }

    pub(super) fn up(&mut self, number: usize) {
        self.register(number).unwrap();
        self.send(number, OperatorMessage { resend_complete: true, ..OperatorMessage::default() });
    }

    pub(super) fn is_up(&self, number: usize) -> bool {
        self.ledger.is_connected(operator(number))
    }

    pub(super) fn down(&mut self, number: usize) {
        self.ledger.link_down(OperatorNumber::at(number), self.peers[number].incarnation);
        self.commit();
    }

    pub(super) fn send(&mut self, number: usize, mut message: OperatorMessage) {
        self.peers[number].sequence += 1;
        let Peer { incarnation, sequence, .. } = self.peers[number];
        message.place = LinkPlace { incarnation, sequence };
        if self.repeats {
            self.ledger.receive(OperatorNumber::at(number), message.clone(), self.now);
        }
        self.ledger.receive(OperatorNumber::at(number), message, self.now);
        self.commit();
    }

    pub(super) fn instruction(
        &self,
        number: u8,
        from: usize,
        to: usize,
        amount: i64,
    ) -> Instruction {
        Instruction {
            id: id(number),
            request_key: RequestKey([number; 16]),
            payer: wallet(from),
            payee: wallet(to),
            amount: yuan(amount),
            submitted_at: self.now,
            expires_at: self.now.plus_ms(if self.ledger.settings().lockstep.is_some() {
                120_000
            } else {
                30_000
            }),
            details: None,
        }
    }

    /// An instruction of which a campaign of an operator pays a part.
    pub(super) fn sponsored(
        &self,
        number: u8,
        [from, sponsor, to]: [usize; 3],
        amount: i64,
        discount: i64,
    ) -> Instruction {
        let discount = Amount::from_sum(Position::from_fen(discount * 100)).unwrap();
        let voucher = Some(Voucher { campaign: campaign(sponsor), discount });
        let details = Details { voucher, ..Details::default() }.boxed();
        Instruction { details, ..self.instruction(number, from, to, amount) }
    }

    /// The next payment, of which a campaign pays a part.
    pub(super) fn pay_with(&mut self, operators: [usize; 3], amount: i64, discount: i64) -> u8 {
        self.payments += 1;
        let instruction = self.sponsored(self.payments, operators, amount, discount);
        self.instruct(operators[0], vec![instruction]);
        self.payments
    }

    /// The answer of a sponsor's operator.
    pub(super) fn fund(&mut self, operator: usize, number: u8, declined: Option<Reason>) {
        let fundings = vec![FundingAnswer { id: id(number), declined, decided_at: self.now }];
        self.send(operator, OperatorMessage { fundings, ..OperatorMessage::default() });
    }

    pub(super) fn instruct(&mut self, from: usize, instructions: Vec<Instruction>) {
        self.send(from, OperatorMessage { instructions, ..OperatorMessage::default() });
    }

    /// The next payment; they are numbered from 1.
    pub(super) fn pay(&mut self, from: usize, to: usize, amount: i64) -> u8 {
        self.payments += 1;
        let instruction = self.instruction(self.payments, from, to, amount);
        self.instruct(from, vec![instruction]);
        self.payments
    }

    /// A payment that its payee's operator accepts.
    pub(super) fn paid(&mut self, from: usize, to: usize, amount: i64) -> u8 {
        let number = self.pay(from, to, amount);
        self.decide(to, number, None);
        number
    }

    pub(super) fn decide(&mut self, operator: usize, number: u8, rejected: Option<Reason>) {
        let decisions = vec![Decision { id: id(number), rejected, decided_at: self.now }];
        self.send(operator, OperatorMessage { decisions, ..OperatorMessage::default() });
    }

    /// The clock moves, as far as business time follows.
    pub(super) fn wait(&mut self, ms: i64) {
        self.now = self.ledger.advance_clock(self.now.plus_ms(ms));
        self.commit();
    }

    pub(super) fn close(&mut self) {
        self.ledger.close_cycle(None, self.now).unwrap();
        self.commit();
    }

    /// What an operator heard since the last call.
    pub(super) fn heard(&mut self, number: usize) -> String {
        std::mem::take(&mut self.heard[number]).join("; ")
    }

    /// Where a payment stands.
    pub(super) fn state(&self, number: u8) -> String {
        let Some(transfer) = self.ledger.transfer(id(number)) else { return "unknown".to_owned() };
        match transfer.outcome() {
            Some(outcome) => outcome_in_words(outcome),
            None => format!("{:?}", transfer.state).to_lowercase(),
        }
    }

    /// The settlement account and the unsettled position of an operator, in yuan.
    pub(super) fn money(&self, number: usize) -> (i64, i64) {
        let account = &self.ledger.accounts()[number];
        let asset = account.settlement_asset(self.ledger.settings().regime);
        (asset.fen() / 100, account.unsettled.fen() / 100)
    }

    pub(super) fn headroom(&self, number: usize) -> Option<i64> {
        self.ledger.accounts()[number].headroom().map(|headroom| headroom.fen() / 100)
    }

    pub(super) fn seals(&self) -> &[BatchSeal] {
        &self.seals
    }

    /// What a store would load.
    pub(super) fn rows(&self) -> LoadedCentralBank {
        let ledger = &self.ledger;
        let mut rows = CentralBankRows::default();
        ledger.rows().for_each(|row| rows.push(row));
        let numbers = ledger.accounts().numbers();
        LoadedCentralBank {
            rows,
            accounts: numbers.map(|number| ledger.account_row(number)).collect(),
            clock: ledger.clock_state(),
            chain: ledger.chain(),
            file: [0; 32],
        }
    }

    /// The process starts again from its file; every link is gone.
    pub(super) fn restart(&mut self) {
        self.restart_under(self.ledger.settings().clone());
    }

    /// The same under other settings.
    pub(super) fn restart_under(&mut self, settings: CentralBankSettings) {
        self.take_batch();
        self.ledger = CentralBankLedger::restore(settings, self.rows()).unwrap();
    }

    /// The process starts again and everybody registers.
    pub(super) fn restart_linked(&mut self) {
        self.restart();
        self.now = self.ledger.advance_clock(self.now);
        (0..self.peers.len()).for_each(|number| self.up(number));
    }

    /// Every invariant holds, and nobody has called an alarm.
    #[track_caller]
    pub(super) fn check(&self) {
        assert_eq!(self.alarms, Vec::<String>::new());
        self.check_audit();
    }

    #[track_caller]
    pub(super) fn check_audit(&self) {
        for invariant in self.ledger.audit(&self.seals) {
            assert!(invariant.ok, "{}: {}", invariant.name, invariant.detail);
        }
    }
}
