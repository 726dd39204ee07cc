//! WalletFamilyService: sub-wallets, their money and whom they may pay.

use std::collections::BTreeSet;

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::wallet_family_service_server::WalletFamilyService;
use clearing_domain::Reason;
use clearing_domain::money::{Timestamp, WalletNumber};
use clearing_domain::operator::{OperatorError, OperatorLedger, SubWallet, Wallet};
use tonic::{Request, Response, Status};

use crate::node::{Node, wallet_unknown};
use crate::{view, wallet_orders};

/// Serves the sub-wallets of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Families(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// A sub-wallet and its parent as they are shown.
type Shown = (Option<v1::SubWallet>, Option<v1::Wallet>);

impl Families {
    /// Changes a sub-wallet and reads it with its parent.
    async fn change(
        &self,
        number: WalletNumber,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<(), OperatorError>
        + Send
        + 'static,
    ) -> Result<Shown, Status> {
        self.0
            .change(move |ledger, now| {
                change(ledger, now)?;
                Ok(show(ledger, number, now))
            })
            .await
    }

    /// Reads a part of a sub-wallet.
    async fn read<T: Send + 'static>(
        &self,
        number: WalletNumber,
        read: impl FnOnce(&OperatorLedger, &Wallet, &SubWallet, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let find = move |ledger: &OperatorLedger, now| {
            let wallet = ledger.wallet(number).ok_or(OperatorError::WalletUnknown(number))?;
            let reason = Reason::NotSubWallet;
            let alone = OperatorError::Wallet { wallet: number, reason };
            let found = ledger.sub_wallet(wallet).ok_or(alone)?;
            Ok(read(ledger, wallet, found, now))
        };
        let found: Result<T, OperatorError> = self.0.read(find).await?;
        found.map_err(|error| FieldError::from(error).into())
    }
}

fn show(ledger: &OperatorLedger, number: WalletNumber, now: Timestamp) -> Shown {
    let Some(wallet) = ledger.wallet(number) else { return (None, None) };
    let Some(found) = ledger.sub_wallet(wallet) else { return (None, None) };
    let parent = &ledger.wallets()[found.parent];
    (Some(view::sub_wallet(ledger, wallet, found, now)), Some(view::wallet(ledger, parent, now)))
}

#[tonic::async_trait]
impl WalletFamilyService for Families {
    async fn open_sub_wallet(
        &self,
        request: Request<v1::OpenSubWalletRequest>,
    ) -> Answer<v1::OpenSubWalletResponse> {
        let order = wallet_orders::sub_wallet_order(request.into_inner(), &self.0.keys.own)?;
        let open = move |ledger: &mut OperatorLedger, now| {
            Ok(ledger.open_sub_wallet(order, now).map(|number| show(ledger, number, now).0))
        };
        let opened = self.0.change(open).await?;
        let sub_wallet = opened.map_err(wallet_orders::in_parent)?;
        Ok(Response::new(v1::OpenSubWalletResponse { sub_wallet }))
    }

    async fn get_sub_wallet(
        &self,
        request: Request<v1::GetSubWalletRequest>,
    ) -> Answer<v1::GetSubWalletResponse> {
        let number = text::wallet_number("wallet_number", &request.into_inner().wallet_number)?;
        let sub_wallet = self.read(number, view::sub_wallet).await?;
        Ok(Response::new(v1::GetSubWalletResponse { sub_wallet: Some(sub_wallet) }))
    }

    async fn list_sub_wallets(
        &self,
        request: Request<v1::ListSubWalletsRequest>,
    ) -> Answer<v1::ListSubWalletsResponse> {
        let request = request.into_inner();
        let parent = text::wallet_number("parent_wallet", &request.parent_wallet)?;
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list =
            move |ledger: &OperatorLedger, now| {
                ledger.wallet(parent)?;
                let found = ledger.sub_wallets_of(parent, page.start);
                Some(page.take_from(found, |(wallet, found)| {
                    view::sub_wallet(ledger, wallet, found, now)
                }))
            };
        let listed = self.0.read(list).await?;
        let (sub_wallets, next_page_token) = listed.ok_or_else(|| wallet_unknown(parent))?;
        Ok(Response::new(v1::ListSubWalletsResponse { sub_wallets, next_page_token }))
    }

    async fn load_sub_wallet(
        &self,
        request: Request<v1::LoadSubWalletRequest>,
    ) -> Answer<v1::LoadSubWalletResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let load = move |ledger: &mut OperatorLedger, now| {
            ledger.load_sub_wallet(number, amount, request_id, now)
        };
        let (sub_wallet, parent) = self.change(number, load).await?;
        Ok(Response::new(v1::LoadSubWalletResponse { sub_wallet, parent }))
    }

    async fn pool_sub_wallet(
        &self,
        request: Request<v1::PoolSubWalletRequest>,
    ) -> Answer<v1::PoolSubWalletResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let amount = wallet_orders::optional_amount("amount", request.amount.as_deref())?;
        let pool = move |ledger: &mut OperatorLedger, now| {
            ledger.pool_sub_wallet(number, amount, request_id, now)
        };
        let (sub_wallet, parent) = self.change(number, pool).await?;
        Ok(Response::new(v1::PoolSubWalletResponse { sub_wallet, parent }))
    }

    async fn allow_payees(
        &self,
        request: Request<v1::AllowPayeesRequest>,
    ) -> Answer<v1::AllowPayeesResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let allowed = wallet_orders::payees("payees", &request.payees)?;
        let removed = wallet_orders::payees("removed_payees", &request.removed_payees)?;
        let allow = move |ledger: &mut OperatorLedger, now| {
            ledger.allow_payees(number, &allowed, &removed, now)
        };
        let (sub_wallet, _) = self.change(number, allow).await?;
        Ok(Response::new(v1::AllowPayeesResponse { sub_wallet }))
    }

    async fn list_allowed_payees(
        &self,
        request: Request<v1::ListAllowedPayeesRequest>,
    ) -> Answer<v1::ListAllowedPayeesResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let after = page.after()?;
        let list = move |_: &OperatorLedger, _: &Wallet, found: &SubWallet, _: Timestamp| {
            let none = BTreeSet::new();
            let payees = found.payees.as_ref().unwrap_or(&none).iter();
            let key = |payee: &WalletNumber| (0, payee.as_u64());
            let rest = payees.filter(|payee| after.is_none_or(|after| key(payee) > after));
            page.take_after(rest.map(|payee| (key(payee), payee.to_string())), |payee| payee)
        };
        let (payees, next_page_token) = self.read(number, list).await?;
        Ok(Response::new(v1::ListAllowedPayeesResponse { payees, next_page_token }))
    }
}
