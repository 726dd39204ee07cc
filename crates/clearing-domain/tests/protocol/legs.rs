//! The leg of a sponsor: every state that no crash can leave is found, whatever the file says.

use clearing_domain::Reason;
use clearing_domain::audit::audit_across;
use clearing_domain::central_bank::TransferState;
use clearing_domain::money::PaymentId;
use clearing_domain::operator::{
    Answered, End, LoadedOperator, OperatorLedger, OutcomeRow, WalletChange, WalletEventRow,
};

use crate::chaos;
use crate::wall::CASH_NET;
use crate::world::{Plant, World};

/// What a file can be made to say of a leg that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forged {
    Missing,
    Declined,
    Redeemed,
    Returned,
}

use Forged::{Declined, Missing, Redeemed, Returned};

/// A state of the transfer, whether the payee's operator has a record, and which legs cannot be.
type Case = (TransferState, bool, &'static [Forged]);

const CASES: [Case; 5] = [
    (TransferState::Funding, false, &[Redeemed, Returned]),
    (TransferState::Delivered, false, &[Missing, Declined, Redeemed, Returned]),
    (TransferState::Cleared, true, &[Missing, Declined, Returned]),
    (TransferState::Refused, true, &[Missing, Declined, Redeemed]),
    (TransferState::Refused, false, &[Redeemed]),
];

/// The sponsor's operator and the payment of a leg that is held while a case is at hand.
fn find(world: &World, (state, decided, _): Case) -> Option<(usize, PaymentId)> {
    let transfers = world.bank.ledger.transfers().iter();
    let fitting = transfers.filter(|transfer| {
        let payee = &world.operators[transfer.payee_operator.place()].ledger;
        transfer.state == state && payee.transfer(transfer.id).is_some() == decided
    });
    let mut legs = fitting.filter_map(|transfer| Some((transfer.sponsor()?.place(), transfer.id)));
    legs.find(|(sponsor, id)| {
        let loaded = world.operators[*sponsor].disk.load().unwrap_or_default();
        let row = loaded.rows.fundings.iter().find(|row| row.id == *id);
        row.is_some_and(|row| {
            row.answered == Answered::Funded
                && loaded.rows.outcomes.iter().all(|outcome| outcome.of != row.row)
        })
    })
}

fn forge(loaded: &mut LoadedOperator, id: PaymentId, forged: Forged) {
    let place = loaded.rows.fundings.iter().position(|row| row.id == id).unwrap();
    let row = loaded.rows.fundings[place];
    let end = match forged {
        Missing => {
            loaded.rows.fundings.remove(place);
            // Another row in its place, because a gap would be found before.
            let event = WalletEventRow {
                row: row.row,
                wallet: row.campaign,
                change: WalletChange::Unfrozen,
                request_id: None,
                at: row.decided_at,
            };
            loaded.rows.events.push(event);
            return loaded.rows.events.sort_by_key(|event| event.row);
        }
        Declined => {
            let reason = Reason::CampaignInactive;
            loaded.rows.fundings[place].answered = Answered::Declined { reason };
            return;
        }
        Redeemed => End::Cleared { cycle: None },
        Returned => End::Refused { reason: Reason::Expired },
    };
    loaded.chain.row += 1;
    let (number, of) = (loaded.chain.row, row.row);
    loaded.rows.outcomes.push(OutcomeRow { row: number, of, end, at: row.decided_at });
}

/// Whether the audit finds a payment in a state that cannot be.
fn is_found(world: &World, number: usize, id: PaymentId, forged: Forged) -> bool {
    let mut loaded = world.operators[number].disk.load().unwrap();
    forge(&mut loaded, id, forged);
    let settings = world.operators[number].settings;
    let ledger = OperatorLedger::restore(settings, loaded).unwrap();
    let mut operators: Vec<_> = world.operators.iter().map(|operator| &operator.ledger).collect();
    operators[number] = &ledger;
    let found = audit_across(&world.bank.ledger, &operators, false);
    let states = found.iter().find(|invariant| invariant.name.contains("state that can be"));
    !states.unwrap().ok
}

#[test]
fn a_leg_in_a_state_that_no_crash_leaves_is_found() {
    let mut missing: Vec<Case> = CASES.to_vec();
    let mut seeds = 0..50;
    while !missing.is_empty() {
        let seed = seeds.next().unwrap_or_else(|| panic!("{missing:?} never came"));
        let mut world = World::new(&CASH_NET, seed, Plant::Nothing);
        for _ in 0..400 {
            chaos::step(&mut world);
            missing.retain(|case| {
                let Some((number, id)) = find(&world, *case) else { return true };
                for forged in [Missing, Declined, Redeemed, Returned] {
                    let illegal = case.2.contains(&forged);
                    let found = is_found(&world, number, id, forged);
                    assert_eq!(found, illegal, "seed {seed}: {case:?} with the leg {forged:?}");
                }
                false
            });
        }
    }
}
