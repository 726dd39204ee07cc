//! Registrations and claims: the operator of the wallet asks the operator of the sponsor, which
//! alone decides and records.

use clearing_api::status::FieldError;
use clearing_api::v1::question::{self, Claimant};
use clearing_api::{relayed, text, v1};
use clearing_domain::Reason;
use clearing_domain::money::{OperatorCode, Prefix, Timestamp, WalletNumber};
use clearing_domain::operator::{IdentityHash, OperatorLedger};
use tonic::Status;

use crate::campaign_orders;
use crate::node::Node;
use crate::orders::item_error;
use crate::relay::wrong_answer;

/// How long the sponsor's operator may take.
const WAIT_MS: u32 = 5_000;

/// A wallet that registers or claims, with the person who holds it, or why it cannot.
type Checked = Result<(WalletNumber, IdentityHash), v1::ItemError>;

type RegistrationOutcome = v1::register_wallets_response::RegistrationOutcome;

impl Node {
    /// Registers wallets of this operator, each as if it came alone.
    pub(crate) async fn register_wallets(
        &self,
        campaign: WalletNumber,
        wallets: &[String],
    ) -> Result<Vec<RegistrationOutcome>, Status> {
        let checked = self.claimants(wallets).await?;
        let claimants: Vec<_> = checked.iter().flatten().copied().collect();
        let answered = if claimants.is_empty() {
            Vec::new()
        } else if campaign.prefix() == self.settings.prefix {
            self.register_here(campaign, claimants).await?
        } else {
            let question = question::RegisterWallets {
                campaign_wallet: campaign.to_string(),
                claimants: claimants.iter().map(message).collect(),
            };
            let question = question::Kind::RegisterWallets(question);
            let answer = self.relay.ask(campaign.prefix(), question, WAIT_MS).await?;
            let v1::answer::Kind::RegisterWallets(answer) = answer else {
                return Err(wrong_answer(campaign.prefix()));
            };
            answer.outcomes
        };
        let refused = |error| RegistrationOutcome { error: Some(error) };
        merge(campaign.prefix(), checked, answered, refused)
    }

    /// Claims for wallets of this operator, each as if it came alone.
    pub(crate) async fn claim_grants(
        &self,
        campaign: WalletNumber,
        wallets: &[String],
    ) -> Result<Vec<v1::ClaimOutcome>, Status> {
        let checked = self.claimants(wallets).await?;
        let claimants: Vec<_> = checked.iter().flatten().copied().collect();
        let answered = if claimants.is_empty() {
            Vec::new()
        } else if campaign.prefix() == self.settings.prefix {
            self.claim_here(campaign, claimants).await?
        } else {
            let question = question::ClaimGrants {
                campaign_wallet: campaign.to_string(),
                claimants: claimants.iter().map(message).collect(),
            };
            let question = question::Kind::ClaimGrants(question);
            let answer = self.relay.ask(campaign.prefix(), question, WAIT_MS).await?;
            let v1::answer::Kind::ClaimGrants(answer) = answer else {
                return Err(wrong_answer(campaign.prefix()));
            };
            self.hold_vouchers(campaign, &claimants, &answer.outcomes).await?;
            answer.outcomes
        };
        merge(campaign.prefix(), checked, answered, claim_error)
    }

    /// Keeps the vouchers that wallets have claimed elsewhere, so that their payments may name them.
    async fn hold_vouchers(
        &self,
        campaign: WalletNumber,
        claimants: &[(WalletNumber, IdentityHash)],
        outcomes: &[v1::ClaimOutcome],
    ) -> Result<(), Status> {
        use v1::claim_outcome::Outcome;
        // The answer is the word of another operator.
        let wrong = || wrong_answer(campaign.prefix());
        let mut vouchers = Vec::new();
        for ((wallet, _), outcome) in claimants.iter().zip(outcomes) {
            if let Some(Outcome::Grant(grant)) = &outcome.outcome {
                let claimed = campaign_orders::claimed_voucher(campaign, *wallet, grant);
                vouchers.extend(claimed.map_err(|_| wrong())?);
            }
        }
        if vouchers.is_empty() {
            return Ok(());
        }
        let hold = move |ledger: &mut OperatorLedger, now| {
            vouchers.into_iter().try_for_each(|voucher| ledger.hold_voucher(voucher, now))
        };
        self.change(hold).await
    }

    /// The persons of wallets of this operator.
    async fn claimants(&self, wallets: &[String]) -> Result<Vec<Checked>, Status> {
        let numbers: Vec<_> =
            wallets.iter().map(|number| text::wallet_number("wallet_number", number)).collect();
        let persons = move |ledger: &OperatorLedger, _| {
            let person = |wallet| Ok((wallet, ledger.person_of(wallet)?));
            let checked = numbers.into_iter().map(|number| number.and_then(person));
            checked.map(|checked| checked.map_err(item_error)).collect()
        };
        self.read(persons).await
    }

    /// Registers wallets of any operator for a campaign of this one.
    pub(crate) async fn register_here(
        &self,
        campaign: WalletNumber,
        claimants: Vec<(WalletNumber, IdentityHash)>,
    ) -> Result<Vec<RegistrationOutcome>, Status> {
        let register = move |ledger: &mut OperatorLedger, now: Timestamp| {
            ledger.campaign(campaign)?;
            let one = |claimant| {
                let error = ledger.register(campaign, claimant, now).err();
                RegistrationOutcome { error: error.map(|error| item_error(error.into())) }
            };
            Ok(claimants.into_iter().map(one).collect())
        };
        self.change(register).await
    }

    /// Claims for wallets of any operator from a campaign of this one.
    pub(crate) async fn claim_here(
        &self,
        campaign: WalletNumber,
        claimants: Vec<(WalletNumber, IdentityHash)>,
    ) -> Result<Vec<v1::ClaimOutcome>, Status> {
        let claim = move |ledger: &mut OperatorLedger, now: Timestamp| {
            let of = ledger.campaign(campaign)?.row.clone();
            let one = |claimant| match ledger.claim(campaign, claimant, now) {
                Ok(claim) => {
                    let grant = campaign_orders::claimed(&claim, &of);
                    let outcome = Some(v1::claim_outcome::Outcome::Grant(grant));
                    v1::ClaimOutcome { outcome }
                }
                Err(error) => claim_error(item_error(error.into())),
            };
            Ok(claimants.into_iter().map(one).collect())
        };
        self.change(claim).await
    }

    /// Answers another operator that registers its wallets.
    pub(crate) async fn answer_registrations(
        &self,
        asking: &str,
        question: question::RegisterWallets,
    ) -> Result<v1::RegisterWalletsResponse, Status> {
        let (campaign, claimants) =
            self.asked(asking, &question.campaign_wallet, &question.claimants).await?;
        let outcomes = self.register_here(campaign, claimants).await?;
        Ok(v1::RegisterWalletsResponse { outcomes })
    }

    /// Answers another operator that claims for its wallets.
    pub(crate) async fn answer_claims(
        &self,
        asking: &str,
        question: question::ClaimGrants,
    ) -> Result<v1::ClaimGrantsResponse, Status> {
        let (campaign, claimants) =
            self.asked(asking, &question.campaign_wallet, &question.claimants).await?;
        let outcomes = self.claim_here(campaign, claimants).await?;
        Ok(v1::ClaimGrantsResponse { outcomes })
    }

    /// Reads a question of another operator, which speaks for its own wallets alone.
    async fn asked(
        &self,
        asking: &str,
        campaign: &str,
        claimants: &[Claimant],
    ) -> Result<(WalletNumber, Vec<(WalletNumber, IdentityHash)>), Status> {
        text::batch_size("claimants", claimants.len())?;
        let campaign = text::wallet_number("campaign_wallet", campaign)?;
        let code: OperatorCode = text::operator_code_in("operator_code", asking)?;
        let prefix = move |ledger: &OperatorLedger, _| {
            let entry = ledger.roster().iter().find(|entry| entry.code == code);
            entry.map(|entry| entry.prefix)
        };
        let prefix = self.read(prefix).await?;
        let read = |claimant: &Claimant| {
            let wallet = text::wallet_number("wallet_number", &claimant.wallet_number)?;
            if Some(wallet.prefix()) != prefix {
                let message = format!("wallet {wallet} is not one of operator {code}");
                return Err(FieldError::new(Reason::NotAllowed, "wallet_number", message));
            }
            let person = IdentityHash::from_number(claimant.person)
                .ok_or_else(|| FieldError::new(Reason::FieldInvalid, "person", "person is zero"))?;
            Ok((wallet, person))
        };
        let claimants = claimants.iter().map(read).collect::<Result<_, _>>()?;
        Ok((campaign, claimants))
    }
}

/// The one outcome of a batch of one.
pub(crate) fn only<T>(outcomes: Vec<T>) -> Result<T, Status> {
    outcomes.into_iter().next().ok_or_else(|| Status::internal("a request has no outcome"))
}

/// The status of an outcome that is an error.
pub(crate) fn status_of(error: &v1::ItemError) -> Status {
    relayed::status_of(error).unwrap_or_else(|| Status::internal("an outcome has no reason"))
}

fn message(claimant: &(WalletNumber, IdentityHash)) -> Claimant {
    Claimant { wallet_number: claimant.0.to_string(), person: claimant.1.number() }
}

fn claim_error(error: v1::ItemError) -> v1::ClaimOutcome {
    v1::ClaimOutcome { outcome: Some(v1::claim_outcome::Outcome::Error(error)) }
}

/// The outcomes of all: of those that were asked about their answers, of the others why not.
fn merge<T>(
    prefix: Prefix,
    checked: Vec<Checked>,
    answered: Vec<T>,
    refused: impl Fn(v1::ItemError) -> T,
) -> Result<Vec<T>, Status> {
    if checked.iter().flatten().count() != answered.len() {
        return Err(wrong_answer(prefix));
    }
    let mut answered = answered.into_iter();
    let outcome = |checked: Checked| match checked {
        Ok(_) => answered.next(),
        Err(error) => Some(refused(error)),
    };
    Ok(checked.into_iter().filter_map(outcome).collect())
}
