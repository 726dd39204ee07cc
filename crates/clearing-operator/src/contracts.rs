//! What concerns prepaid contracts at several operators: merchants ask for lessons of payers elsewhere,
//! and the operator of a merchant speaks for it to all others.

use clearing_api::relayed::item_error;
use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::operator_totals::Outcome;
use clearing_api::v1::{answer, question};
use clearing_domain::Reason;
use clearing_domain::money::{ContractId, OperatorCode, Prefix, WalletNumber};
use clearing_domain::operator::{LessonRequest, MerchantTotals, OperatorError, OperatorLedger};
use tokio::task::JoinSet;
use tonic::Status;

use crate::contract_orders;
use crate::node::Node;
use crate::relay::wrong_answer;

/// How long another operator may take.
const WAIT_MS: u32 = 5_000;

/// What an operator answers, or why it does not.
type Heard<T> = (OperatorCode, Result<T, Status>);

/// A contract as it stands.
pub(crate) fn show(
    ledger: &OperatorLedger,
    contract: ContractId,
) -> Result<v1::Contract, OperatorError> {
    Ok(contract_orders::contract(ledger, ledger.contract(contract)?))
}

/// What the contracts of this operator's payers with a merchant come to.
pub(crate) fn totals_here(ledger: &OperatorLedger, merchant: WalletNumber) -> v1::MerchantTotals {
    let contracts = ledger.contracts();
    let suspended = contracts.is_suspended(merchant);
    contract_orders::totals(merchant, &contracts.totals_of(merchant), suspended)
}

impl Node {
    /// Asks for a lesson in the name of a merchant of this operator.
    pub(crate) async fn ask_for_lesson(
        &self,
        request: LessonRequest,
    ) -> Result<v1::Contract, Status> {
        let LessonRequest { merchant, payer, contract, .. } = request;
        let is_known = move |ledger: &OperatorLedger, _| ledger.wallet(merchant).is_some();
        if !self.read(is_known).await? {
            let message = format!("wallet {merchant} does not exist at this operator");
            return Err(FieldError::new(Reason::WalletUnknown, "merchant_wallet", message).into());
        }
        if payer.prefix() == self.settings.prefix {
            return self.lesson_here(request).await;
        }
        let asked = question::Kind::RequestLesson(contract_orders::lesson_question(&request));
        let answer = self.relay.ask(payer.prefix(), asked, WAIT_MS).await?;
        let answer::Kind::RequestLesson(answer) = answer else {
            return Err(wrong_answer(payer.prefix()));
        };
        // The word of another operator: the money itself comes only as a payment does.
        let is_asked_for = |found: &v1::Contract| found.contract_id == contract.to_string();
        answer.contract.filter(is_asked_for).ok_or_else(|| wrong_answer(payer.prefix()))
    }

    /// Answers another operator, a merchant of which asks for a lesson.
    pub(crate) async fn answer_lesson(
        &self,
        asking: &str,
        question: v1::RequestLessonRequest,
    ) -> Result<v1::RequestLessonResponse, Status> {
        let request = contract_orders::lesson_request(&question)?;
        self.check_asks_for(asking, "merchant_wallet", request.merchant).await?;
        let contract = Some(self.lesson_here(request).await?);
        Ok(v1::RequestLessonResponse { contract })
    }

    async fn lesson_here(&self, request: LessonRequest) -> Result<v1::Contract, Status> {
        let ask = move |ledger: &mut OperatorLedger, now| {
            ledger.request_lesson(&request, now)?;
            show(ledger, request.contract)
        };
        self.change(ask).await
    }

    /// Suspends a merchant, or lets it go on: one of this operator for the payers of all of them.
    pub(crate) async fn suspend_merchant(
        &self,
        merchant: WalletNumber,
        suspended: bool,
    ) -> Result<Vec<v1::OperatorOutcome>, Status> {
        let suspend = move |ledger: &mut OperatorLedger, now| {
            ledger.suspend_merchant(merchant, suspended, now)
        };
        let sequence = self.change(suspend).await?;
        let merchant_wallet = merchant.to_string();
        let asked = question::SuspendMerchant { merchant_wallet, suspended, sequence };
        let fits = |answer| matches!(answer, answer::Kind::SuspendMerchant(_)).then_some(());
        let heard = self.ask_about(merchant, question::Kind::SuspendMerchant(asked), fits).await?;
        let outcome = |(code, done): Heard<()>| v1::OperatorOutcome {
            operator_code: code.to_string(),
            error: done.err().map(|status| item_error(&status)),
        };
        Ok(heard.into_iter().map(outcome).collect())
    }

    /// Answers another operator that suspends a merchant of its own.
    pub(crate) async fn answer_suspension(
        &self,
        asking: &str,
        question: question::SuspendMerchant,
    ) -> Result<answer::SuspendMerchant, Status> {
        let merchant = self.asked_about(asking, &question.merchant_wallet).await?;
        let by: OperatorCode = clearing_api::text::operator_code_in("operator_code", asking)?;
        let question::SuspendMerchant { suspended, sequence, .. } = question;
        let suspend = move |ledger: &mut OperatorLedger, now| {
            ledger.suspend_merchant_of(merchant, suspended, (by, sequence), now)
        };
        self.change(suspend).await?;
        Ok(answer::SuspendMerchant {})
    }

    /// What the contracts with a merchant come to: of one of this operator those of all payers.
    pub(crate) async fn merchant_totals(
        &self,
        merchant: WalletNumber,
    ) -> Result<v1::GetMerchantTotalsResponse, Status> {
        let here = self.read(move |ledger: &OperatorLedger, _| totals_here(ledger, merchant));
        let here = here.await?;
        let suspended = here.suspended;
        let merchant_wallet = merchant.to_string();
        let asked = v1::GetMerchantTotalsRequest { merchant_wallet };
        let fits = move |answer| {
            let answer::Kind::MerchantTotals(totals) = answer else { return None };
            // The word of another operator must at least be of this merchant, and a sum.
            contract_orders::shown_totals(merchant, &totals).map(|_| totals)
        };
        let mut heard =
            self.ask_about(merchant, question::Kind::MerchantTotals(asked), fits).await?;
        heard.insert(0, (self.settings.code, Ok(here)));
        let mut sum = MerchantTotals::default();
        let known = heard.iter().filter_map(|(_, totals)| totals.as_ref().ok());
        for totals in known.filter_map(|totals| contract_orders::shown_totals(merchant, totals)) {
            sum.add(&totals);
        }
        let of_operator = |(code, totals): Heard<v1::MerchantTotals>| v1::OperatorTotals {
            operator_code: code.to_string(),
            outcome: Some(match totals {
                Ok(totals) => Outcome::Totals(totals),
                Err(status) => Outcome::Error(item_error(&status)),
            }),
        };
        Ok(v1::GetMerchantTotalsResponse {
            totals: Some(contract_orders::totals(merchant, &sum, suspended)),
            operators: heard.into_iter().map(of_operator).collect(),
        })
    }

    /// Answers another operator that asks about a merchant of its own.
    pub(crate) async fn answer_totals(
        &self,
        asking: &str,
        question: v1::GetMerchantTotalsRequest,
    ) -> Result<v1::MerchantTotals, Status> {
        let merchant = self.asked_about(asking, &question.merchant_wallet).await?;
        self.read(move |ledger: &OperatorLedger, _| totals_here(ledger, merchant)).await
    }

    async fn asked_about(&self, asking: &str, merchant: &str) -> Result<WalletNumber, Status> {
        let merchant = clearing_api::text::wallet_number("merchant_wallet", merchant)?;
        self.check_asks_for(asking, "merchant_wallet", merchant).await?;
        Ok(merchant)
    }

    /// Asks all other operators about a merchant, if it is one of this operator, which alone may
    /// speak for it; what they answer comes by their codes.
    async fn ask_about<T: Send + 'static>(
        &self,
        merchant: WalletNumber,
        question: question::Kind,
        fits: impl Fn(answer::Kind) -> Option<T>,
    ) -> Result<Vec<Heard<T>>, Status> {
        let own = self.settings.prefix;
        let others = move |ledger: &OperatorLedger, _| -> Vec<(OperatorCode, Prefix)> {
            let others = ledger.roster().iter().filter(|entry| entry.prefix != own);
            others.map(|entry| (entry.code, entry.prefix)).collect()
        };
        let others = if merchant.prefix() == own { self.read(others).await? } else { Vec::new() };
        // All at once, so that one that is away delays the others only once.
        let mut asked = JoinSet::new();
        for (code, prefix) in others {
            let (relay, question) = (self.relay.clone(), question.clone());
            asked.spawn(async move { (code, prefix, relay.ask(prefix, question, WAIT_MS).await) });
        }
        let mut heard: Vec<_> = asked
            .join_all()
            .await
            .into_iter()
            .map(|(code, prefix, answer)| {
                let fit = |answer| fits(answer).ok_or_else(|| wrong_answer(prefix));
                (code, answer.and_then(fit))
            })
            .collect();
        heard.sort_by_key(|(code, _)| *code);
        Ok(heard)
    }
}
