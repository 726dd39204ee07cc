//! DirectoryService: the roster, the aliases of wallets, and the traits of merchants.

use clearing_api::enums;
use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::directory_service_server::DirectoryService;
use clearing_api::v1::look_up_wallet_request::Name;
use clearing_domain::Reason;
use clearing_domain::central_bank::{AliasHash, AliasRow, CentralBankError, CentralBankLedger};
use clearing_domain::money::{OperatorCode, WalletNumber};
use tonic::{Request, Response, Status};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the roster and the aliases.
#[derive(Clone, Debug)]
pub(crate) struct Directories(pub(crate) Node);

impl Directories {
    /// The wallet that an alias names, read beside the ledger.
    fn wallet_of(&self, alias: &str) -> Result<WalletNumber, FieldError> {
        let alias = text::alias("alias", alias)?;
        let shared = &self.0.shared;
        let named = |hash: &AliasHash| shared.aliases.get(hash).map(|wallet| *wallet);
        let found = AliasHash::find(&shared.alias_key, alias, named).map(|(_, wallet)| wallet);
        let message = || format!("alias {alias:?} is not linked to a wallet");
        found.ok_or_else(|| FieldError::new(Reason::AliasUnknown, "alias", message()))
    }

    /// The code of the operator that holds a wallet, by its prefix.
    fn operator_of(&self, wallet: WalletNumber) -> Result<String, FieldError> {
        let operators = &self.0.config.operators;
        let found = operators.iter().find(|operator| operator.prefix == wallet.prefix());
        found
            .map(|operator| operator.code.to_string())
            .ok_or_else(|| CentralBankError::PrefixUnknown(wallet).into())
    }
}

#[tonic::async_trait]
impl DirectoryService for Directories {
    async fn list_operators(
        &self,
        request: Request<v1::ListOperatorsRequest>,
    ) -> Answer<v1::ListOperatorsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            let rest = ledger.accounts().numbers().skip(page.start);
            page.take_from(rest, |number| view::operator(ledger, number))
        };
        let (operators, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListOperatorsResponse { operators, next_page_token }))
    }

    async fn get_operator(
        &self,
        request: Request<v1::GetOperatorRequest>,
    ) -> Answer<v1::GetOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let operator = self.0.read(move |ledger, _| show(ledger, code)).await?;
        let unknown = || Status::from(FieldError::from(CentralBankError::OperatorUnknown(code)));
        Ok(Response::new(v1::GetOperatorResponse { operator: Some(operator.ok_or_else(unknown)?) }))
    }

    async fn look_up_wallet(
        &self,
        request: Request<v1::LookUpWalletRequest>,
    ) -> Answer<v1::LookUpWalletResponse> {
        let wallet = match request.into_inner().name {
            Some(Name::Alias(alias)) => self.wallet_of(&alias)?,
            Some(Name::WalletNumber(number)) => text::wallet_number("wallet_number", &number)?,
            None => {
                let message = "neither alias nor wallet_number is given";
                return Err(FieldError::new(Reason::FieldInvalid, "name", message).into());
            }
        };
        let operator_code = self.operator_of(wallet)?;
        Ok(Response::new(v1::LookUpWalletResponse {
            wallet_number: wallet.to_string(),
            operator_code,
        }))
    }

    async fn register_alias(
        &self,
        request: Request<v1::RegisterAliasRequest>,
    ) -> Answer<v1::RegisterAliasResponse> {
        let wallet = text::wallet_number("wallet_number", &request.get_ref().wallet_number)?;
        text::alias("alias", &request.get_ref().alias)?;
        // Only the operator of the wallet may link its aliases: otherwise a stranger could direct
        // payments by alias to a wallet of its own.
        self.0.prove_holder(&request, &[wallet])?;
        let v1::RegisterAliasRequest { wallet_number, alias, replace } = request.into_inner();
        let named = alias.clone();
        self.0.change(move |ledger, _| ledger.link_alias(&named, wallet, replace)).await?;
        Ok(Response::new(v1::RegisterAliasResponse { alias, wallet_number }))
    }

    async fn deregister_alias(
        &self,
        request: Request<v1::DeregisterAliasRequest>,
    ) -> Answer<v1::DeregisterAliasResponse> {
        let wallet = text::wallet_number("wallet_number", &request.get_ref().wallet_number)?;
        text::alias("alias", &request.get_ref().alias)?;
        self.0.prove_holder(&request, &[wallet])?;
        let v1::DeregisterAliasRequest { wallet_number, alias } = request.into_inner();
        let named = alias.clone();
        let unlink = move |ledger: &mut CentralBankLedger, _| {
            let removed = ledger.look_up(&named) == Some(wallet);
            ledger.unlink_alias(&named, wallet)?;
            Ok(removed)
        };
        let removed = self.0.change(unlink).await?;
        Ok(Response::new(v1::DeregisterAliasResponse { alias, wallet_number, removed }))
    }

    async fn deregister_wallets(
        &self,
        request: Request<v1::DeregisterWalletsRequest>,
    ) -> Answer<v1::DeregisterWalletsResponse> {
        let numbers = &request.get_ref().wallet_numbers;
        text::batch_size("wallet_numbers", numbers.len())?;
        let wallets = numbers.iter().map(|number| text::wallet_number("wallet_numbers", number));
        let wallets = wallets.collect::<Result<Vec<_>, _>>()?;
        self.0.prove_holder(&request, &wallets)?;
        let give_up = move |ledger: &mut CentralBankLedger, _| {
            let mut aliases = 0;
            for wallet in wallets {
                aliases += ledger.aliases_of(wallet).count() as u64;
                ledger.give_up_aliases(wallet);
            }
            Ok(aliases)
        };
        let aliases = self.0.change(give_up).await?;
        Ok(Response::new(v1::DeregisterWalletsResponse { aliases }))
    }

    async fn register_merchant(
        &self,
        request: Request<v1::RegisterMerchantRequest>,
    ) -> Answer<v1::RegisterMerchantResponse> {
        let wallet = text::wallet_number("wallet_number", &request.get_ref().wallet_number)?;
        let traits = enums::merchant_traits(request.get_ref().traits)?;
        self.0.prove_holder(&request, &[wallet])?;
        self.0.change(move |ledger, _| ledger.register_merchant(wallet, traits)).await?;
        let traits = Some(enums::show_merchant_traits(traits));
        Ok(Response::new(v1::RegisterMerchantResponse { traits }))
    }

    async fn get_merchant(
        &self,
        request: Request<v1::GetMerchantRequest>,
    ) -> Answer<v1::GetMerchantResponse> {
        let number = request.into_inner().wallet_number;
        let wallet = text::wallet_number("wallet_number", &number)?;
        let found = self.0.read(move |ledger, _| ledger.merchant(wallet)).await?;
        let traits = Some(enums::show_merchant_traits(found.map_err(FieldError::from)?));
        Ok(Response::new(v1::GetMerchantResponse { traits }))
    }

    async fn list_aliases(
        &self,
        request: Request<v1::DirectoryServiceListAliasesRequest>,
    ) -> Answer<v1::DirectoryServiceListAliasesResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let wallet = text::wallet_number("wallet_number", &request.wallet_number)?;
        let list = move |ledger: &CentralBankLedger, _| {
            let from = u32::try_from(page.start).unwrap_or(u32::MAX);
            let show = |row: &AliasRow| row.shown.as_deref().unwrap_or_default().to_owned();
            page.take_marked(ledger.aliases_from(wallet, from), show)
        };
        let (aliases, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::DirectoryServiceListAliasesResponse { aliases, next_page_token }))
    }
}

fn show(ledger: &CentralBankLedger, code: OperatorCode) -> Option<v1::Operator> {
    let number = ledger.operator_number(code).ok()?;
    Some(view::operator(ledger, number))
}
