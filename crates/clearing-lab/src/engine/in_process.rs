//! The ledgers in this process: the same state machines without network and disk.

mod actions;
mod campaigns;
mod cards;
mod contracts;
mod loans;
mod treasury;
mod wealth;

use clearing_config::ClusterConfig;
use clearing_domain::Ledger as _;
use clearing_domain::central_bank::{CentralBankEffects, CentralBankLedger, EventKind};
use clearing_domain::link::OperatorMessage;
use clearing_domain::money::{
    Amount, OperatorCode, OperatorNumber, PaymentId, Position, RequestId, Timestamp, WalletKind,
    WalletNumber,
};
use clearing_domain::netting::Priority;
use clearing_domain::operator::{Holder, OperatorLedger, TickItem, WalletOrder};

use super::actions::{Acted, Order};
use super::{Books, Engine, EngineError, Ledgers, Standing};
use crate::workload::WalletPlan;
use clearing_cluster::cluster::Member;

/// The central bank and the operators as ledgers whose messages are handed over at once.
#[derive(Debug)]
pub struct InProcess {
    central_bank: CentralBankLedger,
    operators: Vec<OperatorLedger>,
    /// The number of each operator in the central bank's roster.
    numbers: Vec<OperatorNumber>,
    /// Ledgers in lockstep take their time from ticks; this is only what they are created with.
    now: Timestamp,
}

impl InProcess {
    /// Creates the ledgers and connects them.
    pub fn new(config: &ClusterConfig) -> Result<Self, EngineError> {
        let now = config.lockstep.start;
        let mut engine = Self {
            // Nobody would read a chain of hashes that no file keeps.
            central_bank: CentralBankLedger::new(config.central_bank_settings(), now)
                .without_seals(),
            operators: Vec::new(),
            numbers: Vec::new(),
            now,
        };
        for operator in &config.operators {
            let mut ledger =
                OperatorLedger::new(config.operator_settings(operator.code)?).without_seals();
            ledger.list_participants(&operator.indirect);
            engine.connect(ledger)?;
        }
        // Registrations are answered before the first wallet opens, as a process is ready before it
        // serves.
        engine.route()?;
        Ok(engine)
    }

    fn connect(&mut self, mut operator: OperatorLedger) -> Result<(), EngineError> {
        operator.link_up();
        let (_, effects) = operator.take_batch();
        for message in effects.messages {
            if let Some(registration) = &message.registration {
                self.numbers.push(self.central_bank.register(
                    message.place,
                    registration,
                    Some(registration.central_bank_head),
                    self.now,
                )?);
            }
        }
        self.operators.push(operator);
        Ok(())
    }

    /// Hands messages over until there are none.
    fn route(&mut self) -> Result<(), EngineError> {
        loop {
            let (_, effects) = self.central_bank.take_batch();
            // An alarm is something that must never happen: a result after it would be worth
            // nothing.
            check_alarms(&effects)?;
            let mut quiet = effects.messages.is_empty();
            for (number, message) in effects.messages {
                let place = self.numbers.iter().position(|known| *known == number);
                if let Some(operator) = place.and_then(|place| self.operators.get_mut(place)) {
                    operator.receive(message, self.now);
                }
            }
            // Operators answer in their order, so that a run is the same every time.
            for place in 0..self.operators.len() {
                quiet &= !self.collect(place)?;
            }
            if quiet {
                return Ok(());
            }
        }
    }

    fn code(&self, place: usize) -> OperatorCode {
        self.operators[place].settings().code
    }

    /// Takes what an operator has to say to the central bank; says whether it was anything.
    fn collect(&mut self, place: usize) -> Result<bool, EngineError> {
        let operator = &mut self.operators[place];
        let (_, effects) = operator.take_batch();
        if let Some(text) = effects.alarms.into_iter().next() {
            return Err(EngineError::Alarm { who: operator.settings().code.to_string(), text });
        }
        let messages: Vec<OperatorMessage> = effects.messages;
        let some = !messages.is_empty();
        for message in messages {
            self.central_bank.receive(self.numbers[place], message, self.now);
        }
        Ok(some)
    }
}

fn check_alarms(effects: &CentralBankEffects) -> Result<(), EngineError> {
    match effects.events.iter().find(|event| event.kind == EventKind::Alarm) {
        None => Ok(()),
        Some(event) => {
            Err(EngineError::Alarm { who: "central-bank".to_owned(), text: event.text.clone() })
        }
    }
}

impl Engine for InProcess {
    async fn open_wallets(&mut self, wallets: &[Vec<WalletPlan>]) -> Result<(), EngineError> {
        for (operator, plans) in self.operators.iter_mut().zip(wallets) {
            let code = operator.settings().code;
            for plan in plans {
                let order = WalletOrder {
                    request_id: None,
                    kind: plan.number.kind(),
                    class: plan.class,
                    holder: holder_of(plan),
                    opening: plan.opening,
                    content: None,
                };
                let found = operator
                    .open_wallet_for(order, None, plan.participant, self.now)
                    .map_err(|source| EngineError::Operator { operator: code, source })?;
                // The payments were drawn between the numbers of the plan; with another number they
                // would reach somebody else.
                if found != plan.number {
                    return Err(EngineError::WalletNumber {
                        operator: code,
                        found,
                        expected: plan.number,
                    });
                }
            }
        }
        self.route()
    }

    async fn set_priorities(
        &mut self,
        tick: u64,
        priorities: Vec<(PaymentId, Priority)>,
    ) -> Result<(), EngineError> {
        self.central_bank.set_tick_priorities(tick, priorities)?;
        Ok(())
    }

    async fn run_tick(&mut self, tick: u64, lists: &[&[TickItem]]) -> Result<(), EngineError> {
        for (place, list) in lists.iter().enumerate() {
            let merchants = self.merchants(place, list);
            let operator = &mut self.operators[place];
            let code = operator.settings().code;
            let refused = |source| EngineError::Operator { operator: code, source };
            operator.submit_tick_among(&merchants, tick, 0, list, true).map_err(refused)?;
            self.collect(place)?;
        }
        self.central_bank.advance(tick)?;
        self.route()?;
        // The first call lets the tick end, the messages carry its payments, and this one finds
        // whether all of them have been decided.
        if self.central_bank.advance(tick)? {
            return Ok(());
        }
        let missing = self.central_bank.tick_clock().missing;
        let missing = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(EngineError::Stuck { tick, missing })
    }

    async fn standings(&mut self) -> Result<Vec<Standing>, EngineError> {
        let ledger = &self.central_bank;
        let standing = |number: &OperatorNumber| {
            let place = usize::from(*number);
            let account = &ledger.accounts()[place];
            let cycles =
                ledger.cycles().iter().chain(ledger.frozen_cycle()).chain(ledger.open_cycle());
            // While a cycle waits for money only its net is due; what was cleared since belongs to
            // the next.
            let frozen = ledger
                .frozen_cycle()
                .map(|cycle| cycle.positions[place].net + cycle.positions[place].brought);
            Standing {
                net: account.unsettled,
                due: frozen.unwrap_or(account.unsettled),
                sent: cycles.map(|cycle| cycle.positions[place].sent).sum(),
                balance: account.settlement_asset(ledger.settings().regime),
            }
        };
        Ok(self.numbers.iter().map(standing).collect())
    }

    async fn set_active(&mut self, place: usize, active: bool) -> Result<(), EngineError> {
        self.central_bank.set_active(self.code(place), active, self.now)?;
        self.route()
    }

    async fn fund(
        &mut self,
        place: usize,
        sum: Position,
        request_id: &str,
    ) -> Result<(), EngineError> {
        let request_id = RequestId::Text(request_id.into());
        self.central_bank.fund(self.code(place), sum, &request_id, self.now)?;
        self.route()
    }

    async fn books(&mut self) -> Result<Books, EngineError> {
        Ok(self.read_books())
    }

    async fn set_levels(&mut self, levels: &[(PaymentId, Priority)]) -> Result<(), EngineError> {
        for (id, level) in levels {
            self.central_bank.change_priority(*id, *level, self.now)?;
        }
        self.route()
    }

    async fn set_limit(
        &mut self,
        payer: usize,
        payee: usize,
        limit: Option<Amount>,
    ) -> Result<(), EngineError> {
        let (payer, payee) = (self.code(payer), self.code(payee));
        self.central_bank.set_bilateral_limit(payer, payee, limit, self.now)?;
        self.route()
    }

    async fn balance(&mut self, place: usize, wallet: WalletNumber) -> Result<Amount, EngineError> {
        let found = self.operators[place].wallet(wallet);
        Ok(found.map_or(Amount::ZERO, |wallet| wallet.balance))
    }

    async fn act(&mut self, place: usize, orders: &[Order]) -> Result<Vec<Acted>, EngineError> {
        let acted: Result<Vec<_>, _> =
            orders.iter().map(|order| self.carry_out(place, order)).collect();
        // The operator of a sponsor has something to say, too, of what was claimed.
        for operator in 0..self.operators.len() {
            self.collect(operator)?;
        }
        self.route()?;
        acted
    }

    /// There is no process: the ledgers are as they would be after it.
    async fn crash(&mut self, _: Member) -> Result<(), EngineError> {
        Ok(())
    }

    async fn finish(self) -> Result<Ledgers, EngineError> {
        Ok(Ledgers {
            central_bank: self.central_bank,
            operators: self.operators,
            faults: Vec::new(),
            treasuries: Vec::new(),
        })
    }
}

/// The holder of a planned wallet.
fn holder_of(plan: &WalletPlan) -> Holder {
    let kind = plan.number.kind();
    if plan.is_known && matches!(kind, WalletKind::Personal) {
        actions::known_holder(plan.number)
    } else {
        holder(kind)
    }
}

/// The holder of a wallet in a run: people have shown everything, legal entities have a name.
pub(crate) fn holder(kind: WalletKind) -> Holder {
    match kind {
        WalletKind::Personal | WalletKind::Hard => Holder::verified(None),
        WalletKind::Merchant => Holder::verified(Some("merchant")),
        WalletKind::Corporate => Holder::verified(Some("company")),
        WalletKind::Government => Holder::verified(Some("authority")),
        WalletKind::Operator => Holder::verified(Some("operator")),
    }
}
