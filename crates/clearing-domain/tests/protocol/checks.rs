//! What must hold at every moment, and when everything has come to rest.

use clearing_domain::audit::{audit_across, audit_witnesses};
use clearing_domain::central_bank::OperatorAccount;
use clearing_domain::money::Amount;
use clearing_domain::operator::{OperatorLedger, PaymentState};
use clearing_domain::seal::Invariant;

use crate::world::World;

/// Every ledger for itself and all together, between any two steps.
pub(crate) fn check_now(world: &World) -> Result<(), String> {
    if let Some(alarm) = world.alarms.first() {
        return Err(format!("alarm: {alarm}"));
    }
    let ledgers: Vec<&OperatorLedger> =
        world.operators.iter().map(|operator| &operator.ledger).collect();
    all_hold(audit_across(&world.bank.ledger, &ledgers, false))?;
    all_hold(world.bank.ledger.audit(&world.bank.disk.seals()))?;
    for operator in &world.operators {
        all_hold(operator.ledger.audit(&operator.disk.seals()))?;
    }
    all_hold(witnesses(world))
}

/// No file is behind what it told the other side, or another.
fn witnesses(world: &World) -> Vec<Invariant> {
    let bank_seals = world.bank.disk.seals();
    let seals: Vec<_> = world.operators.iter().map(|operator| operator.disk.seals()).collect();
    let ledgers = world.operators.iter().map(|operator| &operator.ledger);
    let operators: Vec<_> = ledgers.zip(seals.iter().map(Vec::as_slice)).collect();
    audit_witnesses((&world.bank.ledger, &bank_seals), &operators, false)
}

/// Nothing is left in flight, and every client was told the truth.
pub(crate) fn check_at_rest(world: &World) -> Result<(), String> {
    check_now(world)?;
    let undecided =
        world.bank.ledger.transfers().iter().find(|transfer| !transfer.state.is_final());
    if let Some(transfer) = undecided {
        return Err(format!("payment {} is {:?} for ever", transfer.id, transfer.state));
    }
    // Without positions what an operator holds covers all that it set aside.
    let waits = |account: &&OperatorAccount| {
        account.unsettled.is_zero() && account.withdrawing > Amount::ZERO
    };
    if let Some(account) = world.bank.ledger.accounts().iter().find(waits) {
        return Err(format!("a withdrawal of {} is never booked", account.code));
    }
    for operator in &world.operators {
        let in_transit = operator
            .ledger
            .payments()
            .iter()
            .find(|payment| payment.state == PaymentState::InTransit);
        if let Some(payment) = in_transit {
            return Err(format!("payment {} is in transit for ever", payment.id));
        }
        let held = operator.ledger.fundings().iter().find(|funding| !funding.state.is_final());
        if let Some(funding) = held {
            return Err(format!("the discount of {} is held for ever", funding.as_row().id));
        }
        let kept = |id: &&_| operator.ledger.payment(**id).is_none();
        if let Some(id) = operator.promised.iter().find(kept) {
            return Err(format!("payment {id} was promised to a client but is lost"));
        }
        for ((id, inbound), told) in &operator.told {
            let found = match (inbound, operator.ledger.payment(*id), operator.ledger.transfer(*id))
            {
                (false, Some(payment), _) => Some((payment.state, payment.reason, payment.cycle)),
                (true, _, Some(transfer)) => {
                    Some((PaymentState::Completed, transfer.reason, transfer.cycle))
                }
                (_, _, _) => None,
            };
            if found != Some(*told) {
                return Err(format!("payment {id} is {found:?} but a client was told {told:?}"));
            }
        }
    }
    Ok(())
}

fn all_hold(invariants: Vec<Invariant>) -> Result<(), String> {
    match invariants.into_iter().find(|invariant| !invariant.ok) {
        None => Ok(()),
        Some(Invariant { name, detail, .. }) => Err(format!("{name}: {detail}")),
    }
}
