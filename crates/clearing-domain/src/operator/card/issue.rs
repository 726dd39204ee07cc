//! Cards are issued, and reported lost.

use std::collections::BTreeSet;

use crate::Reason;
use crate::link::Head;
use crate::money::{Amount, DAY_MS, RequestId, RequestKey, Timestamp, WalletKind, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::content::ContentMark;
use super::super::error::OperatorError;
use super::super::facts::SubWalletUse;
use super::super::requests::RequestRef;
use super::super::sub_wallets::SubWalletOrder;
use super::rows::{CardChange, CardRow, LossParty};

/// The most vouchers of a card that may wait to be uploaded.
pub const VOUCHER_COUNT_MAX: u32 = 1_000;
/// How long a voucher may be taken at most, in milliseconds: 30 days.
pub const VOUCHER_AGE_MS_MAX: i64 = 30 * DAY_MS;

/// What a card may do without network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardTerms {
    float_max: Amount,
    single_max: Amount,
    count_max: u32,
    age_ms_max: i64,
}

impl CardTerms {
    /// Terms that are within what any card may do; the error names the field at fault.
    pub fn new(
        float_max: Amount,
        single_max: Amount,
        count_max: u32,
        age_ms_max: i64,
    ) -> Result<Self, &'static str> {
        let float = float_max.single().is_ok();
        let single = single_max.single().is_ok() && single_max <= float_max;
        let count = (1..=VOUCHER_COUNT_MAX).contains(&count_max);
        let age = (1..=VOUCHER_AGE_MS_MAX).contains(&age_ms_max);
        let checks =
            [("float_max", float), ("single_max", single), ("count_max", count), ("age_max", age)];
        match checks.into_iter().find(|(_, fits)| !fits) {
            Some((field, _)) => Err(field),
            None => Ok(Self { float_max, single_max, count_max, age_ms_max }),
        }
    }
}

/// A request for a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardOrder {
    /// The client's name for the request.
    pub request_id: RequestId,
    /// The wallet that it will belong to.
    pub parent: WalletNumber,
    /// The public key of the card.
    pub key: Head,
    /// What it may do.
    pub terms: CardTerms,
    /// The wallets that it may pay; `None` for any.
    pub payees: Option<BTreeSet<WalletNumber>>,
    /// Who bears the loss when it signs two vouchers with one counter.
    pub loss: LossParty,
    /// The wallet of this operator out of which the issuer bears it.
    pub loss_wallet: Option<WalletNumber>,
    /// What makes the ids of its payments unknown to others.
    pub salt: Option<Head>,
    /// The mark of all that the client sent.
    pub content: Option<ContentMark>,
}

impl OperatorLedger {
    /// The hard wallets of this operator.
    pub fn cards(&self) -> &super::cards::Cards {
        &self.cards
    }

    /// Issues a card and answers with its number; a repeat answers with the number given before.
    pub fn issue_card(
        &mut self,
        order: CardOrder,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        self.issue_for(order, None, now)
    }

    pub(super) fn issue_for(
        &mut self,
        order: CardOrder,
        replaces: Option<WalletNumber>,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        // What was issued stays issued, whatever became of its loss wallet since.
        if !self.has_issued(&order) {
            self.check_loss_wallet(&order)?;
        }
        let CardOrder { request_id, parent, key, terms, payees, loss, loss_wallet, salt, content } =
            order;
        let sub_wallet = SubWalletOrder {
            request_id: Some(request_id.clone()),
            parent,
            used_for: SubWalletUse::Card,
            single: Some(terms.single_max),
            daily: None,
            payees,
            platform: None,
            content,
        };
        let card = self.open_sub_wallet(sub_wallet, now)?;
        if let Ok(issued) = self.card(card) {
            let same = (issued.row.key, issued.row.replaces) == (key, replaces);
            return if same { Ok(card) } else { Err(OperatorError::RequestIdReused(request_id)) };
        }
        let CardTerms { float_max, single_max: _, count_max, age_ms_max } = terms;
        let row = CardRow {
            row: 0,
            card,
            key,
            float_max,
            count_max,
            age_ms_max,
            loss,
            loss_wallet,
            replaces,
            salt,
            at: now,
        };
        self.append(row, Known::Nothing);
        Ok(card)
    }

    /// Whether a request has issued a card before.
    fn has_issued(&self, order: &CardOrder) -> bool {
        let key = RequestKey::without_wallet(&order.request_id);
        match self.earlier(&key, None, &order.request_id) {
            Some(RequestRef::Event(slot)) => self.cards.find(self.events[slot].wallet).is_some(),
            Some(RequestRef::Payment(_)) | None => false,
        }
    }

    /// The issuer bears losses out of a wallet of its own, and nobody else out of that one.
    fn check_loss_wallet(&self, order: &CardOrder) -> Result<(), OperatorError> {
        let is_borne = order.loss == LossParty::Issuer;
        match order.loss_wallet {
            Some(wallet) if is_borne => {
                let refuse = |reason| OperatorError::LossWallet { wallet: Some(wallet), reason };
                self.known(wallet).map_err(|error| refuse(error.reason()))?;
                // Another's money must not bear it: nobody has asked that other one.
                if wallet.kind() != WalletKind::Operator {
                    return Err(refuse(Reason::KindNotAllowed));
                }
                if wallet == order.parent {
                    return Err(refuse(Reason::LossWalletMismatch));
                }
                Ok(())
            }
            None if !is_borne => Ok(()),
            wallet => Err(OperatorError::LossWallet { wallet, reason: Reason::LossWalletMismatch }),
        }
    }

    /// Freezes a card that its holder has lost: vouchers that it signs from now on are refused, and
    /// those that it signed before are decided until they are too old. A repeat changes nothing.
    pub fn report_lost(&mut self, card: WalletNumber, now: Timestamp) -> Result<(), OperatorError> {
        self.known(card)?;
        if self.card(card)?.frozen.is_none() {
            self.append_card_change(card, CardChange::Lost, now);
        }
        Ok(())
    }
}
