//! How links begin and end: registration, and what it checks. `receive` applies what comes on them.

mod receive;

use crate::link::{Head, LinkPlace, Registration, RosterEntry, Witness};
use crate::money::{OperatorCode, OperatorNumber, Timestamp};

use super::CentralBankLedger;
use super::bounds::Sent;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::links::OperatorLink;

impl CentralBankLedger {
    /// Starts a new link with an operator, answers with the roster, and with its number in it.
    ///
    /// The incarnation must be a new one: it fences every link before. A ledger that is behind what
    /// the other side has seen of it is refused, because what it forgot cannot be resent.
    ///
    /// `own_head` is the head of this ledger's chain at the batch that the operator has seen, as
    /// the file has it. Without it nothing is agreed: `None` refuses an operator that has seen any
    /// batch.
    ///
    /// One that is refused for what the ledgers hold has used its incarnation up: it tries again
    /// with the next, for as long as it takes, and must not run away from what is known here.
    pub fn register(
        &mut self,
        place: LinkPlace,
        registration: &Registration,
        own_head: Option<Head>,
        now: Timestamp,
    ) -> Result<OperatorNumber, CentralBankError> {
        let operator = self.operator_number(registration.operator)?;
        let link = &self.links[operator];
        if let Err(error) = link.check_registration(registration.operator, place, registration) {
            if matches!(error, CentralBankError::OutOfBounds { field: "incarnation", .. }) {
                self.links[operator].allow_ahead();
            }
            return Err(error);
        }
        if let Err(error) = self.check_ledgers(operator, registration, own_head) {
            if self.links[operator].is_connected() {
                self.disconnect(operator);
            }
            // Used up, so that nothing of the operator that was refused can come under it later.
            self.links[operator].fence(place.incarnation);
            self.touch(operator);
            return Err(error);
        }
        let roster = self.roster();
        // From here on the link before is fenced: what still comes on it is dropped.
        self.links[operator].begin(place, registration, roster);
        // What was to be closed is the link before.
        self.effects.disconnect.retain(|number| *number != operator);
        self.effects.refused.retain(|(number, _)| *number != operator);
        self.touch(operator);
        self.note(EventKind::LinkUp, format!("operator {} at {now}", registration.operator));
        self.ticks.rejoin(operator);
        self.acknowledge_tick(operator, registration.tick_ended);
        Ok(operator)
    }

    /// Checks that neither ledger lacks what the other has seen of it, or has another past. That
    /// this one does is believed when two operators report it.
    fn check_ledgers(
        &mut self,
        operator: OperatorNumber,
        registration: &Registration,
        own_head: Option<Head>,
    ) -> Result<(), CentralBankError> {
        let (code, seen) = (self.accounts[operator].code, self.links[operator].witness());
        if registration.batch < seen.batch {
            let (seen, found) = (seen.batch, registration.batch);
            return Err(CentralBankError::OperatorBehind { operator: code, seen, found });
        }
        // Of an earlier batch the operator itself compares: it alone has the head.
        if registration.batch == seen.batch && !seen.agrees_with(&registration.head) {
            return Err(CentralBankError::OperatorForked {
                operator: code,
                batch: registration.batch,
            });
        }
        let known = Witness {
            batch: registration.central_bank_batch,
            head: registration.central_bank_head,
        };
        if known.batch > self.chain.batch {
            let (agreed, own) = (self.doubted_by(operator), self.chain.batch);
            let known = known.batch;
            return Err(CentralBankError::CentralBankBehind { operator: code, known, own, agreed });
        }
        // What was committed meanwhile makes up for no batch that was not there when the head was
        // looked up.
        let unknown = CentralBankError::OwnHeadUnknown { operator: code, batch: known.batch };
        let own_head = if known.batch == 0 { known.head } else { own_head.ok_or(unknown)? };
        if !known.agrees_with(&own_head) {
            let agreed = self.doubted_by(operator);
            let batch = known.batch;
            return Err(CentralBankError::CentralBankForked { operator: code, batch, agreed });
        }
        self.links.agrees(operator);
        self.sent_to(operator).check(code, registration)
    }

    /// Up to where an operator can have followed this ledger.
    fn sent_to(&self, operator: OperatorNumber) -> Sent {
        Sent { advices: self.advices.count(operator), tick: self.ticks.tick() }
    }

    /// Notes that an operator knows better of this ledger's past; gives another one that does, too.
    fn doubted_by(&mut self, operator: OperatorNumber) -> Option<OperatorCode> {
        self.links.doubted_by(operator).map(|other| self.accounts[other].code)
    }

    fn roster(&self) -> Vec<RosterEntry> {
        let entry = |account: &super::account::OperatorAccount| RosterEntry {
            code: account.code,
            prefix: account.prefix,
        };
        let mut roster: Vec<_> = self.accounts.list().iter().map(entry).collect();
        roster.sort_unstable_by_key(|entry| entry.prefix);
        roster
    }

    /// A link is gone. The end of a link that a newer one has fenced means nothing.
    pub fn link_down(&mut self, operator: OperatorNumber, incarnation: u64) {
        let Some(link) = self.links.of_mut(operator) else { return };
        if link.incarnation() == incarnation && link.is_connected() {
            link.end();
            let text = format!("operator {}", self.accounts[operator].code);
            self.note(EventKind::LinkDown, text);
        }
    }

    /// Whether an operator is connected.
    pub fn is_connected(&self, operator: OperatorNumber) -> bool {
        self.links.of(operator).is_some_and(OperatorLink::is_connected)
    }

    /// How far an operator's ledger is, by its last report.
    pub fn witness_of(&self, operator: OperatorNumber) -> Witness {
        self.links.of(operator).map(OperatorLink::witness).unwrap_or_default()
    }

    /// Closes a link on which something went wrong; the operator registers again and resends.
    fn disconnect(&mut self, operator: OperatorNumber) {
        self.link_down(operator, self.links[operator].incarnation());
        self.effects.disconnect.push(operator);
    }

    /// An operator has durably applied the end of a tick.
    fn acknowledge_tick(&mut self, operator: OperatorNumber, tick: u64) {
        if self.ticks.acknowledge(operator, tick) {
            self.progress();
        }
    }
}

#[cfg(test)]
mod tests;
