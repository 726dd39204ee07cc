//! WalletService: the wallets of this operator, their aliases and statements.

use std::sync::Arc;

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::wallet_service_server::WalletService;
use clearing_domain::money::{OperatorCode, Position, Timestamp, WalletNumber};
use clearing_domain::operator::{
    BankAccount, EntryPlace, EntrySlot, OperatorError, OperatorLedger, WalletOrder, WalletSlot,
};
use clearing_domain::slots::Slot;
use tonic::{Request, Response, Status};

use crate::keys::Keys;
use crate::node::{Node, wallet_unknown};
use crate::{orders, view, wallet_orders};

/// Serves the wallets of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Wallets(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

impl Wallets {
    /// Changes a wallet and reads it.
    async fn change(
        &self,
        number: WalletNumber,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<(), OperatorError>
        + Send
        + 'static,
    ) -> Result<Option<v1::Wallet>, Status> {
        self.0
            .change(move |ledger, now| {
                change(ledger, now)?;
                Ok(show(ledger, number, now))
            })
            .await
    }
}

fn show(ledger: &OperatorLedger, number: WalletNumber, now: Timestamp) -> Option<v1::Wallet> {
    ledger.wallet(number).map(|wallet| view::wallet(ledger, wallet, now))
}

/// A request for a new wallet, the bank account that it is linked to, and the participant whose
/// customer holds it.
type Opening = (WalletOrder, Option<BankAccount>, Option<OperatorCode>);

/// Reads a request for a new wallet.
fn opening(request: v1::OpenWalletRequest, keys: &Keys) -> Result<Opening, FieldError> {
    let account = wallet_orders::shown_account(request.holder.as_ref(), keys)?;
    let participant = wallet_orders::participant(&request.participant)?;
    Ok((orders::wallet_order(request, keys)?, account, participant))
}

/// Opens a wallet; a refusal names the fields of this request.
fn open(
    ledger: &mut OperatorLedger,
    (order, account, participant): Opening,
    now: Timestamp,
) -> Result<Option<v1::Wallet>, FieldError> {
    let number = ledger.open_wallet_for(order, account, participant, now).map_err(|error| {
        let error = FieldError::from(error);
        if error.field == "amount" {
            FieldError { field: "opening_amount", ..error }
        } else {
            error
        }
    })?;
    Ok(show(ledger, number, now))
}

fn outcome(opened: Result<Option<v1::Wallet>, FieldError>) -> v1::OpenWalletOutcome {
    match opened {
        Ok(wallet) => {
            v1::OpenWalletOutcome { outcome: wallet.map(v1::open_wallet_outcome::Outcome::Wallet) }
        }
        Err(error) => orders::wallet_error(error),
    }
}

/// No wallet holds more, not even one from before sums were bounded. The token of a page brings a
/// balance from the client; below this bound the sums over a page of entries, each at most an
/// amount, stay within the range of a position.
const BALANCE_MAX_FEN: i64 = 8_000_000_000_000_000_000;

/// The entry that a page begins with; none on the first page.
fn entry_place(page: &Page) -> Result<Option<EntryPlace>, FieldError> {
    let Some(place) = page.place() else { return Ok(None) };
    let place = u32::try_from(place)
        .ok()
        .zip(page.mark.filter(|balance| (0..=BALANCE_MAX_FEN).contains(balance)));
    let (slot, balance) = place.ok_or_else(|| page.foreign())?;
    let slot = EntrySlot::from_number(slot);
    Ok(Some(EntryPlace { slot, balance: Position::from_fen(balance) }))
}

#[tonic::async_trait]
impl WalletService for Wallets {
    async fn open_wallet(
        &self,
        request: Request<v1::OpenWalletRequest>,
    ) -> Answer<v1::OpenWalletResponse> {
        let request = request.into_inner();
        let traits = wallet_orders::opening_traits(&request)?;
        let order = opening(request, &self.0.keys)?;
        let wallet = self.0.change(move |ledger, now| Ok(open(ledger, order, now))).await??;
        if let Some((traits, wallet)) = traits.zip(wallet.as_ref()) {
            // After the opening: the directory keeps no traits of a wallet that was not opened. A late
            // repeat must not undo what was set since.
            let number = text::wallet_number("wallet_number", &wallet.wallet_number)?;
            if self.0.directory.merchant(number).await?.is_none() {
                self.0.set_merchant_traits(number, traits).await?;
            }
        }
        Ok(Response::new(v1::OpenWalletResponse { wallet }))
    }

    async fn open_wallets(
        &self,
        request: Request<v1::OpenWalletsRequest>,
    ) -> Answer<v1::OpenWalletsResponse> {
        let wallets = request.into_inner().wallets;
        text::batch_size("wallets", wallets.len())?;
        let read = |request: v1::OpenWalletRequest| {
            wallet_orders::without_traits(&request)?;
            opening(request, &self.0.keys)
        };
        let orders: Vec<_> = wallets.into_iter().map(read).collect();
        let open_all = move |ledger: &mut OperatorLedger, now| {
            let opened = orders.into_iter().map(|order| open(ledger, order?, now));
            Ok(opened.map(outcome).collect())
        };
        let outcomes = self.0.change(open_all).await?;
        Ok(Response::new(v1::OpenWalletsResponse { outcomes }))
    }

    async fn get_wallet(
        &self,
        request: Request<v1::GetWalletRequest>,
    ) -> Answer<v1::GetWalletResponse> {
        let number = text::wallet_number("wallet_number", &request.into_inner().wallet_number)?;
        let wallet = self.0.read(move |ledger, now| show(ledger, number, now)).await?;
        let wallet = wallet.ok_or_else(|| wallet_unknown(number))?;
        Ok(Response::new(v1::GetWalletResponse { wallet: Some(wallet) }))
    }

    async fn list_wallets(
        &self,
        request: Request<v1::ListWalletsRequest>,
    ) -> Answer<v1::ListWalletsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, now| {
            page.take_from(
                ledger.wallets().iter_from(WalletSlot::from_place(page.start)),
                |wallet| view::wallet(ledger, wallet, now),
            )
        };
        let (wallets, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListWalletsResponse { wallets, next_page_token }))
    }

    async fn upgrade_wallet(
        &self,
        request: Request<v1::UpgradeWalletRequest>,
    ) -> Answer<v1::UpgradeWalletResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let account = wallet_orders::shown_account(request.holder.as_ref(), &self.0.keys)?;
        let shown = orders::holder(request.holder.unwrap_or_default(), &self.0.keys)?;
        let class = orders::wallet_class(request.wallet_class)?;
        let wallet = self
            .change(number, move |ledger, now| {
                ledger.upgrade(number, class, &shown, now)?;
                // What was shown for the upgrade is linked, where nothing else was before.
                match account.filter(|_| ledger.bank_accounts_of(number).is_empty()) {
                    Some(account) => ledger.link_bank_account(number, account, now),
                    None => Ok(()),
                }
            })
            .await?;
        Ok(Response::new(v1::UpgradeWalletResponse { wallet }))
    }

    async fn freeze_wallet(
        &self,
        request: Request<v1::FreezeWalletRequest>,
    ) -> Answer<v1::FreezeWalletResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let wallet = self
            .change(number, move |ledger, now| ledger.freeze(number, request.receive_only, now))
            .await?;
        Ok(Response::new(v1::FreezeWalletResponse { wallet }))
    }

    async fn unfreeze_wallet(
        &self,
        request: Request<v1::UnfreezeWalletRequest>,
    ) -> Answer<v1::UnfreezeWalletResponse> {
        let number = text::wallet_number("wallet_number", &request.into_inner().wallet_number)?;
        let wallet = self.change(number, move |ledger, now| ledger.unfreeze(number, now)).await?;
        Ok(Response::new(v1::UnfreezeWalletResponse { wallet }))
    }

    async fn close_wallet(
        &self,
        request: Request<v1::CloseWalletRequest>,
    ) -> Answer<v1::CloseWalletResponse> {
        let number = text::wallet_number("wallet_number", &request.into_inner().wallet_number)?;
        let aliases = Arc::clone(&self.0.aliases);
        let close = move |ledger: &mut OperatorLedger, now| {
            aliases.check_close(number)?;
            ledger.close_wallet(number, now)
        };
        let wallet = self.change(number, close).await?;
        // After the close, never before: a wallet that cannot be closed keeps its aliases.
        self.0.closed(number).await;
        Ok(Response::new(v1::CloseWalletResponse { wallet }))
    }

    async fn link_alias(
        &self,
        request: Request<v1::LinkAliasRequest>,
    ) -> Answer<v1::LinkAliasResponse> {
        let v1::LinkAliasRequest { wallet_number, alias, replace } = request.into_inner();
        let number = text::wallet_number("wallet_number", &wallet_number)?;
        text::alias("alias", &alias)?;
        self.0.link_alias(number, alias.clone(), replace).await?;
        Ok(Response::new(v1::LinkAliasResponse { alias, wallet_number }))
    }

    async fn list_aliases(
        &self,
        request: Request<v1::ListAliasesRequest>,
    ) -> Answer<v1::ListAliasesResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        Page::read(request.page_size, &request.page_token)?;
        if !self.0.read(move |ledger, _| ledger.wallet(number).is_some()).await? {
            return Err(wallet_unknown(number));
        }
        Ok(Response::new(self.0.directory.list(request).await?))
    }

    async fn unlink_alias(
        &self,
        request: Request<v1::UnlinkAliasRequest>,
    ) -> Answer<v1::UnlinkAliasResponse> {
        let v1::UnlinkAliasRequest { wallet_number, alias } = request.into_inner();
        let number = text::wallet_number("wallet_number", &wallet_number)?;
        text::alias("alias", &alias)?;
        let known = self.0.read(move |ledger, _| ledger.wallet(number).is_some()).await?;
        if !known {
            return Err(wallet_unknown(number));
        }
        let removed = self.0.directory.deregister(number, &alias).await?;
        Ok(Response::new(v1::UnlinkAliasResponse { alias, wallet_number, removed }))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Answer<v1::ListEntriesResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let from = entry_place(&page)?;
        let list = move |ledger: &OperatorLedger, _: Timestamp| {
            ledger.wallet(number)?;
            let entries = ledger.entries_from(number, from);
            Some(entries.map(|entries| page.take_marked(entries, |entry| view::entry(&entry))))
        };
        let listed = self.0.read(list).await?.ok_or_else(|| wallet_unknown(number))?;
        let (entries, next_page_token) = listed.ok_or_else(|| page.foreign())?;
        Ok(Response::new(v1::ListEntriesResponse { entries, next_page_token }))
    }

    async fn exchange_out(
        &self,
        request: Request<v1::ExchangeOutRequest>,
    ) -> Answer<v1::ExchangeOutResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let account = wallet_orders::optional_bank_account(&request.bank_account, &self.0.keys)?;
        let wallet = self
            .change(number, move |ledger, now| {
                ledger.exchange_out_from(number, amount, account, request_id, now)
            })
            .await?;
        Ok(Response::new(v1::ExchangeOutResponse { wallet }))
    }

    async fn exchange_back(
        &self,
        request: Request<v1::ExchangeBackRequest>,
    ) -> Answer<v1::ExchangeBackResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let account = wallet_orders::optional_bank_account(&request.bank_account, &self.0.keys)?;
        let wallet = self
            .change(number, move |ledger, now| {
                ledger.exchange_back_into(number, amount, account, request_id, now)
            })
            .await?;
        Ok(Response::new(v1::ExchangeBackResponse { wallet }))
    }
}
