//! The code against the model: whatever walk the model takes, the ledgers take it with the same
//! states in memory and on disk, the same messages on the wires and the same money.

use clearing_domain::central_bank::{CentralBankLedger, TransferState};
use clearing_domain::money::CycleId;
use clearing_domain::operator::{
    Account, FundingState, InboundState, OperatorLedger, PaymentState,
};
use clearing_model::{Action, Bank, Budget, Config, Ids, Inbound, Operator, Rule, State};
use stateright::Model;

use crate::random::Random;
use crate::replay::Replay;
use crate::settings::payment;

/// What a file knows of each payment, and the money it keeps.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    payments: Vec<Option<PaymentState>>,
    inbound: Vec<Option<InboundState>>,
    /// Uncleared, in transit and the positions of the two cycles, in yuan.
    money: [i64; 4],
}

fn known(config: &Config, ledger: &OperatorLedger) -> Known {
    let accounts = [
        Account::Uncleared,
        Account::InTransit,
        Account::Position(CycleId::FIRST),
        Account::Position(CycleId::FIRST.next()),
    ];
    Known {
        payments: config
            .ids()
            .map(|id| {
                let paid = ledger.payment(payment(id)).map(|payment| payment.state);
                paid.or_else(|| ledger.funding(payment(id)).map(|leg| as_payment(leg.state)))
            })
            .collect(),
        inbound: config
            .ids()
            .map(|id| ledger.transfer(payment(id)).map(|inbound| inbound.state))
            .collect(),
        money: accounts.map(|account| ledger.accounts().balance(account).fen() / 100),
    }
}

/// In the model a leg that a sponsor holds stands where a payment does.
fn as_payment(leg: FundingState) -> PaymentState {
    match leg {
        FundingState::Funded => PaymentState::InTransit,
        FundingState::Declined => PaymentState::Rejected,
        FundingState::Redeemed => PaymentState::Completed,
        FundingState::Returned => PaymentState::Returned,
    }
}

fn expected(config: &Config, ledger: &Operator) -> Known {
    let inbound = |inbound: Option<Inbound>| match inbound {
        Some(Inbound::Is(state)) => Some(state),
        Some(Inbound::Dropped) => Some(InboundState::Rejected),
        None => None,
    };
    let [first, second] = ledger.position_view;
    Known {
        payments: config.ids().map(|id| ledger.payments[id]).collect(),
        inbound: config.ids().map(|id| inbound(ledger.inbound[id])).collect(),
        money: [ledger.uncleared, ledger.in_transit, first, second].map(i64::from),
    }
}

fn transfers(
    config: &Config,
    ledger: &CentralBankLedger,
) -> (Vec<Option<TransferState>>, Vec<i64>) {
    let states = config
        .ids()
        .map(|id| ledger.transfer(payment(id)).map(|transfer| transfer.state))
        .collect();
    (states, ledger.accounts().iter().map(|account| account.unsettled.fen() / 100).collect())
}

fn expected_transfers(config: &Config, bank: &Bank) -> (Vec<Option<TransferState>>, Vec<i64>) {
    let state = |id: usize| Some(bank.rows[id]?.standing);
    let unsettled = (0..config.operators).map(|operator| i64::from(bank.unsettled(operator)));
    (config.ids().map(state).collect(), unsettled.collect())
}

/// Compares everything.
fn compare(config: &Config, replay: &Replay, model: &State) -> Result<(), String> {
    for (number, operator) in replay.operators.iter().enumerate() {
        let mut durable = operator.disk.clone();
        durable.lose(durable.unsynced());
        let durable = durable.restore(operator.settings);
        let of_model = model.operators[number];
        same("memory", known(config, &operator.ledger), expected(config, &of_model.live))?;
        same("disk", known(config, &durable), expected(config, &of_model.disk))?;
        same("link", operator.ledger.link_phase(), model.phases[number])?;
        let (wire, of_model) = (&replay.wires[number], &model.wires[number]);
        same("to the central bank", wire.to_bank.len(), of_model.to_bank.len())?;
        same("to the operator", wire.to_operator.len(), of_model.to_operator.len())?;
        same("on the old wire", replay.old[number].to_bank.len(), model.old[number].to_bank.len())?;
    }
    let mut durable = replay.bank_disk.clone();
    durable.lose(durable.unsynced());
    let durable = durable.restore(replay.bank_settings.clone());
    same(
        "central bank",
        transfers(config, &replay.bank),
        expected_transfers(config, &model.bank.live),
    )?;
    same(
        "central bank's disk",
        transfers(config, &durable),
        expected_transfers(config, &model.bank.disk),
    )?;
    same("alarms", replay.alarms.as_slice(), &[])
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, code: T, model: T) -> Result<(), String> {
    if code == model {
        Ok(())
    } else {
        Err(format!("{what}: {code:?}, but in the model {model:?}"))
    }
}

/// Takes one walk; says how many steps it had, or where the code left it.
fn walk(config: &Config, seed: u64) -> Result<usize, String> {
    let mut random = Random(seed);
    let mut model = State::new(config);
    let mut replay = Replay::new(config);
    compare(config, &replay, &model)?;
    let mut taken = Vec::new();
    for _ in 0..120 {
        let mut actions = Vec::new();
        config.actions(&model, &mut actions);
        actions.retain(|action| replay.can(action, &model));
        if actions.is_empty() {
            break;
        }
        let mut action = actions[random.below(actions.len())];
        if matches!(action, Action::Crash { .. } | Action::Break(_)) && random.below(4) > 0 {
            // Faults are spread over the walk.
            action = actions[random.below(actions.len())];
        }
        taken.push(action);
        replay.apply(action, &model);
        let next = config.next_state(&model, action);
        model = next.unwrap_or(model);
        compare(config, &replay, &model)
            .map_err(|error| format!("seed {seed}: {error} after {taken:#?}"))?;
    }
    Ok(taken.len())
}

/// What the code has of the model: refusals above the cap, and the clock but for midnight.
fn of_the_code(config: Config) -> Config {
    let budget = Budget { crashes: 3, breaks: 3, closes: 1, ..Budget::default() };
    let every: Ids = config.ids().collect();
    Config { budget, may_expire: every, may_reject: every, day_ends: false, ..config }
}

#[track_caller]
fn check(config: Config) {
    let config = of_the_code(config);
    let walked = (0..2_000).map(|seed| walk(&config, seed));
    let steps: usize = walked.map(|walked| walked.unwrap_or_else(|error| panic!("{error}"))).sum();
    assert!(steps > 50_000, "only {steps} steps");
    println!("{}: {steps} steps", config.name);
}

#[test]
fn the_ledgers_follow_one_payment() {
    check(Config::one_payment());
}

#[test]
fn the_ledgers_follow_payments_under_a_cap() {
    check(Config::capped());
}

#[test]
fn the_ledgers_follow_payments_in_both_directions() {
    check(Config { caps: [Some(1); 3], opening: [1, 1, 0], ..Config::to_and_fro() });
}

#[test]
fn the_ledgers_follow_a_voucher() {
    check(Config::voucher());
}

#[test]
fn the_ledgers_follow_a_voucher_of_the_payees_operator() {
    check(Config::voucher_of_payee());
}

#[test]
fn the_ledgers_follow_a_voucher_inside_an_operator() {
    check(Config::voucher_inside());
}

/// Without a rule the model goes ways that the ledgers do not, and a walk must notice.
#[track_caller]
fn check_noticed(rule: Rule) {
    let config = of_the_code(Config { opening: [1, 1, 0], ..Config::to_and_fro() }).without(rule);
    let left = (0..4_000).find_map(|seed| walk(&config, seed).err());
    let left = left.unwrap_or_else(|| panic!("no walk notices that the model lacks {rule:?}"));
    println!("without {rule:?}: {}", left.lines().next().unwrap_or_default());
}

#[test]
fn a_model_that_lacks_a_rule_of_the_code_is_noticed() {
    let rules = [
        Rule::DurableAdmission,
        Rule::DeliveredBeforeSent,
        Rule::DeliveredEndsOnlyByPayee,
        Rule::RefusalsAreRows,
        Rule::RefusalsAreFinal,
        Rule::RevokeWritesRow,
        Rule::ReturnIsNeverRefused,
        Rule::InstructAfterCommit,
        Rule::DecisionAfterCommit,
        Rule::NoticeAfterCommit,
        Rule::ReplyAfterCommit,
        Rule::ResendAfterRegistration,
        Rule::DecisionsBeforeInstructions,
        Rule::NoticesBeforeSettlement,
    ];
    rules.into_iter().for_each(check_noticed);
}
