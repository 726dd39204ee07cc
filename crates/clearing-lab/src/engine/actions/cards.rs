//! The chips of the cards of a run: each has a key that follows from the seed of the experiment, and
//! counts its vouchers.

use std::collections::BTreeMap;

use clearing_card::{Key, SignedVoucher, card_seed};
use clearing_domain::money::{Amount, Prefix, RequestId, WalletKind, WalletNumber};
use clearing_domain::operator::{CardOrder, LossParty, OfflineVoucher};

use crate::experiment::Experiment;
use crate::experiment::script::{Action, ActionKind, Cards, Taps};
use crate::workload::{Named, Workload};

use super::order::{Acted, Order, PlannedCard};
use super::plan::{Orders, Plan, request_id};

/// A card in somebody's hands.
struct Chip {
    parent: Named,
    /// Its number, once it is issued.
    number: Option<WalletNumber>,
    /// How many cards of the parent there were before.
    generation: u64,
    counter: u64,
}

/// The chips of all groups, in the order of the script.
pub(super) struct Chips {
    groups: Vec<Vec<Chip>>,
    /// All that were issued.
    issued: Vec<Vec<Named>>,
    /// How many hard wallets each operator has.
    serials: BTreeMap<Prefix, u64>,
}

impl Chips {
    pub(super) fn new(experiment: &Experiment, workload: &Workload) -> Self {
        let script = &experiment.script;
        let chip =
            |parent: &Named| Chip { parent: *parent, number: None, generation: 0, counter: 0 };
        let of_group = |cards: &Cards| workload.named()[cards.parents].iter().map(chip).collect();
        let mut serials: BTreeMap<Prefix, u64> = BTreeMap::new();
        let hard = workload.named().iter().flatten();
        for wallet in hard.filter(|wallet| wallet.number.kind() == WalletKind::Hard) {
            *serials.entry(wallet.number.prefix()).or_default() += 1;
        }
        Self {
            groups: script.cards.iter().map(of_group).collect(),
            issued: vec![Vec::new(); script.cards.len()],
            serials,
        }
    }

    pub(super) fn issued(&self) -> Vec<Vec<Named>> {
        self.issued.clone()
    }

    /// The orders of an action with cards; nothing of another one.
    pub(super) fn orders(
        &mut self,
        plan: &Plan<'_>,
        place: usize,
        action: &Action,
    ) -> Option<Orders> {
        let placed = match &action.kind {
            ActionKind::IssueCards(group) => self.issue(plan, place, (*group, 1), false),
            ActionKind::ReissueCards { cards, every } => {
                self.issue(plan, place, (*cards, *every), true)
            }
            ActionKind::LoadCards { cards, amount } => {
                let order = |number: u64, card| Order::LoadCard {
                    request_id: request_id(place, number),
                    card,
                    amount: *amount,
                };
                self.each((*cards, 1), order)
            }
            ActionKind::ReportLost { cards, every } => {
                self.each((*cards, *every), |_, card| Order::ReportLost(card))
            }
            ActionKind::Tap(taps) => self.tap(plan, place, taps),
            ActionKind::PublishBills { .. }
            | ActionKind::CancelBills { .. }
            | ActionKind::Refund { .. }
            | ActionKind::ExchangeBack { .. }
            | ActionKind::SweepToTreasury { .. }
            | ActionKind::RegisterMerchant { .. }
            | ActionKind::CreateCampaign(_)
            | ActionKind::Register(_)
            | ActionKind::Draw(_)
            | ActionKind::Claim(_)
            | ActionKind::CloseCampaign(_)
            | ActionKind::Contracts { .. }
            | ActionKind::Loans(_)
            | ActionKind::Wealth(_)
            | ActionKind::PayPayroll(_)
            | ActionKind::SuspendMerchant { .. }
            | ActionKind::BindFrontEnd { .. } => return None,
        };
        let mut orders = vec![Vec::new(); plan.experiment.cluster.operators.len()];
        for (operator, order) in placed {
            orders[operator].push(order);
        }
        Some(orders)
    }

    /// An order about each card that was issued, one in so many, to its issuer.
    fn each(
        &self,
        (group, every): (usize, u64),
        order: impl Fn(u64, WalletNumber) -> Order,
    ) -> Vec<(usize, Order)> {
        let all = (1..).zip(&self.groups[group]);
        let chosen = all.filter(|(number, _): &(u64, _)| number.is_multiple_of(every));
        chosen
            .filter_map(|(number, chip)| Some((chip.parent.operator, order(number, chip.number?))))
            .collect()
    }

    /// Issues cards, or others in the place of those that were issued. Their numbers are the next
    /// ones of their operators, operator by operator, as the orders are carried out.
    fn issue(
        &self,
        plan: &Plan<'_>,
        place: usize,
        (group, every): (usize, u64),
        replaces: bool,
    ) -> Vec<(usize, Order)> {
        let mut serials = self.serials.clone();
        let mut placed = Vec::new();
        for (number, chip) in (1..).zip(&self.groups[group]) {
            let number: u64 = number;
            let earlier = chip.number.filter(|_| replaces);
            if !number.is_multiple_of(every) || replaces != chip.number.is_some() {
                continue;
            }
            let prefix = chip.parent.number.prefix();
            let serial = serials.entry(prefix).or_default();
            *serial += 1;
            let Some(card) = WalletNumber::new(prefix, WalletKind::Hard, *serial) else { continue };
            let generation = chip.generation + u64::from(replaces);
            let key = key(plan, group, number, generation).public();
            let cards = &plan.experiment.script.cards[group];
            let order = order(plan, cards, chip.parent, (request_id(place, number), key));
            let planned = PlannedCard {
                group,
                card,
                replaces: earlier,
                order,
                float_max: cards.float_max,
                single_max: cards.single_max,
                count_max: cards.count_max,
                age_hours: cards.age_hours,
            };
            placed.push((chip.parent.operator, Order::IssueCard(Box::new(planned))));
        }
        placed
    }

    /// Cards sign, and the operators of the payees take the vouchers in, in the order in which they
    /// were signed.
    fn tap(&mut self, plan: &Plan<'_>, place: usize, taps: &Taps) -> Vec<(usize, Order)> {
        let named = plan.workload.named();
        let window = taps.end.ms().saturating_sub(taps.begin.ms()).unsigned_abs() + 1;
        let mut signed = Vec::new();
        for (number, chip) in (1..).zip(&mut self.groups[taps.cards]) {
            let number: u64 = number;
            let is_left = taps.except.is_some_and(|except| number.is_multiple_of(except));
            let Some(card) = chip.number else { continue };
            if is_left || !number.is_multiple_of(taps.every) {
                continue;
            }
            let draws: Vec<_> = (0..taps.times)
                .map(|time| draw(plan.experiment.seed, (place, number), time))
                .collect();
            let mut times: Vec<_> = draws.iter().map(|draw| draw.below(0, window)).collect();
            times.sort_unstable();
            let key = key(plan, taps.cards, number, chip.generation);
            let mut sign = |counter, to: usize, draw: &Draw, after: u64| {
                let payees = &named[to];
                let Some(payee) = payees.get(draw.place(1, payees.len())) else { return };
                let amount = taps.amount_of(draw.below(2, taps.steps()));
                let signed_at = taps.begin.plus_ms(after.cast_signed());
                let payee_number = payee.number;
                let voucher =
                    OfflineVoucher { card, counter, payee: payee_number, amount, signed_at };
                signed.push((signed_at, payee.operator, SignedVoucher::new(voucher, &key)));
            };
            for (draw, after) in draws.iter().zip(&times) {
                chip.counter += 1;
                sign(chip.counter, taps.to, draw, *after);
            }
            let cheats = taps.cheats.filter(|cheats| number.is_multiple_of(cheats.every));
            if let (Some(cheats), Some(after)) = (cheats, times.last()) {
                // A moment later, so that it is another voucher also where payee and amount are one.
                let again = draw(plan.experiment.seed, (place, number), taps.times);
                sign(chip.counter, cheats.to, &again, after + 1);
            }
        }
        signed.sort_by_key(|(at, _, signed)| (*at, signed.voucher.card, signed.voucher.payee));
        signed
            .into_iter()
            .map(|(_, operator, signed)| (operator, Order::Upload(Box::new(signed))))
            .collect()
    }

    /// A card that was issued is in its holder's hands.
    pub(super) fn hear(&mut self, order: &Order, acted: &Acted) {
        let (Order::IssueCard(planned), Ok(_)) = (order, acted) else { return };
        let PlannedCard { group, card, replaces, .. } = **planned;
        *self.serials.entry(card.prefix()).or_default() += 1;
        let is_its = |chip: &&mut Chip| {
            (chip.number, chip.parent.number) == (replaces, planned.order.parent)
        };
        let Some(chip) = self.groups[group].iter_mut().find(is_its) else { return };
        chip.number = Some(card);
        if replaces.is_some() {
            chip.generation += 1;
            chip.counter = 0;
        }
        self.issued[group].push(Named { operator: chip.parent.operator, number: card });
    }
}

impl Taps {
    /// How many amounts there are: whole yuan above the least.
    fn steps(&self) -> u64 {
        let [least, most] = self.amount.map(Amount::fen);
        ((most - least) / 100).unsigned_abs() + 1
    }

    fn amount_of(&self, step: u64) -> Amount {
        let fen = self.amount[0].fen() + 100 * step.cast_signed();
        Amount::from_fen(fen).unwrap_or(self.amount[0])
    }
}

/// What is drawn for one tap, by seed, action, card and number alone.
struct Draw([u8; 32]);

fn draw(seed: u64, (action, card): (usize, u64), time: u32) -> Draw {
    let mut hasher = blake3::Hasher::new_derive_key("clearing taps");
    hasher
        .update(&seed.to_le_bytes())
        .update(&(action as u64).to_le_bytes())
        .update(&card.to_le_bytes())
        .update(&time.to_le_bytes());
    Draw(*hasher.finalize().as_bytes())
}

impl Draw {
    fn below(&self, word: usize, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[8 * word..8 * word + 8]);
        let high = (u128::from(u64::from_le_bytes(bytes)) * u128::from(bound)) >> 64;
        u64::try_from(high).unwrap_or_default()
    }

    fn place(&self, word: usize, count: usize) -> usize {
        usize::try_from(self.below(word, count as u64)).unwrap_or_default()
    }
}

/// The key of a card.
fn key(plan: &Plan<'_>, group: usize, number: u64, generation: u64) -> Key {
    let name = format!("{} {generation}", plan.experiment.script.cards[group].name);
    Key::from_seed(&card_seed(plan.experiment.seed, &name, number))
}

fn order(
    plan: &Plan<'_>,
    cards: &Cards,
    parent: Named,
    (request_id, key): (String, [u8; 32]),
) -> CardOrder {
    let named = plan.workload.named();
    let numbers = |place: usize| named[place].iter().map(|wallet| wallet.number).collect();
    let bears = cards.loss_wallet.filter(|_| cards.loss == LossParty::Issuer);
    let at_issuer = |wallet: &&Named| wallet.operator == parent.operator;
    let loss_wallet = bears.and_then(|place| named[place].iter().find(at_issuer));
    CardOrder {
        request_id: RequestId::Text(request_id.as_str().into()),
        parent: parent.number,
        key,
        terms: cards.terms,
        payees: cards.payees.map(numbers),
        loss: cards.loss,
        loss_wallet: loss_wallet.map(|wallet| wallet.number),
        salt: None,
        content: None,
    }
}
