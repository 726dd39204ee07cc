//! The wallets of a generated workload, and the groups that payments are drawn from.

use std::collections::{BTreeMap, BTreeSet};

use clearing_config::{ClusterConfig, OperatorConfig};
use clearing_domain::money::{
    Amount, BusinessDate, OperatorCode, Prefix, WalletKind, WalletNumber,
};
use clearing_domain::operator::{LimitSchedule, Limits, WalletClass};

use super::apportion::apportion;
use super::draws::Draws;
use super::homes::Homes;
use super::{WalletPlan, WorkloadError};
use crate::experiment::Generated;

/// The fewest wallets of a kind at an operator, so that everybody has somebody else to pay there.
const OF_A_KIND_MIN: u64 = 2;
/// What corporate and government wallets and merchants open with, in yuan.
const OPENING_YUAN: [(WalletKind, f64); 3] = [
    (WalletKind::Corporate, 20_000_000.0),
    (WalletKind::Government, 1_000_000.0),
    (WalletKind::Merchant, 1_000.0),
];
/// The median opening balance of personal wallets by class, in yuan, and its spread.
const PERSONAL_OPENING_YUAN: [f64; 4] = [50_000.0, 20_000.0, 8_000.0, 4_000.0];
const PERSONAL_OPENING_SIGMA: f64 = 0.5;

/// One wallet of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) operator: u16,
    pub(super) class: u8,
    pub(super) number: WalletNumber,
    /// The place of its region, if it lives in one.
    pub(super) home: Option<u8>,
}

/// Wallets that payments of some flow are drawn from, by operator.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    members: Vec<Member>,
    /// Where each operator's members start, and the end of the last.
    starts: Vec<usize>,
}

/// All wallets and, from each day on that changes who takes part, the groups among them.
#[derive(Clone, Debug)]
pub(super) struct Population {
    pub(super) wallets: Vec<Vec<WalletPlan>>,
    pub(super) homes: Homes,
    epochs: Vec<Epoch>,
}

/// Who takes part from a day on.
#[derive(Clone, Debug)]
pub(super) struct Epoch {
    from: BusinessDate,
    /// Everybody.
    pub(super) all: Groups,
    /// Those of each region, in the order of the configuration.
    local: Vec<Groups>,
}

/// The groups of wallets that pay and are paid.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    pub(super) people: Group,
    pub(super) employees: Group,
    pub(super) merchants: Group,
    pub(super) carriers: Group,
    pub(super) companies: Group,
    pub(super) authorities: Group,
}

impl Group {
    fn new(members: &[Vec<Member>], belongs: impl Fn(&Member) -> bool) -> Self {
        let mut group = Self::default();
        for of_operator in members {
            group.starts.push(group.members.len());
            group.members.extend(of_operator.iter().filter(|member| belongs(member)));
        }
        group.starts.push(group.members.len());
        group
    }

    /// The members of one operator, or of all.
    pub(super) fn of(&self, operator: Option<u16>) -> &[Member] {
        match operator {
            Some(operator) => {
                let operator = usize::from(operator);
                &self.members[self.starts[operator]..self.starts[operator + 1]]
            }
            None => &self.members,
        }
    }
}

impl Population {
    pub(super) fn new(
        seed: u64,
        config: &ClusterConfig,
        workload: &Generated,
    ) -> Result<Self, WorkloadError> {
        // A wallet is drawn by its number: it stays what it is when the number of wallets or the
        // shares of others change.
        let draws = Draws::new(seed, "wallet");
        let counts = counts(config, workload)?;
        let mut wallets = Vec::with_capacity(config.operators.len());
        for (operator, counts) in config.operators.iter().zip(&counts) {
            let mut plans = Vec::new();
            for (kind, count) in KINDS.into_iter().zip(counts) {
                let numbers = (1..=*count)
                    .filter_map(|serial| WalletNumber::new(operator.prefix, kind, serial));
                plans.extend(numbers.map(|number| {
                    let participant = participant(operator, number);
                    let plan = plan(number, &draws, workload, config.limits);
                    WalletPlan { participant, ..plan }
                }));
            }
            wallets.push(plans);
        }
        let homes = Homes::new(seed, &workload.regions, last_serials(config, &counts));
        let members = members(&wallets, &homes);
        // One merchant in fifty, and one at least, is a carrier or canteen with many small tickets.
        let carriers: Vec<_> = counts.iter().map(|counts| counts[1].div_ceil(50)).collect();
        let epochs = epochs(config, workload, &members, &carriers);
        Ok(Self { wallets, homes, epochs })
    }

    /// Who takes part on a day; nobody before the first that anybody does.
    pub(super) fn on(&self, day: BusinessDate) -> Option<&Epoch> {
        let after = self.epochs.partition_point(|epoch| epoch.from <= day);
        self.epochs.get(after.checked_sub(1)?)
    }
}

impl Epoch {
    /// Those who take part in the region of a wallet, if it lives in one.
    pub(super) fn around(&self, member: Member) -> Option<&Groups> {
        self.local.get(usize::from(member.home?))
    }
}

impl Groups {
    fn new(members: &[Vec<Member>], carriers: &[u64], is_there: impl Fn(&Member) -> bool) -> Self {
        let kind = |kind| {
            let is_there = &is_there;
            move |member: &Member| member.number.kind() == kind && is_there(member)
        };
        let merchant = kind(WalletKind::Merchant);
        Self {
            people: Group::new(members, kind(WalletKind::Personal)),
            // Most salaries are above what the wallets of the other classes may receive at once.
            employees: Group::new(members, |member| {
                kind(WalletKind::Personal)(member) && member.class <= 2
            }),
            merchants: Group::new(members, merchant),
            carriers: Group::new(members, |member| {
                merchant(member) && member.number.serial() <= carriers[usize::from(member.operator)]
            }),
            companies: Group::new(members, kind(WalletKind::Corporate)),
            authorities: Group::new(members, kind(WalletKind::Government)),
        }
    }
}

fn members(wallets: &[Vec<WalletPlan>], homes: &Homes) -> Vec<Vec<Member>> {
    let of_operator = |(operator, plans): (usize, &Vec<WalletPlan>)| {
        let member = |plan: &WalletPlan| Member {
            operator: operator as u16,
            class: plan.class,
            number: plan.number,
            home: homes.place(plan.number).map(|place| place as u8),
        };
        plans.iter().map(member).collect()
    };
    wallets.iter().enumerate().map(of_operator).collect()
}

/// The groups from the first day on and from each day on which operators or regions join.
fn epochs(
    config: &ClusterConfig,
    workload: &Generated,
    members: &[Vec<Member>],
    carriers: &[u64],
) -> Vec<Epoch> {
    let opens: Vec<_> = config
        .operators
        .iter()
        .map(|operator| workload.opens.get(&operator.code).copied())
        .collect();
    let start = config.lockstep.start.date();
    let joined = workload.regions.iter().map(|home| home.from);
    let days: BTreeSet<_> = opens.iter().flatten().copied().chain(joined).collect();
    let days = [start].into_iter().chain(days.into_iter().filter(|day| *day > start));
    let epoch = |from: BusinessDate| {
        let takes_part = |member: &Member| {
            let region = member.home.map(|place| workload.regions[usize::from(place)].from);
            let operator = opens[usize::from(member.operator)];
            region.is_none_or(|day| day <= from) && operator.is_none_or(|day| day <= from)
        };
        let of_region = |place: usize| {
            let lives = |member: &Member| member.home.map(usize::from) == Some(place);
            Groups::new(members, carriers, |member| takes_part(member) && lives(member))
        };
        Epoch {
            from,
            all: Groups::new(members, carriers, takes_part),
            local: (0..workload.regions.len()).map(of_region).collect(),
        }
    };
    days.map(epoch).collect()
}

/// The last serial number of each kind of wallet at each operator.
fn last_serials(config: &ClusterConfig, counts: &[[u64; 4]]) -> BTreeMap<(Prefix, u8), u64> {
    let of_operator = |(operator, counts): (&OperatorConfig, &[u64; 4])| {
        let prefix = operator.prefix;
        KINDS.into_iter().zip(*counts).map(move |(kind, last)| ((prefix, kind.digit()), last))
    };
    config.operators.iter().zip(counts).flat_map(of_operator).collect()
}

/// The order in which an operator opens its wallets.
const KINDS: [WalletKind; 4] =
    [WalletKind::Personal, WalletKind::Merchant, WalletKind::Corporate, WalletKind::Government];

/// How many wallets of each kind every operator opens.
fn counts(config: &ClusterConfig, workload: &Generated) -> Result<Vec<[u64; 4]>, WorkloadError> {
    let weights: Vec<_> =
        config.operators.iter().map(|operator| f64::from(operator.weight)).collect();
    let of_merchants = config.operators.iter().zip(&weights).map(|(operator, weight)| {
        workload.merchant_weights.get(&operator.code).copied().unwrap_or(*weight)
    });
    let share = |share: f64| libm::round(workload.wallets as f64 * share) as u64;
    let merchants = share(workload.merchant_share);
    let companies = share(workload.corporate_share);
    let authorities = share(workload.government_share);
    // People are the rest, so that the wallets sum to what was asked for whatever the shares round
    // to.
    let people = workload.wallets.saturating_sub(merchants + companies + authorities);
    let [people, companies, authorities] =
        [people, companies, authorities].map(|count| apportion(count, &weights));
    let merchants = apportion(merchants, &of_merchants.collect::<Vec<_>>());
    let counts: Vec<[u64; 4]> = (0..weights.len())
        .map(|place| {
            let all = [people[place], merchants[place], companies[place], authorities[place]];
            // An operator without weight takes no part.
            if weights[place] > 0.0 { all.map(|count| count.max(OF_A_KIND_MIN)) } else { [0; 4] }
        })
        .collect();
    if counts.iter().flatten().sum::<u64>() == 0 {
        return Err(WorkloadError::NoWallets);
    }
    Ok(counts)
}

fn plan(
    number: WalletNumber,
    draws: &Draws,
    workload: &Generated,
    schedule: LimitSchedule,
) -> WalletPlan {
    let block = draws.of(number.as_u64());
    // The first word is the class and the two after it the balance: a share that changes moves no
    // balance.
    let class = class(number, block.unit(0), &workload.class_shares);
    let opening = match OPENING_YUAN.iter().find(|(kind, _)| *kind == number.kind()) {
        Some((_, yuan)) => *yuan,
        None => {
            let median = PERSONAL_OPENING_YUAN[usize::from(class) - 1];
            median * libm::exp(PERSONAL_OPENING_SIGMA * block.normal(1))
        }
    };
    let limits = limits(schedule, number.kind(), class);
    let opening = yuan_to_fen(opening * workload.funds);
    // Room to receive is left below the cap.
    let opening = limits.balance.map_or(opening, |cap| opening.min(cap.fen() / 2));
    WalletPlan {
        number,
        class,
        opening: Amount::from_fen(opening).unwrap_or(Amount::MAX),
        is_known: false,
        participant: None,
    }
}

/// The bank whose customer has a wallet: of so many in a thousand of each kind each in turn.
fn participant(operator: &OperatorConfig, number: WalletNumber) -> Option<OperatorCode> {
    let so_far = |serial: u64| serial * u64::from(operator.indirect_permille) / 1000;
    let (before, after) = (so_far(number.serial() - 1), so_far(number.serial()));
    let nth = usize::try_from(before).ok().filter(|_| after > before)?;
    operator.indirect.get(nth % operator.indirect.len().max(1)).copied()
}

/// Legal entities are of class 1; the first two people of an operator can be paid a salary.
fn class(number: WalletNumber, unit: f64, shares: &[f64; 4]) -> u8 {
    match (number.kind(), number.serial()) {
        (WalletKind::Personal, 1 | 2) => 2,
        (WalletKind::Personal, _) => {
            // The shares need not sum to 1; they are weights of the four classes.
            let mut rest = unit * shares.iter().sum::<f64>();
            let class = shares.iter().position(|share| {
                rest -= share;
                rest < 0.0
            });
            // Rounding can leave a little of the last share over.
            class.map_or(4, |place| place as u8 + 1)
        }
        (_, _) => 1,
    }
}

pub(super) fn limits(schedule: LimitSchedule, kind: WalletKind, class: u8) -> Limits {
    WalletClass::new(class).map(|class| schedule.limits(kind, class)).unwrap_or_default()
}

/// Rounds a drawn number of yuan to fen: one at least, and within what an amount may be.
pub(super) fn yuan_to_fen(yuan: f64) -> i64 {
    let fen = libm::round(yuan * 100.0);
    // A float beyond the integers would saturate to the largest one, which is no amount.
    if fen < Amount::MAX.fen() as f64 { (fen as i64).max(1) } else { Amount::MAX.fen() }
}
