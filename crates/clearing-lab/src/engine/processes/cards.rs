//! The orders of cards as calls to the operators; every one of them can be repeated.

use clearing_api::enums::WireEnum as _;
use clearing_api::text;
use clearing_api::v1::offline_service_client::OfflineServiceClient;
use clearing_api::v1::voucher_outcome::Outcome;
use clearing_api::{relayed, v1};
use clearing_card::{SignedVoucher, to_hex};
use clearing_cluster::call::CallError;
use clearing_domain::money::{Amount, WalletNumber};
use tonic::Code;
use tonic::transport::Channel;

use super::super::actions::{Acted, Order, PlannedCard};
use super::actions::Operator;
use super::calls::StepError;

impl Operator {
    fn offline(&self) -> OfflineServiceClient<Channel> {
        OfflineServiceClient::new(self.channel.clone())
    }

    /// Issues a card, or one in the place of another.
    pub(super) async fn issue_card(&self, planned: &PlannedCard) -> Result<Acted, StepError> {
        let (request_id, terms) = (planned.order.request_id.to_string(), Some(terms(planned)));
        let issued = match planned.replaces {
            None => {
                let parent_wallet = planned.order.parent.to_string();
                let request = v1::IssueHardWalletRequest { request_id, parent_wallet, terms };
                let issued = self.offline().issue_hard_wallet(request).await;
                self.heard("IssueHardWallet", issued)?.map(|answer| answer.hard_wallet)
            }
            Some(lost) => {
                let card_number = lost.to_string();
                let request = v1::ReissueHardWalletRequest { request_id, card_number, terms };
                let issued = self.offline().reissue_hard_wallet(request).await;
                self.heard("ReissueHardWallet", issued)?.map(|answer| answer.hard_wallet)
            }
        };
        let found = match issued {
            Ok(card) => card.unwrap_or_default().card_number,
            Err(reason) => return Ok(Err(reason)),
        };
        if found != planned.card.to_string() {
            return Err(self.answered(format!("card {found} where {} was due", planned.card)));
        }
        Ok(Ok(Amount::ZERO))
    }

    pub(super) async fn load_card(
        &self,
        request_id: &str,
        card: WalletNumber,
        amount: Amount,
    ) -> Result<Acted, StepError> {
        let request = v1::LoadHardWalletRequest {
            request_id: request_id.to_owned(),
            card_number: card.to_string(),
            amount: amount.to_string(),
        };
        let loaded = self.offline().load_hard_wallet(request).await;
        Ok(self.heard("LoadHardWallet", loaded)?.map(|_| amount))
    }

    pub(super) async fn report_lost(&self, card: WalletNumber) -> Result<Acted, StepError> {
        let request = v1::ReportLostRequest { card_number: card.to_string() };
        let lost = self.offline().report_lost(request).await;
        Ok(self.heard("ReportLost", lost)?.map(|_| Amount::ZERO))
    }

    /// Uploads vouchers for payees of one operator.
    pub(super) async fn upload(&self, orders: &[Order]) -> Result<Vec<Acted>, StepError> {
        let all = orders.iter().filter_map(|order| {
            if let Order::Upload(signed) = order { Some(signed.as_ref()) } else { None }
        });
        let signed: Vec<&SignedVoucher> = all.collect();
        let vouchers = signed.iter().map(|signed| message(signed)).collect();
        let request = v1::UploadVouchersRequest { vouchers };
        let answer = self.offline().upload_vouchers(request).await;
        let answer = answer.map_err(CallError::of(self.member, "UploadVouchers"))?.into_inner();
        let acted = |(outcome, signed): (v1::VoucherOutcome, &&SignedVoucher)| match outcome.outcome
        {
            Some(Outcome::Accepted(_)) => Ok(Ok(signed.voucher.amount)),
            Some(Outcome::Refused(refused)) => {
                let error = v1::ItemError { reason: refused.reason, ..v1::ItemError::default() };
                self.refused(&error).map(Err)
            }
            Some(Outcome::Error(error)) => match relayed::status_of(&error) {
                // The issuer was away: the same upload may pass later, and a run waits for it.
                Some(status)
                    if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) =>
                {
                    Err(CallError::of(self.member, "UploadVouchers")(status).into())
                }
                Some(_) | None => self.refused(&error).map(Err),
            },
            None => Err(self.answered("nothing for a voucher".to_owned())),
        };
        answer.outcomes.into_iter().zip(&signed).map(acted).collect()
    }
}

fn terms(planned: &PlannedCard) -> v1::HardWalletTerms {
    let order = &planned.order;
    v1::HardWalletTerms {
        public_key: to_hex(&order.key),
        float_cap: planned.float_max.to_string(),
        single_cap: planned.single_max.to_string(),
        voucher_count_cap: planned.count_max,
        voucher_age_seconds: planned.age_hours * 3_600,
        payees: order.payees.iter().flatten().map(ToString::to_string).collect(),
        loss_party: v1::LossParty::of(order.loss).into(),
        loss_wallet: order.loss_wallet.map(|wallet| wallet.to_string()).unwrap_or_default(),
    }
}

fn message(signed: &SignedVoucher) -> v1::SignedVoucher {
    let voucher = &signed.voucher;
    v1::SignedVoucher {
        card_number: voucher.card.to_string(),
        counter: voucher.counter,
        payee_wallet: voucher.payee.to_string(),
        amount: voucher.amount.to_string(),
        sign_time: Some(text::timestamp(voucher.signed_at)),
        signature: to_hex(&signed.signature),
    }
}
