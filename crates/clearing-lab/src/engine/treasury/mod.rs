//! The treasurers of a run: they decide between ticks, so that every engine sees their decisions at
//! the same place.

mod desk;
mod expected;
mod observation;
mod record;
mod rules;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clearing_config::ClusterConfig;
use clearing_domain::money::{
    Amount, OperatorCode, PaymentId, Position, Prefix, Timestamp, WalletNumber,
};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;
use clearing_domain::{Lockstep, Regime};

use crate::experiment::{Experiment, Policy};

use super::ticks::ticks_of_day;
use super::{Engine, EngineError};
use expected::{DayFlows, waits};
use rules::Rules;

pub use desk::{Desk, DeskError, DeskRefusal, DeskService};
pub use expected::Expected;
pub use observation::{Clock, Counterparty, Decision, Observation, Outgoing};
pub use record::TreasuryRecord;

/// What the central bank's books show between ticks; operators are in the order of the
/// configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// What each can settle with.
    pub balances: Vec<Position>,
    /// What each may pay others on the day, net, where that is limited.
    pub limits: Vec<BTreeMap<usize, Amount>>,
    /// What the first of a pair has paid the second on the day.
    pub flows: Vec<Vec<Position>>,
    /// The payments that wait, in queue order.
    pub queue: Vec<Queued>,
}

/// A payment that waits in the central bank's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The payment.
    pub id: PaymentId,
    /// Who pays, as a place in the configuration.
    pub payer: usize,
    /// Who is paid.
    pub payee: usize,
    /// How much.
    pub amount: Amount,
    /// Where it stands.
    pub level: Priority,
    /// When its payer submitted it.
    pub at: Timestamp,
}

/// The treasurers of a run and what they have done.
pub(super) struct Treasuries {
    cluster: ClusterConfig,
    places: HashMap<Prefix, usize>,
    treasurers: Vec<Treasurer>,
    desk: Option<Desk>,
    day: DayFlows,
    records: Vec<TreasuryRecord>,
}

/// What treasurers see before a tick, each its part.
struct Seen<'a> {
    lists: &'a [&'a [TickItem]],
    own_levels: &'a HashMap<PaymentId, Priority>,
    books: Books,
    /// What each operator has in the queue for each other.
    waiting: Vec<Vec<Position>>,
    room: Position,
}

/// Who decides for an operator.
enum Treasurer {
    Nobody,
    Rules(Rules),
    Outside,
}

impl Treasuries {
    /// The treasurers of an experiment; those outside decide at a desk.
    pub(super) fn new(experiment: &Experiment, desk: Option<Desk>) -> Result<Self, EngineError> {
        let cluster = experiment.cluster.clone();
        let places = cluster.operators.iter().enumerate();
        let places = places.map(|(place, operator)| (operator.prefix, place)).collect();
        let codes = cluster.operators.iter().map(|operator| operator.code);
        let policies: Vec<Vec<Policy>> =
            codes.clone().map(|code| policies(experiment, code)).collect();
        let records = codes.zip(&policies);
        let records = records.map(|(code, policies)| TreasuryRecord::new(code, policies)).collect();
        let treasurers: Vec<_> = policies.into_iter().map(treasurer).collect();
        if desk.is_none() && treasurers.iter().any(|one| matches!(one, Treasurer::Outside)) {
            return Err(EngineError::NoDesk);
        }
        let day = DayFlows::default();
        Ok(Self { cluster, places, treasurers, desk, day, records })
    }

    /// Whether nobody decides anything.
    pub(super) fn are_none(&self) -> bool {
        self.treasurers.iter().all(|one| matches!(one, Treasurer::Nobody))
    }

    /// A day begins, with these payments.
    pub(super) fn begin(&mut self, lists: &[Vec<TickItem>]) {
        if !self.are_none() {
            let places = &self.places;
            self.day = DayFlows::new(lists, |wallet| place_of(places, wallet));
        }
    }

    /// Lets every treasurer decide before a tick, and carries the decisions out. Answers where
    /// payments of the tick stand that have not come yet.
    pub(super) async fn before<E: Engine>(
        &mut self,
        clock: (u32, u64),
        lists: &[&[TickItem]],
        (own_levels, away): (&HashMap<PaymentId, Priority>, &[bool]),
        engine: &mut E,
    ) -> Result<Vec<(PaymentId, Priority)>, EngineError> {
        if self.are_none() {
            return Ok(Vec::new());
        }
        let clock = self.clock(clock);
        let books = engine.books().await?;
        let seen =
            Seen { lists, own_levels, waiting: waiting(&books), room: self.room(&books), books };
        let is_decided = |place: &usize| !matches!(self.treasurers[*place], Treasurer::Nobody);
        let observe = |place| (place, self.observe(place, clock, &seen, away[place]));
        let observations: Vec<_> =
            (0..self.treasurers.len()).filter(is_decided).map(observe).collect();
        let mut decisions = self.decide(&observations).await?;
        let mut coming = Vec::new();
        for (place, observation) in &observations {
            let Some(decision) = decisions.get(place) else { continue };
            // Also of built-in rules: what would not be carried out must not look as if it were.
            let code = observation.operator;
            let refused =
                |(field, message)| EngineError::Decision { operator: code, field, message };
            observation.check(decision).map_err(refused)?;
            self.records[*place].note(observation, decision);
            coming.extend(self.carry_out(*place, observation, decision, engine).await?);
        }
        for (place, record) in self.records.iter_mut().enumerate() {
            let fund = decisions.remove(&place).unwrap_or_default().fund;
            record.open(clock.tick_of_day, seen.books.balances[place], fund);
        }
        Ok(coming)
    }

    /// Decides for each operator that somebody decides for. Nothing leaves one that is away.
    async fn decide(
        &mut self,
        observations: &[(usize, Observation)],
    ) -> Result<BTreeMap<usize, Decision>, EngineError> {
        let is_outside = |place: usize| matches!(self.treasurers[place], Treasurer::Outside);
        let outside = observations.iter().filter(|(place, _)| is_outside(*place));
        let shown: Vec<_> = outside.map(|(_, observation)| observation.clone()).collect();
        let mut decided = BTreeMap::new();
        if let Some(desk) = self.desk.as_mut().filter(|_| !shown.is_empty()) {
            decided = desk.decide(shown).await?;
        }
        let mut decisions = BTreeMap::new();
        for (place, observation) in observations {
            let decision = match &mut self.treasurers[*place] {
                Treasurer::Nobody => continue,
                Treasurer::Rules(rules) => rules.decide(observation),
                Treasurer::Outside => decided.remove(&observation.operator).unwrap_or_default(),
            };
            if !observation.away {
                decisions.insert(*place, decision);
            }
        }
        Ok(decisions)
    }

    /// How much each treasurer may bring in at once, so that what all of them bring fits into the
    /// books of the central bank, and into one call.
    fn room(&self, books: &Books) -> Position {
        let credit = self.cluster.operators.iter().map(|operator| operator.credit.position());
        let balances = books.balances.iter().copied();
        let held: i128 = balances.chain(credit).map(|sum| i128::from(sum.fen().max(0))).sum();
        let left = i128::from(Amount::SUM_MAX.fen()) - held;
        let each = left / self.treasurers.len().max(1) as i128;
        let most = i128::from(Amount::MAX.fen());
        Position::from_fen(i64::try_from(each.clamp(0, most)).unwrap_or_default())
    }

    async fn carry_out<E: Engine>(
        &self,
        place: usize,
        observation: &Observation,
        decision: &Decision,
        engine: &mut E,
    ) -> Result<Vec<(PaymentId, Priority)>, EngineError> {
        if !decision.fund.is_zero() {
            let request = format!("treasury-{}-{}", observation.operator, observation.clock.tick);
            engine.fund(place, decision.fund, &request).await?;
        }
        for (code, limit) in &decision.limits {
            let mut operators = self.cluster.operators.iter();
            if let Some(payee) = operators.position(|operator| operator.code == *code) {
                engine.set_limit(place, payee, *limit).await?;
            }
        }
        let queue: BTreeSet<_> = observation.queue.iter().map(|payment| payment.id).collect();
        let (waiting, coming): (Vec<_>, Vec<_>) =
            decision.levels.iter().copied().partition(|(id, _)| queue.contains(id));
        if !waiting.is_empty() {
            engine.set_levels(&waiting).await?;
        }
        Ok(coming)
    }

    fn clock(&self, (day, tick): (u32, u64)) -> Clock {
        let lockstep: &Lockstep = &self.cluster.lockstep;
        let of_day = ticks_of_day(lockstep, day);
        let tick_of_day = tick + 1 - of_day.start();
        Clock {
            day: day + 1,
            tick,
            tick_of_day,
            ticks_per_day: of_day.end() + 1 - of_day.start(),
            at: lockstep.end_of(tick),
            ms_of_day: i64::try_from(tick_of_day)
                .unwrap_or(i64::MAX)
                .saturating_mul(lockstep.tick_ms),
        }
    }

    fn observe(&self, place: usize, clock: Clock, seen: &Seen<'_>, away: bool) -> Observation {
        let (operator, books) = (&self.cluster.operators[place], &seen.books);
        let balance = books.balances[place];
        let own_level = |id: &PaymentId| seen.own_levels.get(id).copied().unwrap_or_default();
        // The central bank's day ends with the first payment of the next.
        let flow = |payer: usize, payee: usize| {
            if clock.tick_of_day == 1 { Position::ZERO } else { books.flows[payer][payee] }
        };
        let others = (0..self.treasurers.len()).filter(|other| *other != place);
        let code = |place: usize| self.cluster.operators[place].code;
        let earmarked = operator.guarantees.earmarked.position();
        Observation {
            operator: operator.code,
            clock,
            balance,
            credit: operator.credit,
            free: (self.cluster.regime == Regime::Deposit).then(|| balance - earmarked),
            brought: self.records[place].brought(),
            room: seen.room,
            away,
            sent: others.clone().map(|other| flow(place, other)).sum(),
            received: others.clone().map(|other| flow(other, place)).sum(),
            expected: self.day.of(place),
            queue: self.queue(place, books, own_level),
            coming: self.coming(place, seen.lists[place], own_level),
            counterparties: others
                .map(|other| Counterparty {
                    operator: code(other),
                    sent: flow(place, other),
                    received: flow(other, place),
                    waiting: seen.waiting[other][place],
                    limit: books.limits[place].get(&other).copied(),
                    expected: self.day.between(place, other),
                })
                .collect(),
        }
    }

    /// What an operator has in the queue.
    fn queue(
        &self,
        place: usize,
        books: &Books,
        own_level: impl Fn(&PaymentId) -> Priority,
    ) -> Vec<Outgoing> {
        let own = books.queue.iter().filter(|payment| payment.payer == place);
        let mut queue: Vec<_> = own
            .map(|payment| Outgoing {
                id: payment.id,
                payee: self.cluster.operators[payment.payee].code,
                amount: payment.amount,
                level: payment.level,
                own_level: own_level(&payment.id),
                at: payment.at,
            })
            .collect();
        queue.sort_by_key(|payment| (payment.at, payment.id));
        queue
    }

    /// What the tick brings to pay to other operators.
    fn coming(
        &self,
        place: usize,
        list: &[TickItem],
        own_level: impl Fn(&PaymentId) -> Priority,
    ) -> Vec<Outgoing> {
        let outgoing = |item: &TickItem| {
            let payee = place_of(&self.places, item.payee).filter(|payee| *payee != place)?;
            let level = own_level(&item.id);
            Some(Outgoing {
                id: item.id,
                payee: self.cluster.operators[payee].code,
                amount: item.amount,
                level,
                own_level: level,
                at: item.at,
            })
        };
        let mut coming: Vec<_> =
            list.iter().filter(|item| waits(item)).filter_map(outgoing).collect();
        coming.sort_by_key(|payment| (payment.at, payment.id));
        coming
    }

    /// The run is over: what became of every operator, if somebody decided for any.
    pub(super) fn finish(self) -> Vec<TreasuryRecord> {
        let nobody = self.are_none();
        if let Some(desk) = self.desk {
            desk.finish();
        }
        if nobody { Vec::new() } else { self.records }
    }
}

fn policies(experiment: &Experiment, code: OperatorCode) -> Vec<Policy> {
    let rules = experiment.treasuries.iter();
    let own = rules.filter(|rule| rule.operator.is_none_or(|operator| operator == code));
    own.map(|rule| rule.policy.clone()).collect()
}

fn treasurer(policies: Vec<Policy>) -> Treasurer {
    if policies.contains(&Policy::Outside) {
        Treasurer::Outside
    } else if policies.is_empty() {
        Treasurer::Nobody
    } else {
        Treasurer::Rules(Rules::new(policies))
    }
}

fn place_of(places: &HashMap<Prefix, usize>, wallet: WalletNumber) -> Option<usize> {
    places.get(&wallet.prefix()).copied()
}

/// What each operator has in the queue for each other.
fn waiting(books: &Books) -> Vec<Vec<Position>> {
    let operators = books.balances.len();
    let mut sums = vec![vec![Position::ZERO; operators]; operators];
    for payment in &books.queue {
        sums[payment.payer][payment.payee] += payment.amount;
    }
    sums
}
