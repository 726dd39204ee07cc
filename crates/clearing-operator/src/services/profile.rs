//! WalletProfileService: bank accounts, front-ends and the traits of merchants.

use clearing_api::enums::{self, WireEnum};
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::wallet_profile_service_server::WalletProfileService;
use clearing_domain::operator::{BankAccount, OperatorLedger};
use clearing_domain::region::Region;
use tonic::{Request, Response, Status};

use crate::node::{Node, wallet_unknown};
use crate::{view, wallet_orders};

/// Serves what wallets are tied to.
#[derive(Clone, Debug)]
pub(crate) struct Profiles(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

fn shown(account: BankAccount) -> v1::BankAccount {
    v1::BankAccount { last_digits: account.digits().to_string() }
}

fn front_end((name, region): (&str, Region)) -> v1::FrontEnd {
    v1::FrontEnd { name: name.to_owned(), region: v1::Region::of(region).into() }
}

#[tonic::async_trait]
impl WalletProfileService for Profiles {
    async fn link_bank_account(
        &self,
        request: Request<v1::LinkBankAccountRequest>,
    ) -> Answer<v1::LinkBankAccountResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let account = wallet_orders::bank_account(&request.bank_account, &self.0.keys)?;
        let link =
            move |ledger: &mut OperatorLedger, now| ledger.link_bank_account(number, account, now);
        self.0.change(link).await?;
        Ok(Response::new(v1::LinkBankAccountResponse { bank_account: Some(shown(account)) }))
    }

    async fn unlink_bank_account(
        &self,
        request: Request<v1::UnlinkBankAccountRequest>,
    ) -> Answer<v1::UnlinkBankAccountResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let account = wallet_orders::bank_account(&request.bank_account, &self.0.keys)?;
        let unlink = move |ledger: &mut OperatorLedger, now| {
            ledger.unlink_bank_account(number, account, now)
        };
        let removed = self.0.change(unlink).await?;
        let bank_account = Some(shown(account));
        Ok(Response::new(v1::UnlinkBankAccountResponse { bank_account, removed }))
    }

    async fn list_bank_accounts(
        &self,
        request: Request<v1::ListBankAccountsRequest>,
    ) -> Answer<v1::ListBankAccountsResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, _| {
            ledger.wallet(number)?;
            let accounts = ledger.bank_accounts_of(number).into_iter().skip(page.start);
            Some(page.take_from(accounts, shown))
        };
        let listed = self.0.read(list).await?;
        let (bank_accounts, next_page_token) = listed.ok_or_else(|| wallet_unknown(number))?;
        Ok(Response::new(v1::ListBankAccountsResponse { bank_accounts, next_page_token }))
    }

    async fn bind_front_end(
        &self,
        request: Request<v1::BindFrontEndRequest>,
    ) -> Answer<v1::BindFrontEndResponse> {
        let order = wallet_orders::front_end_order(request.into_inner(), &self.0.keys)?;
        let (name, region) = (order.front_end.to_string(), order.region);
        let bind = move |ledger: &mut OperatorLedger, now| ledger.bind_front_end(order, now);
        self.0.change(bind).await?;
        let front_end = Some(front_end((&name, region)));
        Ok(Response::new(v1::BindFrontEndResponse { front_end }))
    }

    async fn unbind_front_end(
        &self,
        request: Request<v1::UnbindFrontEndRequest>,
    ) -> Answer<v1::UnbindFrontEndResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let name = wallet_orders::front_end(&request.front_end)?;
        let front_end = name.to_string();
        let unbind =
            move |ledger: &mut OperatorLedger, now| ledger.unbind_front_end(number, name, now);
        let removed = self.0.change(unbind).await?;
        Ok(Response::new(v1::UnbindFrontEndResponse { front_end, removed }))
    }

    async fn list_front_ends(
        &self,
        request: Request<v1::ListFrontEndsRequest>,
    ) -> Answer<v1::ListFrontEndsResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, _| {
            ledger.wallet(number)?;
            let bound = ledger.front_ends_of(number).skip(page.start);
            Some(page.take_from(bound, front_end))
        };
        let listed = self.0.read(list).await?;
        let (front_ends, next_page_token) = listed.ok_or_else(|| wallet_unknown(number))?;
        Ok(Response::new(v1::ListFrontEndsResponse { front_ends, next_page_token }))
    }

    async fn sweep_to_treasury(
        &self,
        request: Request<v1::SweepToTreasuryRequest>,
    ) -> Answer<v1::SweepToTreasuryResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let amount = Some(request.amount.as_str()).filter(|text| !text.is_empty());
        let amount = amount.map(|text| text::positive_amount("amount", text)).transpose()?;
        let sweep =
            move |ledger: &mut OperatorLedger, now| ledger.sweep(number, amount, request_id, now);
        let sweep = Some(view::sweep(self.0.change(sweep).await?));
        Ok(Response::new(v1::SweepToTreasuryResponse { sweep }))
    }

    async fn set_merchant_traits(
        &self,
        request: Request<v1::SetMerchantTraitsRequest>,
    ) -> Answer<v1::SetMerchantTraitsResponse> {
        let request = request.into_inner();
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let traits = enums::show_merchant_traits(enums::merchant_traits(request.traits)?);
        self.0.set_merchant_traits(number, traits).await?;
        Ok(Response::new(v1::SetMerchantTraitsResponse { traits: Some(traits) }))
    }
}
