//! The wallets and payments of a script, beside those of the workload.

use std::collections::BTreeMap;

use clearing_config::ClusterConfig;
use clearing_domain::Details;
use clearing_domain::details::{BillReference, Voucher};
use clearing_domain::money::{
    Amount, BusinessDate, OperatorCode, PaymentId, Prefix, WalletKind, WalletNumber,
};
use clearing_domain::operator::{CampaignKind, TickItem};

use super::apportion::apportion;
use super::draws::Draws;
use super::{WalletPlan, WorkloadError};
use crate::experiment::Script;
use crate::experiment::script::{ActionKind, NamedWallets, Ratio, Series};

/// The words of a payment's block.
mod word {
    pub(super) const TIME: usize = 0;
    pub(super) const PAYEE: usize = 1;
    pub(super) const AMOUNT: usize = 2;
    pub(super) const HABIT: usize = 3;
    pub(super) const SHARE: usize = 4;
}

/// The payments of scripts have sequences of their own, which those of a workload never reach.
const SEQUENCES: u64 = 1 << 63;
/// How many payments a series has room for.
const OF_A_SERIES: u32 = 40;
/// Those that a habit adds come behind its own ones, which never are so many.
const HABITS: u64 = 1 << (OF_A_SERIES - 1);

/// A wallet with a name, and the place of its operator in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The place of its operator.
    pub operator: usize,
    /// Its number.
    pub number: WalletNumber,
}

/// A payment of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its identity.
    pub id: PaymentId,
    /// Who pays.
    pub payer: Named,
    /// Who is paid.
    pub payee: Named,
    /// How much is due.
    pub due: Amount,
    /// The bill that is published for it, if it has one.
    pub reference: Option<BillReference>,
    /// Whether it spends money of the campaign of its series.
    pub of_campaign: bool,
}

/// The script of an experiment with its wallets.
#[derive(Clone, Debug)]
pub(super) struct Scripted {
    seed: u64,
    operators: Vec<OperatorCode>,
    script: Script,
    /// All wallets of the run.
    wallets: Vec<Vec<WalletPlan>>,
    /// The wallets of each name, in an order that is drawn.
    named: Vec<Vec<Named>>,
    /// The pools of the campaigns.
    campaigns: Vec<Option<Named>>,
    draws: Vec<Draws>,
}

impl Scripted {
    /// Adds the wallets of a script to those of a workload, whose numbers come first.
    pub(super) fn new(
        seed: u64,
        config: &ClusterConfig,
        script: &Script,
        mut wallets: Vec<Vec<WalletPlan>>,
    ) -> Result<Self, WorkloadError> {
        let mut serials = Serials::of(&wallets);
        let mut named = Vec::with_capacity(script.wallets.len());
        for group in &script.wallets {
            let draws = Draws::new(seed, &format!("wallet {}", group.name));
            let mut members = Vec::new();
            for (operator, count) in counts(config, script, group).into_iter().enumerate() {
                let prefix = config.operators[operator].prefix;
                for _ in 0..count {
                    let number =
                        serials.next(prefix, group.kind).ok_or(WorkloadError::TooManyWallets {
                            operator: config.operators[operator].code,
                        })?;
                    let NamedWallets { class, opening, participant, .. } = *group;
                    let plan = WalletPlan { number, class, opening, is_known: true, participant };
                    wallets[operator].push(plan);
                    members.push(Named { operator, number });
                }
            }
            // A series pays from one after the other: in the order of their numbers the payers of
            // its first half would all be of the first operators.
            members.sort_by_cached_key(|named| draws.of(named.number.as_u64()).below(0, u64::MAX));
            named.push(members);
        }
        let campaigns = pools(config, script, &named, &mut serials);
        let draws = |series: &Series| Draws::new(seed, &format!("series {}", series.name));
        Ok(Self {
            seed,
            operators: config.operators.iter().map(|operator| operator.code).collect(),
            draws: script.series.iter().map(draws).collect(),
            script: script.clone(),
            wallets,
            named,
            campaigns,
        })
    }

    pub(super) fn wallets(&self) -> &[Vec<WalletPlan>] {
        &self.wallets
    }

    /// The wallets of the names, in the order of the script.
    pub(super) fn named(&self) -> &[Vec<Named>] {
        &self.named
    }

    /// The wallets of the pools of campaigns, in the order of the script; `None` of one that no action
    /// creates, or that is not held.
    pub(super) fn campaigns(&self) -> &[Option<Named>] {
        &self.campaigns
    }

    /// How many payments so many series have in all.
    pub(super) fn payments(&self) -> u64 {
        (0..self.script.series.len()).map(|place| self.payments_of(place)).sum()
    }

    fn payments_of(&self, place: usize) -> u64 {
        let series = &self.script.series[place];
        self.script.payments_a_day(series) * series.days.len() as u64
    }

    /// The payments of a series in their order, those of a day together.
    pub(super) fn series(&self, place: usize) -> impl Iterator<Item = Planned> + '_ {
        (0..self.payments_of(place)).filter_map(move |index| self.planned(place, index))
    }

    /// The payments that a habit may add to a series, those of a day together.
    pub(super) fn habits(&self, place: usize) -> impl Iterator<Item = Planned> + '_ {
        let days = 0..self.script.series[place].days.len();
        days.flat_map(move |nth| self.habitual(place, nth as u64)).map(|(_, planned)| planned)
    }

    /// The payments of a series on a day of the run, counted from 0: its own, and those that a habit
    /// may add; `None` on a day that is none of the series.
    pub(super) fn series_on(&self, place: usize, day: u32) -> Option<[Vec<Planned>; 2]> {
        let nth = self.nth(place, day)?;
        let own = self.own(place, nth).map(|(_, planned)| planned);
        Some([own.collect(), self.habitual(place, nth).map(|(_, planned)| planned).collect()])
    }

    /// Which of the days of a series a day of the run is, both counted from 0.
    fn nth(&self, place: usize, day: u32) -> Option<u64> {
        let mut days = self.script.series[place].days.iter();
        days.position(|one| *one == day + 1).map(|nth| nth as u64)
    }

    /// The own payments of a series on one of its days, with their indices.
    fn own(&self, place: usize, nth: u64) -> impl Iterator<Item = (u64, Planned)> + '_ {
        let count = self.script.payments_a_day(&self.script.series[place]);
        let indices = nth * count..(nth + 1) * count;
        indices.filter_map(move |index| Some((index, self.planned(place, index)?)))
    }

    /// The payments that a habit may add on a day of a series: one of each wallet that has none of
    /// its own then, where the draw keeps the habit. A smaller chance leaves some of them out and
    /// changes no other, and no payment of a run depends on what the habit of others adds.
    fn habitual(&self, place: usize, nth: u64) -> impl Iterator<Item = (u64, Planned)> + '_ {
        let series = &self.script.series[place];
        let payers = &self.named[series.from];
        let payers = if series.sticky > Ratio::NONE { &payers[..] } else { &[] };
        let (all, count) = (payers.len() as u64, self.script.payments_a_day(series));
        // Who pays by itself on a day comes after those of the day before.
        let has_own = move |number: u64| (number + all - nth * count % all) % all < count;
        let without = (0..).zip(payers).filter(move |(number, _)| !has_own(*number));
        without.filter_map(move |(number, payer)| {
            let index = HABITS | (nth * all + number);
            let drawn = self.draws[place].of(index).below(word::HABIT, Ratio::DRAWS);
            let kept = series.sticky.contains(drawn);
            Some((index, self.payment(place, index, *payer).filter(|_| kept)?))
        })
    }

    /// One payment of a series; `None` where nobody has one of its names.
    fn planned(&self, place: usize, index: u64) -> Option<Planned> {
        let series = &self.script.series[place];
        if let Some((of, every)) = series.redeems {
            let original = self.planned(of, (index + 1) * every - 1)?;
            let (payer, payee) = (original.payee, original.payer);
            let id = self.id(place, index, payer);
            let of_campaign = series.campaign.is_some();
            return Some(Planned { id, payer, payee, reference: None, of_campaign, ..original });
        }
        let payers = &self.named[series.from];
        let payer = *payers.get(usize::try_from(index % payers.len().max(1) as u64).ok()?)?;
        self.payment(place, index, payer)
    }

    /// The payment of a wallet with the draws of an index.
    fn payment(&self, place: usize, index: u64, payer: Named) -> Option<Planned> {
        let series = &self.script.series[place];
        let payees = &self.named[series.to];
        // The bill is of the other series: its payee and its sum are those of the payment there.
        let of = series.bills.unwrap_or(place);
        let index_there = series.bills.map_or(index, |of| index % self.payments_of(of).max(1));
        let block = self.draws[of].of(index_there);
        let drawn = block.below(word::PAYEE, payees.len() as u64) as usize;
        let payee = *payees.get(drawn)?;
        let payee = if payee == payer { payees[(drawn + 1) % payees.len()] } else { payee };
        let [least, most] = series.amount.map(Amount::fen);
        let more = block.below(word::AMOUNT, (most - least).unsigned_abs() + 1);
        let due = Amount::from_fen(least.saturating_add_unsigned(more)).ok()?;
        let reference = series.bills.map(|of| self.reference(of, index_there));
        let id = self.id(place, index, payer);
        let is_in_share = series.share.contains(block.below(word::SHARE, Ratio::DRAWS));
        let of_campaign = series.campaign.is_some() && is_in_share;
        Some(Planned { id, payer, payee, due, reference: reference.flatten(), of_campaign })
    }

    fn id(&self, place: usize, index: u64, payer: Named) -> PaymentId {
        let sequence = SEQUENCES | (place as u64) << OF_A_SERIES | index;
        PaymentId::in_run(self.seed, self.operators[payer.operator], sequence)
    }

    /// The part of each payment that the campaign of a series pays.
    fn voucher(&self, series: &Series) -> Option<Voucher> {
        let place = series.campaign?;
        let campaign = &self.script.campaigns[place];
        let pool = self.campaigns[place].filter(|_| campaign.kind == CampaignKind::Voucher)?;
        Some(Voucher { campaign: pool.number, discount: campaign.face })
    }

    fn reference(&self, place: usize, index: u64) -> Option<BillReference> {
        // A reference is its biller's own, so that the name of a part says nothing more.
        let name = self.script.series[place].name.rsplit('.').next()?;
        format!("{name}-{:05}", index + 1).parse().ok()
    }

    /// Adds the payments of a day, counted from 0, to the lists of the operators.
    pub(super) fn add_day(
        &self,
        day: u32,
        date: BusinessDate,
        lists: &mut [Vec<TickItem>],
        references: &mut Vec<(PaymentId, String)>,
    ) {
        for (place, series) in self.script.series.iter().enumerate() {
            let Some(nth) = self.nth(place, day) else { continue };
            for (index, planned) in self.own(place, nth).chain(self.habitual(place, nth)) {
                let reference = match index.checked_sub(HABITS) {
                    None => format!("{}/{}", series.name, index + 1),
                    Some(habit) => format!("{}/habit-{}", series.name, habit + 1),
                };
                references.push((planned.id, reference));
                let operator = planned.payer.operator;
                lists[operator].push(self.item(series, place, index, date, planned));
            }
        }
        // Stable, so that payments of one time stay in the order of the script.
        lists.iter_mut().for_each(|list| list.sort_by_key(|item| item.at));
    }

    fn item(
        &self,
        series: &Series,
        place: usize,
        index: u64,
        date: BusinessDate,
        planned: Planned,
    ) -> TickItem {
        let Planned { id, payer, payee, due, reference, of_campaign } = planned;
        let span = (series.until - series.begin).unsigned_abs();
        let after = self.draws[place].of(index).below(word::TIME, span);
        let voucher = self.voucher(series).filter(|_| of_campaign);
        let details =
            Details { purpose: series.purpose, bill: reference, voucher, ..Details::default() };
        TickItem {
            id,
            payer: payer.number,
            payee: payee.number,
            amount: due.checked_sub(series.short).unwrap_or(due),
            at: date.at(series.begin.saturating_add_unsigned(after)),
            details: details.boxed(),
        }
    }
}

/// The wallets that campaigns will have: the next ones of their sponsors' kinds, in the order in
/// which actions create them.
fn pools(
    config: &ClusterConfig,
    script: &Script,
    named: &[Vec<Named>],
    serials: &mut Serials,
) -> Vec<Option<Named>> {
    let mut pools = vec![None; script.campaigns.len()];
    let mut created: Vec<_> = script
        .actions
        .iter()
        .filter_map(|action| {
            let ActionKind::CreateCampaign(place) = action.kind else { return None };
            let tick = config.lockstep.ticks_by(action.at);
            script.campaigns[place].is_held.then_some((tick, place))
        })
        .collect();
    // Stable: actions of one tick are carried out in the order of the file, whatever their times.
    created.sort_by_key(|(tick, _)| *tick);
    for (_, place) in created {
        let sponsor = named[script.campaigns[place].sponsor].first();
        let Some(Named { operator, number }) = sponsor.copied() else { continue };
        let number = serials.next(config.operators[operator].prefix, number.kind());
        pools[place] = number.map(|number| Named { operator, number });
    }
    pools
}

/// How many wallets of a name each operator opens.
fn counts(config: &ClusterConfig, script: &Script, group: &NamedWallets) -> Vec<u64> {
    let all = script.scale.of(group.count);
    let weight = |operator: &clearing_config::OperatorConfig| match group.operator {
        Some(code) if code == operator.code => 1.0,
        Some(_) => 0.0,
        None if !group.operators.is_empty() && !group.operators.contains(&operator.code) => 0.0,
        None => f64::from(operator.weight),
    };
    apportion(all, &config.operators.iter().map(weight).collect::<Vec<_>>())
}

/// The next serial number of each kind of wallet at each operator.
struct Serials(BTreeMap<(Prefix, u8), u64>);

impl Serials {
    fn of(wallets: &[Vec<WalletPlan>]) -> Self {
        let mut serials = BTreeMap::new();
        for plan in wallets.iter().flatten() {
            let key = (plan.number.prefix(), plan.number.kind().digit());
            let last = serials.entry(key).or_default();
            *last = plan.number.serial().max(*last);
        }
        Self(serials)
    }

    fn next(&mut self, prefix: Prefix, kind: WalletKind) -> Option<WalletNumber> {
        let serial = self.0.entry((prefix, kind.digit())).or_default();
        *serial += 1;
        WalletNumber::new(prefix, kind, *serial)
    }
}
