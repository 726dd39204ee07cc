//! What the central bank does with what it hears: admit, clear, refuse, and tell.

use clearing_domain::central_bank::TransferState::{Admitted, Cleared, Delivered, Refused};

use crate::bank::{Outcome, Row, Standing};
use crate::config::{Config, Excess, OPERATORS, Plan};
use crate::ids::Ids;
use crate::rule::Rule;
use crate::state::{Link, State};
use crate::wire::{ToBank, ToOperator};

/// A step of the central bank: a batch of one command, and what it will release.
pub(crate) struct Central<'a> {
    config: &'a Config,
    state: &'a mut State,
    out: [ToOperator; OPERATORS],
}

impl<'a> Central<'a> {
    pub(crate) fn new(config: &'a Config, state: &'a mut State) -> Self {
        Self { config, state, out: [ToOperator::default(); OPERATORS] }
    }

    fn plan(&self, id: usize) -> Plan {
        self.config.plans[id]
    }

    fn row(&self, id: usize) -> Option<Row> {
        self.state.bank.live.rows[id]
    }

    fn set(&mut self, id: usize, standing: Standing) {
        let row = self.state.bank.live.rows[id].get_or_insert(Row::new(standing));
        row.standing = standing;
    }

    fn is_ready(&self, operator: usize) -> bool {
        self.state.links[operator] == Link::Ready
    }

    /// Applies a message: decisions before instructions.
    pub(crate) fn take(mut self, operator: usize, message: ToBank) {
        if message.registration {
            self.register(operator, message.settled);
        }
        message.accepted.iter().for_each(|id| self.decide(operator, id, true));
        message.rejected.iter().for_each(|id| self.decide(operator, id, false));
        message.funded.iter().for_each(|id| self.funded(id, true));
        message.declined.iter().for_each(|id| self.funded(id, false));
        message.instructions.iter().for_each(|id| self.instruct(id));
        message.forged.iter().for_each(|id| self.other_content(id));
        let acknowledged = &mut self.state.bank.live.acknowledged[operator];
        *acknowledged = acknowledged.union(message.acknowledged);
        if message.resend_complete {
            self.link_ready(operator);
        }
        self.finish();
    }

    /// A new link: everything of the one before is fenced.
    fn register(&mut self, operator: usize, settled: bool) {
        self.state.told[operator] = settled;
        self.state.links[operator] = Link::Resending;
        self.state.meets[operator] = true;
        if self.config.has(Rule::FenceFirst) {
            self.state.old[operator].to_bank.clear();
        }
        self.out[operator].roster = true;
        if self.state.operators[operator].live.behind && self.config.has(Rule::BookBeforeServing) {
            self.list_all(operator);
        }
        if !self.config.has(Rule::NoticesBeforeSettlement) {
            self.out[operator].settled = self.state.bank.live.settled(operator);
        }
    }

    /// Everything of which an operator with an old file must have a record.
    fn list_all(&mut self, operator: usize) {
        for id in self.config.ids() {
            let Some(row) = self.row(id) else { continue };
            let plan = self.plan(id);
            let cleared = matches!(row.outcome(), Some(Outcome::Cleared(_)));
            if plan.debits(operator) || (plan.payee == operator && cleared) {
                self.out[operator].known.insert(id);
                self.notify(id, operator);
            }
        }
    }

    fn instruct(&mut self, id: usize) {
        let refused = Standing::Is(Refused);
        match self.row(id) {
            Some(row) if row.standing == refused && !self.config.has(Rule::RefusalsAreFinal) => {
                self.state.bank.live.rows[id] = None;
                self.admit(id);
            }
            Some(_) => self.notify(id, self.plan(id).payer),
            None => self.admit(id),
        }
    }

    fn other_content(&mut self, id: usize) {
        if !self.config.has(Rule::OtherContentIsAlarm) {
            self.out[self.config.plans[id].payer].refused.insert(id);
        }
    }

    fn admit(&mut self, id: usize) {
        let plan = self.plan(id);
        if self.state.expired.contains(id) {
            return self.refuse(id);
        }
        if self.config.votes() {
            return self.deliver(id);
        }
        let mut debited = [Some(plan.payer), plan.sponsor].into_iter().flatten();
        let covered = debited.all(|operator| self.state.bank.live.has_headroom(self.config, operator));
        match (covered, self.config.excess) {
            (true, _) => self.forward(id),
            (false, Excess::Refuse) => self.refuse(id),
            (false, Excess::Queue | Excess::Offset) => self.set(id, Standing::Queued),
        }
    }

    /// An admitted transfer goes to the sponsor, if it has one, and to the payee's operator.
    fn forward(&mut self, id: usize) {
        match self.plan(id).sponsor {
            None => self.deliver(id),
            Some(sponsor) => {
                self.set(id, Standing::Funding);
                if self.is_ready(sponsor) {
                    self.out[sponsor].funds.insert(id);
                }
                if !self.config.has(Rule::SponsorBeforePayee) {
                    self.deliver(id);
                }
            }
        }
    }

    /// Only what can be sent is marked as delivered.
    fn deliver(&mut self, id: usize) {
        let payee = self.plan(id).payee;
        if self.is_ready(payee) {
            self.out[payee].deliveries.insert(id);
        }
        let marked = self.is_ready(payee) && self.config.has(Rule::DeliveredBeforeSent);
        self.set(id, Standing::Is(if marked { Delivered } else { Admitted }));
    }

    fn decide(&mut self, operator: usize, id: usize, accepted: bool) {
        let heard = if accepted { &mut self.state.seen.accepted } else { &mut self.state.seen.rejected };
        heard.insert(id);
        let asked = |row: &Row| {
            row.standing == Standing::Is(Delivered)
                || (row.standing == Standing::Is(Admitted) && !self.config.has(Rule::DeliveredBeforeSent))
        };
        match self.row(id) {
            Some(row) if asked(&row) => self.decided(id, accepted),
            Some(Row { standing: Standing::Is(Cleared), .. }) if accepted => self.notify(id, operator),
            Some(Row { standing: Standing::Is(Refused), .. }) if !accepted || self.config.votes() => {
                self.notify(id, operator);
            }
            Some(Row { standing: Standing::Queued, .. }) if accepted && self.config.votes() => {}
            Some(_) | None => self.state.seen.alarm |= !self.state.seen.forgotten.contains(id),
        }
    }

    fn decided(&mut self, id: usize, accepted: bool) {
        let waits_for_sponsor = self.plan(id).sponsor.is_some() && self.row(id).is_some_and(|row| !row.funded);
        match (accepted, self.config.votes()) {
            (false, _) => self.refuse(id),
            (true, true) => self.set(id, Standing::Queued),
            (true, false) if waits_for_sponsor => {
                self.state.bank.live.rows[id].as_mut().into_iter().for_each(|row| row.accepted = true);
            }
            (true, false) => self.clear(id),
        }
    }

    /// The sponsor holds its leg, or will not.
    fn funded(&mut self, id: usize, funded: bool) {
        let Some(row) = self.row(id) else { return };
        if row.outcome().is_some() {
            return self.plan(id).sponsor.into_iter().for_each(|sponsor| self.notify(id, sponsor));
        }
        if !funded {
            return self.refuse(id);
        }
        self.state.bank.live.rows[id].as_mut().into_iter().for_each(|row| row.funded = true);
        match row.standing {
            Standing::Funding => self.deliver(id),
            Standing::Is(_) | Standing::Queued if row.accepted => self.clear(id),
            Standing::Is(_) | Standing::Queued => {}
        }
    }

    fn clear(&mut self, id: usize) {
        let cycle = self.state.bank.live.cycle;
        self.set(id, Standing::Is(Cleared));
        self.state.bank.live.rows[id].as_mut().into_iter().for_each(|row| row.cycle = cycle);
        self.state.bank.live.clear(self.config, id);
        if self.state.seen.forgotten.contains(id) {
            self.state.seen.cleared_again.insert(id);
        }
        self.notify_all(id);
    }

    fn refuse(&mut self, id: usize) {
        self.set(id, Standing::Is(Refused));
        let plan = self.plan(id);
        self.notify(id, plan.payer);
        plan.sponsor.into_iter().for_each(|sponsor| self.notify(id, sponsor));
        if self.config.votes() {
            self.notify(id, plan.payee);
        }
        if !self.config.has(Rule::RefusalsAreRows) {
            self.state.bank.live.rows[id] = None;
        }
    }

    fn notify_all(&mut self, id: usize) {
        let plan = self.plan(id);
        [Some(plan.payer), plan.sponsor, Some(plan.payee)]
            .into_iter()
            .flatten()
            .for_each(|operator| self.notify(id, operator));
    }

    fn notify(&mut self, id: usize, operator: usize) {
        let outcome = self.row(id).and_then(|row| row.outcome());
        if let Some(outcome) = outcome
            && self.state.links[operator] != Link::Down
        {
            self.out[operator].notice(id, outcome);
        }
    }

    /// Everything undecided has come again: what waited for this moment is sent.
    fn link_ready(&mut self, operator: usize) {
        self.state.links[operator] = Link::Ready;
        if !self.state.told[operator] {
            self.out[operator].settled = self.state.bank.live.settled(operator);
        }
        for id in self.config.ids() {
            let (plan, expired) = (self.plan(id), self.state.expired.contains(id));
            match self.row(id).map(|row| row.standing) {
                Some(Standing::Is(Delivered)) if plan.payee == operator && expired => {
                    self.out[operator].revokes.insert(id);
                }
                Some(Standing::Is(Delivered)) if plan.payee == operator => self.out[operator].deliveries.insert(id),
                Some(Standing::Is(Admitted)) if plan.payee == operator && expired => self.refuse(id),
                Some(Standing::Is(Admitted)) if plan.payee == operator => self.deliver(id),
                Some(Standing::Funding) if plan.sponsor == Some(operator) => self.out[operator].funds.insert(id),
                Some(Standing::Is(_) | Standing::Queued | Standing::Funding) | None => {}
            }
        }
    }

    /// The time of a payment has run out.
    pub(crate) fn expire(self, id: usize) {
        self.state.expired.insert(id);
        self.state.unnoticed.insert(id);
        self.look_at_clock();
    }

    /// Refuses what expired before its delivery; asks for the decision on what was delivered.
    pub(crate) fn look_at_clock(mut self) {
        for id in std::mem::take(&mut self.state.unnoticed).iter() {
            self.notice_expiry(id);
        }
        self.finish();
    }

    fn notice_expiry(&mut self, id: usize) {
        match self.row(id).map(|row| row.standing) {
            Some(Standing::Queued | Standing::Funding | Standing::Is(Admitted)) => self.refuse(id),
            Some(Standing::Is(Delivered)) if !self.config.has(Rule::DeliveredEndsOnlyByPayee) => self.refuse(id),
            Some(Standing::Is(Delivered)) if self.is_ready(self.plan(id).payee) => {
                self.out[self.config.plans[id].payee].revokes.insert(id);
            }
            Some(Standing::Is(_)) | None => {}
        }
    }

    /// At the end of the day what was not delivered is returned.
    pub(crate) fn end_day(mut self) {
        for id in self.config.ids() {
            let standing = self.row(id).map(|row| row.standing);
            if matches!(standing, Some(Standing::Queued | Standing::Funding | Standing::Is(Admitted))) {
                self.refuse(id);
            }
        }
        self.finish();
    }

    /// Closes the first cycle and settles it.
    pub(crate) fn close(mut self) {
        let bank = &mut self.state.bank.live;
        let settled = std::mem::take(&mut bank.position[0]);
        bank.held.iter_mut().zip(settled).for_each(|(held, moved)| *held += moved);
        (bank.cycle, bank.settled) = (1, Some(settled));
        for operator in 0..self.config.operators {
            if self.is_ready(operator) {
                self.out[operator].settled = self.state.bank.live.settled(operator);
            }
        }
        self.finish();
    }

    /// What now has headroom leaves the queue, alone or with what offsets it.
    fn release_queue(&mut self) {
        let waiting =
            |state: &State, id: &usize| state.bank.live.rows[*id].is_some_and(|row| row.standing == Standing::Queued);
        loop {
            let queued: Ids = self.config.ids().filter(|id| waiting(self.state, id)).collect();
            let Some(set) = queued.subsets().skip(1).find(|set| self.may_leave(*set)) else { return };
            for id in set.iter() {
                if self.config.votes() { self.clear(id) } else { self.forward(id) }
            }
        }
    }

    fn may_leave(&self, set: Ids) -> bool {
        let bank = &self.state.bank.live;
        if self.config.excess == Excess::Offset {
            return bank.covers_together(self.config, set);
        }
        let mut ids = set.iter();
        let first = ids.next().is_some_and(|id| bank.has_headroom(self.config, self.config.plans[id].payer));
        first && ids.next().is_none()
    }

    /// Commits what must not be lost, then releases.
    fn finish(mut self) {
        self.release_queue();
        if self.out.iter().any(|message| self.must_wait(message)) {
            self.state.bank.sync();
        }
        for (operator, message) in self.out.into_iter().enumerate() {
            self.state.send_to_operator(operator, message);
        }
    }

    fn must_wait(&self, message: &ToOperator) -> bool {
        let mut rest = *message;
        if !self.config.has(Rule::DurableAdmission) {
            (rest.deliveries, rest.funds) = (Ids::NONE, Ids::NONE);
        }
        if !self.config.has(Rule::NoticeAfterCommit) {
            (rest.cleared, rest.refused) = ([Ids::NONE; 2], Ids::NONE);
        }
        !rest.is_empty()
    }
}
