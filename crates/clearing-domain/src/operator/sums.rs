//! The sums that are held below the largest one; [`money`](crate::money) says which, and why no
//! other can overflow.

use crate::money::Position;

use super::accounts::{Account, TOLD_MAX};
use super::ledger::OperatorLedger;
use super::link::LinkPhase;

impl OperatorLedger {
    /// Posts what the central bank tells. What no central bank that counts right can tell is not
    /// applied: the link starts anew.
    pub(super) fn post_told(&mut self, debit: Account, credit: Account, sum: Position) -> bool {
        let may_owe =
            |ledger: &Self| credit != Account::Stock || ledger.owed() + sum <= TOLD_MAX.into();
        let fits = self.accounts.can_post(debit, credit, sum) && may_owe(self);
        if fits {
            self.accounts.post_signed(debit, credit, sum);
            self.changes.state = true;
        } else if self.session.phase() != LinkPhase::Down {
            let [debit, credit] = [debit.name(), credit.name()];
            self.alarm(format!(
                "{sum} yuan from {credit} to {debit} would pass the largest sum of this ledger"
            ));
            self.begin_anew();
        }
        fits
    }
}
