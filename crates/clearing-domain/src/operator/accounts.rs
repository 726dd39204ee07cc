//! The operator's accounts: double entry, so that every posting balances.

use std::collections::BTreeMap;

use crate::money::{Amount, CycleId, Position, Total};

/// An account of the operator's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// Asset: settlement asset the central bank holds for the operator, in its own view
    /// (e-CNY held in the cash regime, reserves in the deposit regime).
    Held,
    /// Asset: cleared but unsettled position in a cycle; negative when owed.
    Position(CycleId),
    /// Asset: credited to payees, not yet reported cleared.
    Uncleared,
    /// Asset: what other operators owe outside settlement, less what is owed to them.
    Claims,
    /// Asset: loans and securities behind customer deposits (deposit regime).
    OtherAssets,
    /// Liability: the sum of all wallets.
    Wallets,
    /// Liability: e-CNY to distribute (cash regime).
    Stock,
    /// Liability: stock set aside for a withdrawal under way.
    Withdrawing,
    /// Liability: debited from payers, not yet reported cleared.
    InTransit,
    /// Liability: customers' bank deposits outside wallets (deposit regime).
    OtherDeposits,
    /// Liability: what the operator owes the central bank for reserves (deposit regime).
    CentralBankCredit,
    /// Liability: the operator's own means; falls with the interest that it credits (deposit
    /// regime).
    Equity,
    /// Liability: swept from government wallets, not yet reported paid to the treasury (deposit
    /// regime).
    Remitting,
}

impl Account {
    /// Where the settlement of a cleared payment stands: a cycle's position, or the asset itself
    /// under gross settlement.
    pub fn of_settlement(cycle: Option<CycleId>) -> Self {
        cycle.map_or(Self::Held, Self::Position)
    }

    const fn is_asset(self) -> bool {
        matches!(
            self,
            Self::Held | Self::Position(_) | Self::Uncleared | Self::Claims | Self::OtherAssets
        )
    }

    /// The name stored in the ledger file; positions are stored by cycle.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Position(_) => "position",
            Self::Uncleared => "uncleared",
            Self::Claims => "claims",
            Self::OtherAssets => "other_assets",
            Self::Wallets => "wallets",
            Self::Stock => "stock",
            Self::Withdrawing => "withdrawing",
            Self::InTransit => "in_transit",
            Self::OtherDeposits => "other_deposits",
            Self::CentralBankCredit => "central_bank_credit",
            Self::Remitting => "remitting",
            Self::Equity => "equity",
        }
    }

    /// Every account but the positions.
    pub const FIXED: [Self; 12] = [
        Self::Held,
        Self::Uncleared,
        Self::OtherAssets,
        Self::Wallets,
        Self::Stock,
        Self::Withdrawing,
        Self::InTransit,
        Self::OtherDeposits,
        Self::CentralBankCredit,
        Self::Claims,
        Self::Remitting,
        Self::Equity,
    ];
}

/// As much as the central bank's messages may bring an account to: four of the largest sums, of
/// which one is in the operator's own hands.
pub(super) const REPORTED_MAX: Position = Position::from_fen(4 * Amount::SUM_MAX.fen());

/// The balances of the operator's accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorAccounts {
    fixed: [Position; Account::FIXED.len()],
    positions: BTreeMap<CycleId, Position>,
}

impl OperatorAccounts {
    /// Posts an amount: the debited asset rises or liability falls, the credited one the reverse.
    pub fn post(&mut self, debit: Account, credit: Account, amount: Amount) {
        self.post_signed(debit, credit, amount.position());
    }

    /// Posts a signed sum; a negative one posts the other way round.
    pub fn post_signed(&mut self, debit: Account, credit: Account, sum: Position) {
        self.change(debit, if debit.is_asset() { sum } else { -sum });
        self.change(credit, if credit.is_asset() { -sum } else { sum });
    }

    /// Whether the accounts can hold what a posting makes of them.
    ///
    /// The ledger bounds what it decides itself; this is for what the central bank tells, which
    /// comes near this only when it has lost count.
    pub fn can_post(&self, debit: Account, credit: Account, sum: Position) -> bool {
        let holds = |account: Account, sum: Total| {
            (Total::from(self.balance(account)) + sum).magnitude() <= Total::from(REPORTED_MAX)
        };
        let change =
            |account: Account, sum: Total| if account.is_asset() { sum } else { Total::ZERO - sum };
        let sum = Total::from(sum);
        holds(debit, change(debit, sum)) && holds(credit, change(credit, Total::ZERO - sum))
    }

    /// The balance of an account.
    pub fn balance(&self, account: Account) -> Position {
        match (slot(account), account) {
            (Some(slot), _) => self.fixed[slot],
            (None, Account::Position(cycle)) => {
                self.positions.get(&cycle).copied().unwrap_or_default()
            }
            (None, _) => Position::ZERO,
        }
    }

    /// Sets a balance read from a ledger file.
    pub fn load(&mut self, account: Account, balance: Position) {
        let current = self.balance(account);
        self.change(account, balance - current);
    }

    /// The unsettled positions by cycle, without the zero ones.
    pub fn positions(&self) -> impl Iterator<Item = (CycleId, Position)> + '_ {
        self.positions.iter().map(|(cycle, position)| (*cycle, *position))
    }

    /// Assets minus liabilities; the books are right when this is zero.
    pub fn imbalance(&self) -> Total {
        let fixed = Account::FIXED.into_iter().map(|account| {
            let balance = Total::from(self.balance(account));
            if account.is_asset() { balance } else { Total::ZERO - balance }
        });
        fixed.sum::<Total>() + self.positions.values().copied().sum::<Total>()
    }

    fn change(&mut self, account: Account, by: Position) {
        if let Some(slot) = slot(account) {
            self.fixed[slot] += by;
        } else if let Account::Position(cycle) = account {
            let position = self.positions.entry(cycle).or_default();
            *position += by;
            if position.is_zero() {
                self.positions.remove(&cycle);
            }
        }
    }
}

/// The place of a fixed account in the array; positions have none.
const fn slot(account: Account) -> Option<usize> {
    match account {
        Account::Held => Some(0),
        Account::Uncleared => Some(1),
        Account::OtherAssets => Some(2),
        Account::Wallets => Some(3),
        Account::Stock => Some(4),
        Account::Withdrawing => Some(5),
        Account::InTransit => Some(6),
        Account::OtherDeposits => Some(7),
        Account::CentralBankCredit => Some(8),
        Account::Claims => Some(9),
        Account::Remitting => Some(10),
        Account::Equity => Some(11),
        Account::Position(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_posting_balances() {
        let mut accounts = OperatorAccounts::default();
        let amount = Amount::from_fen(500).unwrap();
        let cycle = Account::Position(CycleId::FIRST);
        for (debit, credit) in [
            (Account::Held, Account::Stock),
            (Account::Stock, Account::Wallets),
            (Account::Wallets, Account::InTransit),
            (Account::InTransit, cycle),
            (Account::Uncleared, Account::Wallets),
        ] {
            accounts.post(debit, credit, amount);
            assert!(accounts.imbalance().is_zero());
        }
        assert_eq!(accounts.balance(cycle), Position::from_fen(-500));
        accounts.post_signed(Account::Held, cycle, Position::from_fen(-500));
        assert_eq!(
            (accounts.balance(Account::Held), accounts.positions().count()),
            (Position::ZERO, 0)
        );
    }

    #[test]
    fn fixed_accounts_have_slots_of_their_own() {
        for (index, account) in Account::FIXED.into_iter().enumerate() {
            assert_eq!(slot(account), Some(index));
        }
    }
}
