//! Uploads of vouchers: the operator of the payees asks the issuer of the cards, which alone decides
//! and records.

use std::collections::BTreeMap;

use clearing_api::status::FieldError;
use clearing_api::v1::question;
use clearing_api::{relayed, text, v1};
use clearing_card::SignedVoucher;
use clearing_domain::Reason;
use clearing_domain::money::{OperatorCode, Prefix, Timestamp};
use clearing_domain::operator::OperatorLedger;
use tokio::task::{JoinSet, spawn_blocking};
use tonic::Status;

use crate::card_orders::{outcome, refused, undecided, voucher};
use crate::node::Node;
use crate::orders::item_error;
use crate::relay::wrong_answer;

/// How long the issuer may take.
const WAIT_MS: u32 = 5_000;

impl Node {
    /// Takes in vouchers for payees of this operator, each as if it came alone. What an issuer has not
    /// decided, as one that is away, may be uploaded again.
    pub(crate) async fn upload_vouchers(
        &self,
        uploaded: Vec<v1::SignedVoucher>,
    ) -> Result<Vec<v1::VoucherOutcome>, Status> {
        let own = self.settings.prefix;
        let mut outcomes = vec![v1::VoucherOutcome::default(); uploaded.len()];
        let mut of_issuers: BTreeMap<Prefix, Vec<usize>> = BTreeMap::new();
        for (place, message) in uploaded.iter().enumerate() {
            match voucher(message).and_then(|signed| of_payee(signed, own, own)) {
                Ok(signed) => {
                    of_issuers.entry(signed.voucher.card.prefix()).or_default().push(place)
                }
                Err(error) => outcomes[place] = undecided(item_error(error)),
            }
        }
        // All at once, so that issuers that are away delay the others only once.
        let mut asked = JoinSet::new();
        for (issuer, places) in of_issuers {
            let vouchers: Vec<_> = places.iter().map(|place| uploaded[*place].clone()).collect();
            let node = self.clone();
            asked.spawn(async move { (places, node.ask_issuer(issuer, vouchers).await) });
        }
        for (places, answered) in asked.join_all().await {
            match answered {
                Ok(answered) => {
                    for (place, outcome) in places.into_iter().zip(answered) {
                        outcomes[place] = outcome;
                    }
                }
                // Nothing is known of these alone: what the others have decided stands.
                Err(status) => {
                    for place in places {
                        outcomes[place] = undecided(relayed::item_error(&status));
                    }
                }
            }
        }
        Ok(outcomes)
    }

    /// Asks the issuer of cards, which may be this operator, for an outcome of each voucher.
    async fn ask_issuer(
        &self,
        issuer: Prefix,
        vouchers: Vec<v1::SignedVoucher>,
    ) -> Result<Vec<v1::VoucherOutcome>, Status> {
        let own = self.settings.prefix;
        let count = vouchers.len();
        if issuer == own {
            return self.decide_here(vouchers, own).await;
        }
        let question = question::Kind::UploadVouchers(question::UploadVouchers { vouchers });
        let answer = self.relay.ask(issuer, question, WAIT_MS).await?;
        let v1::answer::Kind::UploadVouchers(answer) = answer else {
            return Err(wrong_answer(issuer));
        };
        if answer.outcomes.len() != count {
            return Err(wrong_answer(issuer));
        }
        Ok(answer.outcomes)
    }

    /// Answers another operator, which speaks for its own payees alone.
    pub(crate) async fn answer_uploads(
        &self,
        asking: &str,
        question: question::UploadVouchers,
    ) -> Result<v1::UploadVouchersResponse, Status> {
        text::batch_size("vouchers", question.vouchers.len())?;
        let code: OperatorCode = text::operator_code_in("operator_code", asking)?;
        let prefix = move |ledger: &OperatorLedger, _| {
            let entry = ledger.roster().iter().find(|entry| entry.code == code);
            entry.map(|entry| entry.prefix)
        };
        let Some(prefix) = self.read(prefix).await? else {
            let message = format!("operator {code} is not known");
            return Err(FieldError::new(Reason::OperatorUnknown, "operator_code", message).into());
        };
        let outcomes = self.decide_here(question.vouchers, prefix).await?;
        Ok(v1::UploadVouchersResponse { outcomes })
    }

    /// Decides on vouchers of cards of this operator, whose payees are wallets of another or of it.
    async fn decide_here(
        &self,
        uploaded: Vec<v1::SignedVoucher>,
        payees: Prefix,
    ) -> Result<Vec<v1::VoucherOutcome>, Status> {
        let own = self.settings.prefix;
        let read = |message| voucher(message).and_then(|signed| of_payee(signed, payees, own));
        let read: Vec<Result<SignedVoucher, FieldError>> = uploaded.iter().map(read).collect();
        let cards: Vec<_> = read.iter().flatten().map(|signed| signed.voucher.card).collect();
        let keys = move |ledger: &OperatorLedger, _| {
            let key = |card| ledger.card(card).map(|card| card.row.key);
            cards.into_iter().map(key).collect::<Vec<_>>()
        };
        let mut keys = self.read(keys).await?.into_iter();
        let mut checked = Vec::new();
        for signed in read {
            let key = if signed.is_ok() { keys.next() } else { None };
            checked.push(signed.and_then(|signed| match key {
                Some(Ok(key)) => Ok((signed, key)),
                Some(Err(error)) => Err(error.into()),
                None => Err(FieldError::new(Reason::CardUnknown, "card_number", "no card")),
            }));
        }
        // A signature takes as long as many decisions: it is checked on a thread of its own, and
        // neither on the ledger's nor on those that serve others.
        let check = move || {
            let is_signed = |(signed, key): (SignedVoucher, _)| (signed, signed.is_of(&key));
            checked.into_iter().map(|found| found.map(is_signed)).collect::<Vec<_>>()
        };
        let failed = |_| Status::internal("the signatures could not be checked");
        let checked = spawn_blocking(check).await.map_err(failed)?;
        let decide = move |ledger: &mut OperatorLedger, now: Timestamp| {
            let one = |checked: Result<(SignedVoucher, bool), FieldError>| match checked {
                Err(error) => undecided(item_error(error)),
                Ok((_, false)) => refused(Reason::VoucherForged),
                Ok((signed, true)) => match ledger.decide_voucher(&signed.voucher, now) {
                    Ok(row) => outcome(row.ruling),
                    Err(error) => undecided(item_error(error.into())),
                },
            };
            Ok(checked.into_iter().map(one).collect())
        };
        self.change(decide).await
    }
}

/// Whether a voucher is one for a payee of an operator. The card may be anybody's at the payee's
/// operator; the issuer is asked about its own alone.
fn of_payee(
    signed: SignedVoucher,
    payees: Prefix,
    own: Prefix,
) -> Result<SignedVoucher, FieldError> {
    let payee = signed.voucher.payee;
    if payee.prefix() == payees {
        return Ok(signed);
    }
    let message = format!("wallet {payee} is not one of the operator that uploads for it");
    let reason = if payees == own { Reason::WalletUnknown } else { Reason::NotAllowed };
    Err(FieldError::new(reason, "payee_wallet", message))
}
