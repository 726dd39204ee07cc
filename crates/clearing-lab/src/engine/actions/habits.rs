//! Habits: who has just paid in a series pays in it again on its next day, as likely as it says.

use std::collections::{BTreeSet, HashMap};

use clearing_domain::money::{PaymentId, WalletNumber};
use clearing_domain::operator::TickItem;

use crate::experiment::Script;
use crate::experiment::script::Ratio;
use crate::workload::Workload;

#[cfg(test)]
mod tests;

/// The habits of a run. Which payments a habit may add is drawn beforehand; here it shows who has
/// the habit.
pub(super) struct Habits<'a> {
    workload: &'a Workload,
    habits: Vec<Habit>,
    /// The payments of the day of series with a habit, each with the place of its habit.
    today: HashMap<PaymentId, (usize, Made)>,
}

/// Why a payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// In any case.
    Always,
    /// Out of habit alone.
    OutOfHabit,
}

/// The habit of paying in one series.
struct Habit {
    /// The place of the series.
    series: usize,
    /// Who has it on the day.
    kept: BTreeSet<WalletNumber>,
    /// Who will have it on the next day of the series.
    formed: BTreeSet<WalletNumber>,
}

impl<'a> Habits<'a> {
    pub(super) fn new(script: &Script, workload: &'a Workload) -> Self {
        let sticky = script.series.iter().enumerate().filter(|(_, one)| one.sticky > Ratio::NONE);
        let habit = |(series, _)| Habit { series, kept: BTreeSet::new(), formed: BTreeSet::new() };
        Self { workload, habits: sticky.map(habit).collect(), today: HashMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.habits.is_empty()
    }

    /// Begins a day, counted from 0. What is done on a day forms habits for later ones.
    pub(super) fn begin(&mut self, day: u32) {
        self.today.clear();
        for (place, habit) in self.habits.iter_mut().enumerate() {
            let Some([own, added]) = self.workload.series_on(habit.series, day) else { continue };
            habit.kept = std::mem::take(&mut habit.formed);
            self.today.extend(own.iter().map(|one| (one.id, (place, Made::Always))));
            self.today.extend(added.iter().map(|one| (one.id, (place, Made::OutOfHabit))));
        }
    }

    /// Whether a payment is made; one that is keeps the habit of its payer.
    pub(super) fn makes(&mut self, item: &TickItem) -> bool {
        let Some((place, made)) = self.today.get(&item.id).copied() else { return true };
        let habit = &mut self.habits[place];
        let is_made = made == Made::Always || habit.kept.contains(&item.payer);
        if is_made {
            habit.formed.insert(item.payer);
        }
        is_made
    }

    /// Forms the habits of a wallet that has taken or spent money of a campaign.
    pub(super) fn form(&mut self, wallet: WalletNumber) {
        for habit in &mut self.habits {
            habit.formed.insert(wallet);
        }
    }
}
