//! What clients, clocks and faults do under the wall clock.

use clearing_domain::details::Voucher;
use clearing_domain::money::{Amount, PaymentId, Position, RequestId, WalletKind, WalletNumber};
use clearing_domain::operator::PaymentOrder;
use clearing_domain::slots::Slot;
use clearing_domain::{Details, Ledger as _};

use crate::config::{code, yuan};
use crate::world::World;

/// One thing happens, drawn from the seed.
pub(crate) fn step(world: &mut World) {
    match world.rng.below(100) {
        0..29 => to_bank(world),
        29 => world.tell_witnesses(),
        30..60 => to_operator(world),
        60..78 => client_pays(world),
        78..86 => time_passes(world),
        86..90 => wire_breaks(world),
        90..93 => message_is_lost(world),
        93..96 => people_act(world),
        96..98 => operator_acts(world),
        _ => dial(world),
    }
}

/// A wire with something on it in a direction, if there is one.
fn busy_wire(world: &mut World, to_bank: bool) -> Option<usize> {
    let is_busy = |wire: &crate::world::Wire| match to_bank {
        true => !wire.to_bank.is_empty(),
        false => !wire.to_operator.is_empty(),
    };
    let busy: Vec<_> = (0..world.wires.len()).filter(|wire| is_busy(&world.wires[*wire])).collect();
    (!busy.is_empty()).then(|| busy[world.rng.below(busy.len())])
}

pub(crate) fn to_bank(world: &mut World) {
    if let Some(wire) = busy_wire(world, true) {
        let (count, twice) = (1 + world.rng.below(3), world.rng.chance(8));
        world.deliver_to_bank(wire, count, twice);
    }
}

pub(crate) fn to_operator(world: &mut World) {
    if let Some(wire) = busy_wire(world, false) {
        let (count, twice) = (1 + world.rng.below(3), world.rng.chance(8));
        world.deliver_to_operator(wire, count, twice);
    }
}

pub(crate) fn dial(world: &mut World) {
    let number = world.rng.below(world.operators.len());
    if world.current_wire(number).is_none() || world.rng.chance(10) {
        world.connect(number);
    }
}

pub(crate) fn wire_breaks(world: &mut World) {
    if world.wires.is_empty() {
        return;
    }
    let wire = world.rng.below(world.wires.len());
    let number = world.wires[wire].operator;
    match world.rng.below(4) {
        0 => world.bank_hangs_up(wire),
        1 => world.hang_up(number),
        2 => world.connect(number),
        _ if world.rng.chance(50) => world.crash_operator(number),
        _ => world.crash_bank(),
    }
}

/// A message falls off a wire; the wire itself will fall with it.
pub(crate) fn message_is_lost(world: &mut World) {
    if world.wires.is_empty() {
        return;
    }
    let wire = world.rng.below(world.wires.len());
    let wire = &mut world.wires[wire];
    wire.to_bank.pop_front();
    wire.to_operator.pop_front();
}

pub(crate) fn client_pays(world: &mut World) {
    let number = world.rng.below(world.operators.len());
    let order = match world.rng.chance(10) {
        true => repeated_order(world, number),
        false => Some(new_order(world, number)),
    };
    let Some(order) = order else { return };
    let now = world.clock_of(number);
    let taken = world.operators[number].ledger.pay(order, now);
    let id = taken.ok().map(|slot| world.operators[number].ledger.payments()[slot].id);
    let crashes = world.crashes;
    world.commit_operator(number, true);
    if world.crashes == crashes
        && let Some(id) = id
    {
        world.operators[number].promised.push(id);
    }
}

fn new_order(world: &mut World, number: usize) -> PaymentOrder {
    let payer = any_wallet(world, number);
    let other = world.rng.below(world.operators.len());
    let payee = if world.rng.chance(5) { nobody(world, other) } else { any_wallet(world, other) };
    let id = PaymentId(std::array::from_fn(|_| (world.rng.next() & 0xff) as u8));
    let amount = Amount::from_fen(world.rng.range(2, 90_000)).unwrap();
    let request_id = RequestId::Uuid(id.0);
    let details = if world.rng.chance(25) { voucher(world, amount) } else { None };
    PaymentOrder {
        id,
        request_id,
        payer,
        payee: Ok(payee),
        alias: None,
        amount: Ok(amount),
        remark: None,
        details,
    }
}

/// A part of an amount that a campaign of any operator pays; any wallet may be one.
fn voucher(world: &mut World, amount: Amount) -> Option<Box<Details>> {
    let sponsor = world.rng.below(world.operators.len());
    let campaign = match world.rng.chance(5) {
        true => nobody(world, sponsor),
        false => any_wallet(world, sponsor),
    };
    let discount = Amount::from_fen(world.rng.range(1, amount.fen() - 1)).unwrap();
    Details { voucher: Some(Voucher { campaign, discount }), ..Details::default() }.boxed()
}

/// A client that heard no answer asks again, with a new id for the same request.
fn repeated_order(world: &mut World, number: usize) -> Option<PaymentOrder> {
    let payments = world.operators[number].ledger.payments();
    let payment = payments.get(Slot::from_place(world.rng.below(payments.len())))?;
    let (request_id, payee, amount) = (payment.request_id.clone(), payment.payee, payment.amount);
    let details = payment.details().cloned().map(Box::new);
    let payer = world.operators[number].ledger.payer_of(payment);
    let id = PaymentId(std::array::from_fn(|_| (world.rng.next() & 0xff) as u8));
    Some(PaymentOrder {
        id,
        request_id,
        payer,
        payee: Ok(payee),
        alias: None,
        amount: Ok(amount),
        remark: None,
        details,
    })
}

fn any_wallet(world: &mut World, number: usize) -> WalletNumber {
    let wallet = world.rng.below(world.operators[number].wallets.len());
    world.operators[number].wallets[wallet]
}

fn nobody(world: &mut World, number: usize) -> WalletNumber {
    let prefix = world.operators[number].settings.prefix;
    WalletNumber::new(prefix, WalletKind::Personal, 77).unwrap()
}

/// Mostly seconds, sometimes long enough for expiry or the end of a cycle.
fn time_passes(world: &mut World) {
    let to_midnight = world.now.date().next().start().ms() - world.now.ms();
    let step = match world.rng.below(40) {
        0 => world.rng.range(20_000, 40_000),
        1 => world.rng.range(60_000, 600_000),
        2 if to_midnight > 15_000 && to_midnight < 3_600_000 => to_midnight - 15_000,
        3..=6 if to_midnight < 20_000 => to_midnight + 1,
        _ => world.rng.range(1, 1_500),
    };
    world.now = world.now.plus_ms(step);
    if world.bank.ledger.next_due().is_some_and(|due| due <= world.now) {
        world.bank.ledger.advance_clock(world.now);
        assert!(
            world.bank.ledger.next_due().is_none_or(|due| due > world.now),
            "something stays due"
        );
        world.commit_bank();
    }
}

/// The central bank's people issue, withdraw, fund, cap, suspend and close.
pub(crate) fn people_act(world: &mut World) {
    let number = world.rng.below(world.operators.len());
    let (operator, now) = (code(number), world.now);
    let request_id = RequestId::Text(format!("r{}", world.rng.below(1_000_000)).into());
    let amount = yuan(world.rng.range(1, 800));
    let ledger = &mut world.bank.ledger;
    // A refusal is as good an answer as any.
    let _refused = match world.rng.below(12) {
        0 => ledger.issue(operator, amount, &request_id, now).is_err(),
        1 | 2 => ledger.withdraw(operator, amount, &request_id, now).is_err(),
        3 => ledger
            .fund(
                operator,
                Position::from_fen(world.rng.range(-100_000, 100_000)),
                &request_id,
                now,
            )
            .is_err(),
        4 => ledger.set_cap(operator, Some(yuan(world.rng.range(200, 2_000))), now).is_err(),
        5 => ledger.set_active(operator, false, now).is_err(),
        6..=9 => ledger.set_active(operator, true, now).is_err(),
        _ => ledger.close_cycle(None, now).is_err(),
    };
    world.commit_bank();
}

/// An operator freezes or unfreezes a wallet, or moves money in or out of one.
fn operator_acts(world: &mut World) {
    let number = world.rng.below(world.operators.len());
    let (wallet, now) = (any_wallet(world, number), world.clock_of(number));
    let request_id = RequestId::Text(format!("x{}", world.rng.below(1_000_000)).into());
    let amount = yuan(world.rng.range(1, 500));
    let choice = world.rng.below(6);
    let ledger = &mut world.operators[number].ledger;
    let _refused = match choice {
        0 => ledger.freeze(wallet, false, now).is_err(),
        1..=3 => ledger.unfreeze(wallet, now).is_err(),
        4 => ledger.exchange_out(wallet, amount, request_id, now).is_err(),
        _ => ledger.exchange_back(wallet, amount, request_id, now).is_err(),
    };
    world.commit_operator(number, true);
}
