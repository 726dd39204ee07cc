//! The wallets of a generated workload, and the groups that payments are drawn from.

use clearing_config::{ClusterConfig, OperatorConfig};
use clearing_domain::money::{Amount, OperatorCode, WalletKind, WalletNumber};
use clearing_domain::operator::{LimitSchedule, Limits, WalletClass};

use super::apportion::apportion;
use super::draws::Draws;
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
}

/// Wallets that payments of some flow are drawn from, by operator.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    members: Vec<Member>,
    /// Where each operator's members start, and the end of the last.
    starts: Vec<usize>,
}

/// All wallets and the groups among them.
#[derive(Clone, Debug)]
pub(super) struct Population {
    pub(super) wallets: Vec<Vec<WalletPlan>>,
    pub(super) people: Group,
    pub(super) employees: Group,
    pub(super) merchants: Group,
    pub(super) carriers: Group,
    pub(super) companies: Group,
    pub(super) authorities: Group,
}

impl Group {
    fn new(wallets: &[Vec<WalletPlan>], belongs: impl Fn(usize, &WalletPlan) -> bool) -> Self {
        let mut group = Self::default();
        for (operator, plans) in wallets.iter().enumerate() {
            group.starts.push(group.members.len());
            let chosen = plans.iter().filter(|plan| belongs(operator, plan));
            group.members.extend(chosen.map(|plan| Member {
                operator: operator as u16,
                class: plan.class,
                number: plan.number,
            }));
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
        let kind = |kind| move |_: usize, plan: &WalletPlan| plan.number.kind() == kind;
        // One merchant in fifty, and one at least, is a carrier or canteen with many small tickets.
        let carriers: Vec<_> = counts.iter().map(|counts| counts[1].div_ceil(50)).collect();
        Ok(Self {
            people: Group::new(&wallets, kind(WalletKind::Personal)),
            // Most salaries are above what the wallets of the other classes may receive at once.
            employees: Group::new(&wallets, |_, plan| {
                plan.number.kind() == WalletKind::Personal && plan.class <= 2
            }),
            merchants: Group::new(&wallets, kind(WalletKind::Merchant)),
            carriers: Group::new(&wallets, |operator, plan| {
                plan.number.kind() == WalletKind::Merchant
                    && plan.number.serial() <= carriers[operator]
            }),
            companies: Group::new(&wallets, kind(WalletKind::Corporate)),
            authorities: Group::new(&wallets, kind(WalletKind::Government)),
            wallets,
        })
    }
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
