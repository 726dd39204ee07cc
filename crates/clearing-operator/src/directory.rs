//! The client of the central bank's directory of aliases and merchants.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use clearing_api::enums::merchant_traits;
use clearing_api::relayed::item_error;
use clearing_api::status::{FieldError, reason_of};
use clearing_api::v1;
use clearing_api::v1::directory_service_client::DirectoryServiceClient;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_domain::Reason;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::WalletNumber;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::proof::Proof;

/// How long the directory may take to say what a payment needs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long a request for the settlement mode may take.
const TOLD_WITHIN: Duration = Duration::from_millis(500);

/// Asks the directory of the central bank.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    proof: Proof,
    client: DirectoryServiceClient<Channel>,
    node: NodeServiceClient<Channel>,
}

impl Directory {
    pub(crate) fn new(channel: Channel, proof: Proof) -> Self {
        Self {
            proof,
            client: DirectoryServiceClient::new(channel.clone()),
            node: NodeServiceClient::new(channel),
        }
    }

    /// Adds the proof of this operator to a request.
    fn proven<T>(&self, request: T) -> Result<Request<T>, Status> {
        self.proof.with(request).map_err(|status| away(&status))
    }

    /// The settlement mode in force; `None` when the central bank does not answer in time.
    pub(crate) async fn settlement_mode(&self) -> Option<v1::SettlementMode> {
        // The limit is short: this answers GetNode, which must not wait for a central bank that is
        // stopped.
        let mut node = self.node.clone();
        let asked = tokio::time::timeout(TOLD_WITHIN, node.get_node(v1::GetNodeRequest {})).await;
        asked.ok()?.ok()?.into_inner().node?.settlement_mode
    }

    /// The wallet an alias names; `None` when it names none.
    pub(crate) async fn look_up(&self, alias: &str) -> Result<Option<WalletNumber>, Status> {
        let name = Some(v1::look_up_wallet_request::Name::Alias(alias.to_owned()));
        let request = v1::LookUpWalletRequest { name };
        match in_time(self.client.clone().look_up_wallet(request)).await {
            Ok(found) => {
                let number = found.into_inner().wallet_number.parse();
                number.map(Some).map_err(|_| {
                    away(&Status::internal("the directory answered with no wallet number"))
                })
            }
            Err(status) if reason_of(&status) == Some(Reason::AliasUnknown) => Ok(None),
            Err(status) => Err(away(&status)),
        }
    }

    /// Links an alias to a wallet.
    pub(crate) async fn register(
        &self,
        wallet: WalletNumber,
        alias: &str,
        replace: bool,
    ) -> Result<(), Status> {
        let request = v1::RegisterAliasRequest {
            wallet_number: wallet.to_string(),
            alias: alias.to_owned(),
            replace,
        };
        self.client
            .clone()
            .register_alias(self.proven(request)?)
            .await
            .map_err(|status| away(&status))?;
        Ok(())
    }

    /// Registers the traits of a merchant.
    pub(crate) async fn register_merchant(
        &self,
        wallet: WalletNumber,
        traits: v1::MerchantTraits,
    ) -> Result<(), Status> {
        let request =
            v1::RegisterMerchantRequest { wallet_number: wallet.to_string(), traits: Some(traits) };
        let registered = self.client.clone().register_merchant(self.proven(request)?).await;
        registered.map(drop).map_err(|status| away(&status))
    }

    /// The traits of a merchant of any operator; `None` when none are registered.
    pub(crate) async fn merchant(
        &self,
        wallet: WalletNumber,
    ) -> Result<Option<MerchantTraits>, Status> {
        let request = v1::GetMerchantRequest { wallet_number: wallet.to_string() };
        match in_time(self.client.clone().get_merchant(request)).await {
            Ok(found) => {
                let traits = merchant_traits(found.into_inner().traits);
                let malformed = |_| {
                    away(&Status::internal("the directory answered with traits of no merchant"))
                };
                traits.map(Some).map_err(malformed)
            }
            Err(status) if reason_of(&status) == Some(Reason::MerchantUnknown) => Ok(None),
            Err(status) => Err(away(&status)),
        }
    }

    /// Unlinks every alias of closed wallets.
    pub(crate) async fn give_up(&self, wallets: &[WalletNumber]) -> Result<(), Status> {
        let wallet_numbers = wallets.iter().map(ToString::to_string).collect();
        let request = v1::DeregisterWalletsRequest { wallet_numbers };
        self.client
            .clone()
            .deregister_wallets(self.proven(request)?)
            .await
            .map_err(|status| away(&status))?;
        Ok(())
    }

    /// A page of the aliases of a wallet.
    pub(crate) async fn list(
        &self,
        request: v1::ListAliasesRequest,
    ) -> Result<v1::ListAliasesResponse, Status> {
        let v1::ListAliasesRequest { wallet_number, page_size, page_token } = request;
        let request =
            v1::DirectoryServiceListAliasesRequest { wallet_number, page_size, page_token };
        let listed = self
            .client
            .clone()
            .list_aliases(request)
            .await
            .map_err(|status| away(&status))?
            .into_inner();
        Ok(v1::ListAliasesResponse {
            aliases: listed.aliases,
            next_page_token: listed.next_page_token,
        })
    }

    /// Unlinks an alias from a wallet, and says whether it named the wallet.
    pub(crate) async fn deregister(
        &self,
        wallet: WalletNumber,
        alias: &str,
    ) -> Result<bool, Status> {
        let request = v1::DeregisterAliasRequest {
            wallet_number: wallet.to_string(),
            alias: alias.to_owned(),
        };
        let deregistered = self.client.clone().deregister_alias(self.proven(request)?).await;
        Ok(deregistered.map_err(|status| away(&status))?.into_inner().removed)
    }
}

/// An answer, or an error when none comes in time: a central bank that is stopped keeps its
/// connections, and a batch of payments must not wait for it.
async fn in_time<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let late = |_| Status::deadline_exceeded(format!("no answer in {ANSWERS_WITHIN:?}"));
    tokio::time::timeout(ANSWERS_WITHIN, answer).await.unwrap_or_else(|error| Err(late(error)))
}

/// Why an item cannot be taken for which the directory did not answer.
pub(crate) fn unanswered(
    field: &'static str,
    value: &impl fmt::Display,
    status: &Status,
) -> FieldError {
    let reason = reason_of(status).unwrap_or(Reason::Unavailable);
    let error = item_error(status);
    FieldError::new(reason, field, format!("{field} {value} was not looked up: {}", error.message))
}

/// Passes a refusal of the directory on to the client; any other error means that the central bank
/// cannot be reached.
fn away(status: &Status) -> Status {
    passed_on("directory", status)
}

/// As [`away`], of a part of the central bank.
pub(crate) fn passed_on(part: &str, status: &Status) -> Status {
    // The details are copied, the metadata is not: headers of the link between processes are no
    // matter of the client.
    if reason_of(status).is_some() {
        return Status::with_details(status.code(), status.message(), bytes_of(status));
    }
    clearing_api::status::unavailable(&format!(
        "the {part} of the central bank is away: {}",
        status.message()
    ))
}

fn bytes_of(status: &Status) -> tonic::codegen::Bytes {
    tonic::codegen::Bytes::copy_from_slice(status.details())
}
