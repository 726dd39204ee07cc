//! The orders of actions, carried out on the ledgers in this process.

use clearing_api::status::FieldError;
use clearing_domain::HashKey;
use clearing_domain::money::{Amount, PaymentId, RequestId, Timestamp, WalletNumber};
use clearing_domain::operator::{
    FrontEndOrder, Holder, IdentityHash, OperatorError, OperatorLedger, RefundOrder,
};

use super::super::actions::{Acted, Binding, Order};
use super::loans;

/// Carries out an order; nothing of one that needs more than the ledger of the operator.
pub(super) fn act(ledger: &mut OperatorLedger, order: &Order, now: Timestamp) -> Option<Acted> {
    let at = ledger.business_time(now);
    let acted = carry_out(ledger, order, at).transpose()?;
    Some(acted.map_err(|error| FieldError::from(error).reason))
}

fn carry_out(
    ledger: &mut OperatorLedger,
    order: &Order,
    at: Timestamp,
) -> Result<Option<Amount>, OperatorError> {
    let done = match order {
        Order::PublishBill(bill) => ledger.publish_bill(bill.clone(), at).map(|_| bill.amount),
        Order::CancelBill { biller, reference } => {
            let slot = ledger.cancel_bill(*biller, reference.clone(), at)?;
            Ok(ledger.bill(slot).row.amount)
        }
        Order::Refund { request_id, original, amount } => {
            let request_id = RequestId::Text(request_id.as_str().into());
            let id = PaymentId::of_refund(*original, &request_id);
            let order =
                RefundOrder { id, request_id, original: *original, amount: *amount, remark: None };
            let slot = ledger.refund(order, at)?;
            Ok(ledger.payments()[slot].amount)
        }
        Order::ExchangeBack { request_id, wallet, amount } => {
            let request_id = RequestId::Text(request_id.as_str().into());
            ledger.exchange_back(*wallet, *amount, request_id, at).map(|()| *amount)
        }
        Order::SweepToTreasury { request_id, wallet, amount } => {
            let request_id = RequestId::Text(request_id.as_str().into());
            ledger.sweep(*wallet, Some(*amount), request_id, at).map(|sweep| sweep.amount)
        }
        Order::Draw { campaign, seed } => ledger.draw(*campaign, *seed, at).map(|()| Amount::ZERO),
        Order::CloseCampaign { request_id, campaign } => {
            let request_id = RequestId::Text(request_id.as_str().into());
            ledger.close_campaign(*campaign, request_id, at)
        }
        Order::LoadCard { request_id, card, amount } => {
            let request_id = RequestId::Text(request_id.as_str().into());
            ledger.load_sub_wallet(*card, *amount, request_id, at).map(|()| *amount)
        }
        Order::PayPayroll(planned) => loans::pay(ledger, planned, at),
        Order::ReportLost(card) => ledger.report_lost(*card, at).map(|()| Amount::ZERO),
        Order::BindFrontEnd(binding) => {
            ledger.bind_front_end(front_end(binding), at).map(|()| Amount::ZERO)
        }
        Order::RegisterMerchant { .. }
        | Order::CreateCampaign(_)
        | Order::IssueCard(_)
        | Order::Upload(_)
        | Order::Register(_)
        | Order::Claim(_)
        | Order::Contract(_)
        | Order::Loan(_)
        | Order::Wealth(_)
        | Order::SuspendMerchant { .. } => return Ok(None),
    };
    done.map(Some)
}

fn front_end(binding: &Binding) -> FrontEndOrder {
    FrontEndOrder {
        wallet: binding.wallet,
        front_end: binding.front_end.as_str().into(),
        phone_hash: key().hash(&binding.phone()),
        identity_hash: IdentityHash::of(&key(), &binding.identity()),
        region: binding.region,
    }
}

/// The holder of a wallet who shows its number for all there is to show, as one of a process does.
pub(super) fn known_holder(number: WalletNumber) -> Holder {
    let number = number.to_string();
    Holder {
        phone_hash: Some(key().hash(&number)),
        identity_hash: Some(IdentityHash::of(&key(), &number)),
        ..Holder::verified(None)
    }
}

/// The key of a run in this process: nothing of it is kept, so it guards nothing.
fn key() -> HashKey {
    HashKey::new([0; 32])
}
