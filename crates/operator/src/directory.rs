//! Aliases, as the central bank's directory knows them.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::directory_service_client::DirectoryServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::WalletNumber;
use tonic::Status;
use tonic::transport::Channel;

/// Asks the directory of the central bank.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    client: DirectoryServiceClient<Channel>,
}

impl Directory {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { client: DirectoryServiceClient::new(channel) }
    }

    /// The wallet an alias names; `None` when it names none.
    pub(crate) async fn look_up(&self, alias: &str) -> Result<Option<WalletNumber>, Status> {
        let name = Some(v1::look_up_wallet_request::Name::Alias(alias.to_owned()));
        match self.client.clone().look_up_wallet(v1::LookUpWalletRequest { name }).await {
            Ok(found) => {
                let number = found.into_inner().wallet_number.parse();
                number.map(Some).map_err(|_| away(&Status::internal("the directory answered with no wallet number")))
            }
            Err(status) if reason_of(&status) == Some(Reason::AliasUnknown) => Ok(None),
            Err(status) => Err(away(&status)),
        }
    }

    /// Links an alias to a wallet.
    pub(crate) async fn register(&self, wallet: WalletNumber, alias: &str, replace: bool) -> Result<(), Status> {
        let request = v1::RegisterAliasRequest { wallet_number: wallet.to_string(), alias: alias.to_owned(), replace };
        self.client.clone().register_alias(request).await.map_err(|status| away(&status))?;
        Ok(())
    }

    /// Unlinks an alias from a wallet.
    pub(crate) async fn deregister(&self, wallet: WalletNumber, alias: &str) -> Result<(), Status> {
        let request = v1::DeregisterAliasRequest { wallet_number: wallet.to_string(), alias: alias.to_owned() };
        self.client.clone().deregister_alias(request).await.map_err(|status| away(&status))?;
        Ok(())
    }
}

/// A refusal of the directory goes to the client as it is; anything else means the peer is away.
fn away(status: &Status) -> Status {
    if reason_of(status).is_some() {
        return Status::with_details(status.code(), status.message(), bytes_of(status));
    }
    clearing_api::status::unavailable(&format!("the directory of the central bank is away: {}", status.message()))
}

fn bytes_of(status: &Status) -> tonic::codegen::Bytes {
    tonic::codegen::Bytes::copy_from_slice(status.details())
}
