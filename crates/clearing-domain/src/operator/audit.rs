//! What must hold in every operator's ledger, computed again from its rows.

use crate::ledger::SealedLedger;
use crate::money::{Position, Total};
use crate::seal::{BatchHasher, BatchSeal, Invariant};

use super::OperatorLedger;
use super::accounts::Account;
use super::inbound::Inbound;
use super::recount::NAMED_MAX;
use super::state::{InboundState, PaymentState};
use super::wallet::{Wallet, WalletStatus};

impl OperatorLedger {
    /// Checks every invariant of the ledger against its rows and the stored seals.
    pub fn audit(&self, seals: &[BatchSeal]) -> Vec<Invariant> {
        let mut invariants = self.audit_in_memory();
        invariants.push(self.check_chain(seals));
        invariants.push(self.check_beside());
        invariants
    }

    /// Checks what needs no seals.
    pub fn audit_in_memory(&self) -> Vec<Invariant> {
        let wallets = self.wallets.list().iter().map(|wallet| wallet.balance).sum();
        let in_transit =
            self.payments.list().iter().filter(|payment| payment.state == PaymentState::InTransit);
        let of_payers: Total = in_transit.map(|payment| self.debited_by(payment)).sum();
        let in_transit = of_payers + self.fundings.held();
        let reserved = self.wallets.list().iter().map(|wallet| wallet.in_transit).sum();
        let uncleared =
            self.inbound.list().iter().filter(|inbound| inbound.state == InboundState::Accepted);
        let uncleared = uncleared.map(Inbound::amount).sum();
        let remitting = self.remitting_on_ledger();
        let withdrawing = self.link.withdrawing.iter().map(|(_, amount)| *amount).sum();
        vec![
            self.check_books(),
            self.check_account("wallets", Account::Wallets, wallets),
            self.check_account("in transit", Account::InTransit, in_transit),
            self.check_account("in transit by wallet", Account::InTransit, reserved),
            self.check_account("uncleared inflow", Account::Uncleared, uncleared),
            self.check_account("withdrawing", Account::Withdrawing, withdrawing),
            self.check_account("remitting", Account::Remitting, remitting),
            self.check_account("equity", Account::Equity, Total::ZERO - self.interest.total()),
            self.check_stock(),
            self.check_room(),
            self.check_wallets(),
            self.check_families(),
            self.check_promises(),
            self.check_code_uses(),
            self.check_campaigns(),
            self.check_grants(),
            self.check_contracts(),
            self.check_loans(),
            self.check_wealth(),
            self.check_payrolls(),
            self.check_cards(),
            self.check_participants(),
        ]
    }

    /// Assets equal liabilities: the equation of money in one file.
    fn check_books(&self) -> Invariant {
        let imbalance = self.accounts.imbalance();
        let detail = Account::FIXED
            .into_iter()
            .map(|account| (account.name(), self.accounts.balance(account)))
            .filter(|(_, balance)| !balance.is_zero())
            .map(|(name, balance)| format!("{name} {balance}"));
        let position: Total = self.accounts.positions().map(|(_, position)| position).sum();
        let detail = detail.chain([format!("position {position}")]).collect::<Vec<_>>().join(", ");
        Invariant::new(
            "books balance",
            imbalance.is_zero(),
            format!("{detail}; difference {imbalance}"),
        )
    }

    fn check_account(&self, name: &'static str, account: Account, computed: Total) -> Invariant {
        let stored = self.accounts.balance(account);
        Invariant::new(
            name,
            Total::from(stored) == computed,
            format!("account {stored}, sum of rows {computed}"),
        )
    }

    fn check_stock(&self) -> Invariant {
        let [stock, deposits] =
            [Account::Stock, Account::OtherDeposits].map(|account| self.accounts.balance(account));
        let ok = stock >= Position::ZERO && deposits >= Position::ZERO;
        Invariant::new(
            "nothing to distribute is negative",
            ok,
            format!("stock {stock}, other deposits {deposits}"),
        )
    }

    /// Room held in wallets is what waits for cover elsewhere.
    fn check_room(&self) -> Invariant {
        let waiting =
            self.inbound.list().iter().filter(|inbound| inbound.state == InboundState::Held);
        let waiting: Total = waiting.map(Inbound::amount).sum();
        let room = self.inbound.room_by_wallet();
        Invariant::new(
            "room held for queued payments",
            room == waiting,
            format!("room {room}, sum of rows {waiting}"),
        )
    }

    /// A parent outlives its sub-wallets, so that their money can go back.
    pub(super) fn check_families(&self) -> Invariant {
        let open = |wallet: &&Wallet| wallet.status != WalletStatus::Closed;
        let sub_wallets: Vec<_> = self
            .wallets
            .list()
            .iter()
            .filter(open)
            .filter_map(|wallet| self.sub_wallet(wallet).map(|found| (wallet, found.parent)))
            .collect();
        let orphans: Vec<_> = sub_wallets
            .iter()
            .filter(|(_, parent)| !open(&&self.wallets[*parent]))
            .map(|(wallet, _)| wallet.number.to_string())
            .take(NAMED_MAX)
            .collect();
        let count = sub_wallets.len();
        let detail = if orphans.is_empty() {
            format!("{count} open sub-wallets")
        } else {
            format!("{count} open sub-wallets; parent closed of {}", orphans.join(", "))
        };
        Invariant::new("open sub-wallets have open parents", orphans.is_empty(), detail)
    }

    /// Computes the hash of every batch again, from the rows that the records say were appended.
    fn check_chain(&self, seals: &[BatchSeal]) -> Invariant {
        let mut hasher = BatchHasher::default();
        let mut rows = self.rows().peekable();
        crate::seal::check_chain(seals, self.chain, |previous, seal| {
            while let Some(row) = rows.next_if(|row| row.number() <= seal.last_row) {
                row.hash_into(hasher.bytes());
            }
            hasher.seal(previous, seal.batch, seal.beside.as_ref())
        })
    }

    /// The money of wallets, stock and what is under way: what the operator owes.
    pub fn owed(&self) -> Total {
        let liabilities = [
            Account::Wallets,
            Account::Stock,
            Account::Withdrawing,
            Account::InTransit,
            Account::Remitting,
        ];
        liabilities.map(|account| self.accounts.balance(account)).into_iter().sum()
    }
}
