//! OfflineService: hard wallets and the vouchers that they sign.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::offline_service_server::OfflineService;
use clearing_card::to_hex;
use clearing_domain::money::{Timestamp, WalletNumber};
use clearing_domain::operator::{CardOrder, OperatorError, OperatorLedger};
use tonic::{Request, Response, Status};

use crate::card_orders;
use crate::node::Node;

/// Serves the hard wallets of an operator, and its payees.
#[derive(Clone, Debug)]
pub(crate) struct HardWallets(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

fn card_number(number: &str) -> Result<WalletNumber, FieldError> {
    text::wallet_number("card_number", number)
}

/// Names the field at fault as a request has it. What the request names by one field alone, such as
/// the parent of a card by the number of the card, is the fault of that one.
fn in_request(error: OperatorError, fields: &[&str], otherwise: &'static str) -> FieldError {
    let error = FieldError::from(error);
    let field = if fields.contains(&error.field) { error.field } else { otherwise };
    FieldError { field, ..error }
}

/// The fields of a new card that the ledger may refuse, beside its parent.
const OF_TERMS: [&str; 3] = ["request_id", "payees", "loss_wallet"];

/// Names the fields of a request for a card.
fn of_new_card(error: OperatorError) -> FieldError {
    in_request(error, &OF_TERMS, "parent_wallet")
}

/// Names the fields of a request for a card in the place of another one.
fn of_reissue(error: OperatorError) -> FieldError {
    in_request(error, &OF_TERMS, "card_number")
}

/// Names the fields of a request to load a card.
fn of_load(error: OperatorError) -> FieldError {
    in_request(error, &["request_id", "amount"], "card_number")
}

/// Names the field of a request that has the number of a card alone.
fn of_card(error: OperatorError) -> FieldError {
    in_request(error, &[], "card_number")
}

impl HardWallets {
    /// Changes a card and reads it, or another one that takes its place.
    async fn change(
        &self,
        named: fn(OperatorError) -> FieldError,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<WalletNumber, OperatorError>
        + Send
        + 'static,
    ) -> Result<Option<v1::HardWallet>, Status> {
        let issuer = self.0.keys.issuer.clone();
        let change = move |ledger: &mut OperatorLedger, now| {
            let changed = change(ledger, now);
            Ok(match changed {
                Ok(card) => Ok(card_orders::hard_wallet(ledger, card, &issuer)?),
                Err(error) => Err(named(error)),
            })
        };
        Ok(Some(self.0.change(change).await??))
    }

    /// Under lockstep the ids of payments are the same in every run.
    fn salted(&self, order: CardOrder) -> CardOrder {
        CardOrder { salt: self.0.settings.lockstep.is_none().then(rand::random), ..order }
    }
}

#[tonic::async_trait]
impl OfflineService for HardWallets {
    async fn issue_hard_wallet(
        &self,
        request: Request<v1::IssueHardWalletRequest>,
    ) -> Answer<v1::IssueHardWalletResponse> {
        let request = request.into_inner();
        let parent = text::wallet_number("parent_wallet", &request.parent_wallet)?;
        let (terms, keys) = (request.terms.unwrap_or_default(), &self.0.keys);
        let order = card_orders::order(&request.request_id, (parent, None), &terms, keys)?;
        let order = self.salted(order);
        let issue = move |ledger: &mut OperatorLedger, now| ledger.issue_card(order, now);
        let hard_wallet = self.change(of_new_card, issue).await?;
        Ok(Response::new(v1::IssueHardWalletResponse { hard_wallet }))
    }

    async fn load_hard_wallet(
        &self,
        request: Request<v1::LoadHardWalletRequest>,
    ) -> Answer<v1::LoadHardWalletResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let card = card_number(&request.card_number)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let load = move |ledger: &mut OperatorLedger, now| {
            ledger.card(card)?;
            ledger.load_sub_wallet(card, amount, request_id, now).map(|()| card)
        };
        let hard_wallet = self.change(of_load, load).await?;
        Ok(Response::new(v1::LoadHardWalletResponse { hard_wallet }))
    }

    async fn upload_vouchers(
        &self,
        request: Request<v1::UploadVouchersRequest>,
    ) -> Answer<v1::UploadVouchersResponse> {
        let vouchers = request.into_inner().vouchers;
        text::batch_size("vouchers", vouchers.len())?;
        let outcomes = self.0.upload_vouchers(vouchers).await?;
        Ok(Response::new(v1::UploadVouchersResponse { outcomes }))
    }

    async fn report_lost(
        &self,
        request: Request<v1::ReportLostRequest>,
    ) -> Answer<v1::ReportLostResponse> {
        let card = card_number(&request.into_inner().card_number)?;
        let lose =
            move |ledger: &mut OperatorLedger, now| ledger.report_lost(card, now).map(|()| card);
        let hard_wallet = self.change(of_card, lose).await?;
        Ok(Response::new(v1::ReportLostResponse { hard_wallet }))
    }

    async fn reissue_hard_wallet(
        &self,
        request: Request<v1::ReissueHardWalletRequest>,
    ) -> Answer<v1::ReissueHardWalletResponse> {
        let request = request.into_inner();
        let (lost, terms) = (card_number(&request.card_number)?, request.terms.unwrap_or_default());
        let parent = self.0.read(move |ledger, _| ledger.parent_of_card(lost)).await?;
        let (of, keys) = ((parent.map_err(of_card)?, Some(lost)), &self.0.keys);
        let order = self.salted(card_orders::order(&request.request_id, of, &terms, keys)?);
        let reissue = move |ledger: &mut OperatorLedger, now| ledger.reissue_card(lost, order, now);
        let hard_wallet = self.change(of_reissue, reissue).await?;
        Ok(Response::new(v1::ReissueHardWalletResponse { hard_wallet }))
    }

    async fn empty_hard_wallet(
        &self,
        request: Request<v1::EmptyHardWalletRequest>,
    ) -> Answer<v1::EmptyHardWalletResponse> {
        let card = card_number(&request.into_inner().card_number)?;
        let empty =
            move |ledger: &mut OperatorLedger, now| ledger.empty_card(card, now).map(|()| card);
        let hard_wallet = self.change(of_card, empty).await?;
        Ok(Response::new(v1::EmptyHardWalletResponse { hard_wallet }))
    }

    async fn pay_unclaimed(
        &self,
        request: Request<v1::PayUnclaimedRequest>,
    ) -> Answer<v1::PayUnclaimedResponse> {
        let v1::PayUnclaimedRequest { card_number: number, counter } = request.into_inner();
        let card = card_number(&number)?;
        let claim = move |ledger: &mut OperatorLedger, now| {
            ledger.claim_unclaimed(card, counter, now).map(|()| card)
        };
        let hard_wallet = self.change(of_card, claim).await?;
        Ok(Response::new(v1::PayUnclaimedResponse { hard_wallet }))
    }

    async fn get_hard_wallet(
        &self,
        request: Request<v1::GetHardWalletRequest>,
    ) -> Answer<v1::GetHardWalletResponse> {
        let card = card_number(&request.into_inner().card_number)?;
        let issuer = self.0.keys.issuer.clone();
        let found =
            self.0.read(move |ledger, _| card_orders::hard_wallet(ledger, card, &issuer)).await?;
        let hard_wallet = Some(found.map_err(of_card)?);
        Ok(Response::new(v1::GetHardWalletResponse { hard_wallet }))
    }

    async fn list_offline_vouchers(
        &self,
        request: Request<v1::ListOfflineVouchersRequest>,
    ) -> Answer<v1::ListOfflineVouchersResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let number = card_number(&request.card_number)?;
        let list = move |ledger: &OperatorLedger, _| {
            let card = ledger.card(number)?;
            let all = card.vouchers(0).chain(card.repeated()).skip(page.start);
            Ok(page.take_from(all, card_orders::decided))
        };
        let listed: Result<_, OperatorError> = self.0.read(list).await?;
        let (vouchers, next_page_token) = listed.map_err(of_card)?;
        Ok(Response::new(v1::ListOfflineVouchersResponse { vouchers, next_page_token }))
    }

    async fn get_card_issuer(
        &self,
        _: Request<v1::GetCardIssuerRequest>,
    ) -> Answer<v1::GetCardIssuerResponse> {
        let public_key = to_hex(&self.0.keys.issuer.public());
        Ok(Response::new(v1::GetCardIssuerResponse { public_key }))
    }
}

#[cfg(test)]
mod tests {
    use clearing_domain::Reason;
    use clearing_domain::money::Amount;

    use super::*;

    #[test]
    fn errors_name_the_fields_of_the_request_at_hand() {
        let wallet: WalletNumber = "0021000000000013".parse().unwrap();
        let refused = || OperatorError::Wallet { wallet, reason: Reason::WalletFrozen };
        let (available, requested) = (Amount::ZERO, Amount::ZERO);
        let short = || OperatorError::InsufficientFunds { wallet, available, requested };
        let borne = || OperatorError::LossWallet { wallet: None, reason: Reason::KindNotAllowed };
        let often = || OperatorError::RefusedTooOften { wallet, wait_ms: 1 };
        let found = [
            of_new_card(refused()).field,
            of_new_card(borne()).field,
            of_reissue(refused()).field,
            of_reissue(borne()).field,
            of_load(refused()).field,
            of_load(short()).field,
            of_card(OperatorError::WalletUnknown(wallet)).field,
            of_card(short()).field,
            of_card(often()).field,
        ];
        let expected = [
            "parent_wallet",
            "loss_wallet",
            "card_number",
            "loss_wallet",
            "card_number",
            "amount",
            "card_number",
            "card_number",
            "card_number",
        ];
        assert_eq!(found, expected);
    }
}
