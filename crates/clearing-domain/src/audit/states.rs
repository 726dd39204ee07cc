//! Compares every payment in the three ledgers that have a record of it.

use std::collections::BTreeMap;

use crate::central_bank::{CentralBankLedger, Transfer, TransferState};
use crate::money::{CycleId, OperatorNumber, PaymentId, RequestKey, Total};
use crate::operator::{
    Funding, FundingState, Inbound, InboundState, OperatorLedger, Payment, PaymentState,
};
use crate::seal::Invariant;

use super::Findings;

/// The sums of payments in flight, which account for the differences between ledgers.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    /// By operator and cycle: payments cleared into it whose notice the operator has not applied,
    /// received less paid.
    pub(super) netted_unapplied: Vec<BTreeMap<CycleId, Total>>,
    /// By operator: payments settled by themselves whose notice it has not applied, received less
    /// paid.
    pub(super) settled_unapplied: Vec<Total>,
    /// Payments in transit at the payer's operator and credited at the payee's.
    pub(super) in_both: Total,
    /// Payments completed at the payer's operator whose notice the payee's operator, which has
    /// reserved room for them, has not applied.
    pub(super) in_neither: Total,
}

/// One payment at the payer's operator, at the central bank, at the payee's operator and, when a
/// campaign of another operator pays a part, at the sponsor's.
struct Record<'a> {
    id: PaymentId,
    payer: Option<(&'a OperatorLedger, &'a Payment)>,
    transfer: Option<&'a Transfer>,
    payee: Option<&'a Inbound>,
    sponsor: Option<&'a Funding>,
    /// Whether the central bank has a transfer of that id from another operator: then it refuses
    /// this payment and never records it.
    is_taken: bool,
}

/// The payments between operators; each is checked once.
pub(super) struct Payments<'a> {
    central_bank: &'a CentralBankLedger,
    ledgers: &'a [Option<&'a OperatorLedger>],
    running: bool,
    pub(super) sums: Sums,
    checked: u64,
    in_flight: u64,
    states: Findings,
    doubled: Findings,
    contents: Findings,
}

impl<'a> Payments<'a> {
    pub(super) fn new(
        central_bank: &'a CentralBankLedger,
        ledgers: &'a [Option<&'a OperatorLedger>],
        running: bool,
    ) -> Self {
        let sums = Sums {
            netted_unapplied: vec![BTreeMap::new(); ledgers.len()],
            settled_unapplied: vec![Total::ZERO; ledgers.len()],
            in_both: Total::ZERO,
            in_neither: Total::ZERO,
        };
        let [states, doubled, contents] = std::array::from_fn(|_| Findings::default());
        Self {
            central_bank,
            ledgers,
            running,
            sums,
            checked: 0,
            in_flight: 0,
            states,
            doubled,
            contents,
        }
    }

    /// Checks every payment: first those of the payer's operators, then those of which they have no
    /// record.
    pub(super) fn check(&mut self) {
        for (place, ledger) in self.ledgers.iter().enumerate() {
            let Some(ledger) = *ledger else { continue };
            let number = OperatorNumber::at(place);
            let crossing = ledger.payments().iter().filter(|payment| payment.crosses());
            for payment in crossing {
                // Two operators may draw the same id. The central bank records the first transfer,
                // so one of another payer is not this payment's record.
                let found = self.central_bank.transfer(payment.id);
                let transfer = found.filter(|transfer| transfer.payer_operator == number);
                let is_taken = found.is_some() && transfer.is_none();
                let payee =
                    self.payee_record(payment.id, payment.payee.prefix()).filter(|_| !is_taken);
                let sponsor = transfer.and_then(|transfer| self.sponsor_record(transfer));
                self.look_at(&Record {
                    id: payment.id,
                    payer: Some((ledger, payment)),
                    transfer,
                    payee,
                    sponsor,
                    is_taken,
                });
            }
        }
        // A transfer without a payment of the payer can only be a lost row, which the check of
        // states reports.
        for transfer in self.central_bank.transfers() {
            let ledger = self.ledgers[transfer.payer_operator.place()];
            if ledger.and_then(|ledger| ledger.payment(transfer.id)).is_none() {
                let payee = self.payee_record(transfer.id, transfer.payee.prefix());
                let sponsor = self.sponsor_record(transfer);
                let (id, transfer) = (transfer.id, Some(transfer));
                self.look_at(&Record {
                    id,
                    payer: None,
                    transfer,
                    payee,
                    sponsor,
                    is_taken: false,
                });
            }
        }
        self.check_inbound();
        self.check_fundings();
    }

    /// Finds decisions on payments that the central bank has never delivered.
    fn check_inbound(&mut self) {
        for ledger in self.ledgers.iter().copied().flatten() {
            for inbound in ledger.inbound() {
                if self.central_bank.transfer(inbound.id).is_none() {
                    let code = ledger.settings().code;
                    self.states.add(|| {
                        format!("{}: decided at {code}, unknown to the central bank", inbound.id)
                    });
                }
            }
        }
    }

    /// Finds discounts of payments for which the central bank has never asked their operator.
    fn check_fundings(&mut self) {
        for (place, ledger) in self.ledgers.iter().enumerate() {
            let Some(ledger) = *ledger else { continue };
            for funding in ledger.fundings() {
                let id = funding.as_row().id;
                let transfer = self.central_bank.transfer(id);
                let sponsor = transfer.and_then(Transfer::sponsor);
                if sponsor != Some(OperatorNumber::at(place)) {
                    let code = ledger.settings().code;
                    self.states.add(|| {
                        format!("{id}: funded at {code}, which the central bank never asked")
                    });
                }
            }
        }
    }

    fn sponsor_record(&self, transfer: &Transfer) -> Option<&'a Funding> {
        self.ledgers[transfer.sponsor()?.place()]?.funding(transfer.id)
    }

    fn payee_record(&self, id: PaymentId, prefix: crate::money::Prefix) -> Option<&'a Inbound> {
        let number =
            self.central_bank.accounts().iter().position(|account| account.prefix == prefix)?;
        self.ledgers[number]?.transfer(id)
    }

    fn look_at(&mut self, record: &Record<'a>) {
        self.checked += 1;
        if !record.is_final() {
            self.in_flight += 1;
            // The files of a running cluster are read one after the other, so a payment in flight
            // may look half done without being so.
            if self.running {
                return;
            }
        }
        if !record.is_legal() {
            self.states.add(|| record.states());
        }
        if record.is_credited()
            && record.payer.is_some_and(|(_, payment)| payment.state == PaymentState::Returned)
        {
            self.doubled.add(|| record.states());
        }
        if let Some(difference) = record.difference() {
            self.contents.add(|| format!("{}: {difference}", record.id));
        }
        self.add_up(record);
    }

    fn add_up(&mut self, record: &Record<'_>) {
        let in_transit =
            record.payer.filter(|(_, payment)| payment.state == PaymentState::InTransit);
        let held = record.sponsor.filter(|funding| funding.state == FundingState::Funded);
        if record.is_credited() {
            let payers = in_transit.map(|(ledger, payment)| ledger.debited_by(payment));
            let parts = payers.into_iter().chain(held.map(Funding::discount));
            parts.for_each(|part| self.sums.in_both += part);
        }
        let Some(transfer) =
            record.transfer.filter(|transfer| transfer.state == TransferState::Cleared)
        else {
            return;
        };
        // The central bank has cleared the payment. Each operator that has not applied the notice
        // differs from it by the amount, in the settled balance or in the position of the cycle.
        let cycle = transfer.cycle;
        if let Some((ledger, payment)) = in_transit {
            *self.sums.unapplied(transfer.payer_operator, cycle) -= ledger.debited_by(payment);
        }
        if let (Some(sponsor), Some(funding)) = (transfer.sponsor(), held) {
            *self.sums.unapplied(sponsor, cycle) -= funding.discount();
        }
        let unapplied = record.payee.filter(|inbound| !inbound.state.is_final());
        if let Some(inbound) = unapplied {
            *self.sums.unapplied(transfer.payee_operator, cycle) += transfer.amount;
            // A reserved room is no credit yet. When the payer has completed, the money is in no
            // wallet until the payee's operator applies the notice.
            if inbound.state == InboundState::Held && in_transit.is_none() {
                self.sums.in_neither += transfer.amount;
            }
        }
    }

    pub(super) fn invariants(&self) -> Vec<Invariant> {
        let checked = format!("{} payments, {} of them in flight", self.checked, self.in_flight);
        vec![
            self.states.invariant("every payment is in a state that can be", &checked),
            self.doubled.invariant("no payment is credited and returned", &checked),
            self.contents.invariant("ledgers agree on amounts, wallets and outcomes", &checked),
        ]
    }
}

impl Sums {
    /// What an operator has not applied of a cycle, or of what settled by itself.
    fn unapplied(&mut self, operator: OperatorNumber, cycle: Option<CycleId>) -> &mut Total {
        match cycle {
            None => &mut self.settled_unapplied[operator.place()],
            Some(cycle) => self.netted_unapplied[operator.place()].entry(cycle).or_default(),
        }
    }
}

impl Record<'_> {
    /// Whether the payment is final in every ledger. The payee's and the sponsor's operator need not
    /// have a record of a refused payment.
    fn is_final(&self) -> bool {
        let payer = self.payer.is_some_and(|(_, payment)| payment.state.is_final());
        if self.is_taken {
            return payer;
        }
        let transfer = self.transfer.is_some_and(|transfer| transfer.state.is_final());
        let refused =
            self.transfer.is_some_and(|transfer| transfer.state == TransferState::Refused);
        let sponsor = match self.sponsor {
            Some(funding) => funding.state.is_final(),
            // Once the payee's operator was asked, the sponsor's has a record, read or not yet.
            None => self.payee.is_none() || self.transfer.is_none_or(|it| it.sponsor().is_none()),
        };
        let payee = self.payee.map_or(refused, |inbound| inbound.state.is_final());
        payer && transfer && payee && sponsor
    }

    fn is_credited(&self) -> bool {
        self.payee.is_some_and(Inbound::is_credited)
    }

    /// Whether the states are among those that a crash of any process at any moment may leave.
    fn is_legal(&self) -> bool {
        use {InboundState as Payee, PaymentState as Payer, TransferState as Bank};
        let payee = self.payee.map(|inbound| inbound.state);
        let Some(payer) = self.payer.map(|(_, payment)| payment.state) else { return false };
        if self.is_taken {
            return matches!(payer, Payer::InTransit | Payer::Returned);
        }
        if !self.is_legal_at_sponsor(payee) {
            return false;
        }
        match (payer, self.transfer.map(|transfer| transfer.state)) {
            (Payer::InTransit, None | Some(Bank::Admitted | Bank::Funding)) => payee.is_none(),
            // The decision may be missing or may not have arrived, but no notice was sent yet.
            (Payer::InTransit, Some(Bank::Delivered)) => payee != Some(Payee::Final),
            (Payer::InTransit, Some(Bank::Queued)) => payee == Some(Payee::Held),
            (Payer::InTransit | Payer::Completed, Some(Bank::Cleared)) => {
                matches!(payee, Some(Payee::Accepted | Payee::Held | Payee::Final))
            }
            (Payer::InTransit | Payer::Returned, Some(Bank::Refused)) => {
                matches!(payee, None | Some(Payee::Held | Payee::Rejected))
            }
            (Payer::Completed | Payer::Returned, _) | (Payer::Rejected, _) => false,
        }
    }

    /// Whether the state of the sponsor's leg is one that a crash of any process may leave: it holds
    /// its part before the payee's operator is asked, and until it learns of the outcome.
    fn is_legal_at_sponsor(&self, payee: Option<InboundState>) -> bool {
        use {FundingState as Leg, TransferState as Bank};
        let leg = self.sponsor.map(|funding| funding.state);
        let Some(transfer) = self.transfer.filter(|transfer| transfer.sponsor().is_some()) else {
            return leg.is_none();
        };
        match transfer.state {
            Bank::Funding => matches!(leg, None | Some(Leg::Funded | Leg::Declined)),
            Bank::Admitted | Bank::Delivered => leg == Some(Leg::Funded),
            Bank::Cleared => matches!(leg, Some(Leg::Funded | Leg::Redeemed)),
            Bank::Refused => match leg {
                // Before the sponsor's operator has answered that it holds its part, the payee's has
                // nothing to decide.
                None | Some(Leg::Declined) => payee.is_none(),
                Some(Leg::Funded | Leg::Returned) => true,
                Some(Leg::Redeemed) => false,
            },
            // One with a sponsor does not wait for cover.
            Bank::Queued => false,
        }
    }

    fn states(&self) -> String {
        let payer = self.payer.map(|(_, payment)| payment.state);
        let (transfer, payee) =
            (self.transfer.map(|transfer| transfer.state), self.payee.map(|inbound| inbound.state));
        let sponsor = match self.sponsor.map(|funding| funding.state) {
            Some(state) => format!(", sponsor {state:?}"),
            None => String::new(),
        };
        format!("{}: payer {payer:?}, central bank {transfer:?}, payee {payee:?}{sponsor}", self.id)
    }

    /// The first difference between the ledgers, if there is one.
    fn difference(&self) -> Option<&'static str> {
        let transfer = self.transfer?;
        self.payer
            .and_then(|(ledger, payment)| payer_difference(ledger, payment, transfer))
            .or_else(|| self.payee.and_then(|inbound| payee_difference(inbound, transfer)))
            .or_else(|| self.sponsor.and_then(|funding| sponsor_difference(funding, transfer)))
    }
}

fn payer_difference(
    ledger: &OperatorLedger,
    payment: &Payment,
    transfer: &Transfer,
) -> Option<&'static str> {
    let payer = ledger.payer_of(payment);
    let key = RequestKey::new(payer, &payment.request_id);
    let differs = [
        (payment.details() != transfer.details(), "what it is for at the payer's operator"),
        (payment.amount != transfer.amount, "the amount at the payer's operator"),
        (
            (payer, payment.payee) != (transfer.payer, transfer.payee),
            "the wallets at the payer's operator",
        ),
        (key != transfer.request_key, "the request of the payer"),
        (payment.details() != transfer.details(), "what it is for at the payer's operator"),
        (payment.submitted_at != transfer.submitted_at, "the time of submission"),
        (
            payment.state.is_final() && payment.reason != transfer.reason,
            "the reason at the payer's operator",
        ),
        (
            payment.state.is_final() && payment.cycle != transfer.cycle,
            "the cycle at the payer's operator",
        ),
    ];
    differs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

/// The first difference at the payee's operator. A rejection that answers a revoke records only the
/// payment's id, so its amount and wallets are not compared.
fn payee_difference(inbound: &Inbound, transfer: &Transfer) -> Option<&'static str> {
    let known = inbound.delivered.as_ref();
    let rejected =
        inbound.state == InboundState::Rejected && transfer.state == TransferState::Refused;
    let differs = [
        (
            known.is_some_and(|delivered| delivered.amount != transfer.amount),
            "the amount at the payee's operator",
        ),
        (
            known.is_some_and(|delivered| {
                (delivered.payer, delivered.payee) != (transfer.payer, transfer.payee)
            }),
            "the wallets at the payee's operator",
        ),
        (
            known.is_some_and(|delivered| delivered.details.as_deref() != transfer.details()),
            "what it is for at the payee's operator",
        ),
        (rejected && inbound.reason != transfer.reason, "the reason at the payee's operator"),
        (
            inbound.state == InboundState::Final && inbound.cycle != transfer.cycle,
            "the cycle at the payee's operator",
        ),
    ];
    differs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

/// The first difference at the sponsor's operator. What it declined for and why the payment was
/// refused may differ: the payment may have expired before the answer came.
fn sponsor_difference(funding: &Funding, transfer: &Transfer) -> Option<&'static str> {
    let row = funding.as_row();
    let voucher = transfer.details().and_then(|details| details.voucher);
    let parts = (row.campaign, row.discount, row.amount);
    let expected = voucher.map(|voucher| (voucher.campaign, voucher.discount, transfer.amount));
    let differs = [
        (Some(parts) != expected, "the discount at the sponsor's operator"),
        (
            (row.payer, row.payee) != (transfer.payer, transfer.payee),
            "the wallets at the sponsor's operator",
        ),
        (
            funding.state == FundingState::Returned && funding.reason != transfer.reason,
            "the reason at the sponsor's operator",
        ),
        (
            funding.state == FundingState::Redeemed && funding.cycle != transfer.cycle,
            "the cycle at the sponsor's operator",
        ),
    ];
    differs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}
