//! The wallets of a load: opened at every operator and funded for what they will pay.

use std::net::SocketAddr;
use std::sync::Arc;

use clearing_api::v1::wallet_service_client::WalletServiceClient;
use tonic::transport::Channel;

use super::{LoadError, wire};
use crate::call::CallError;
use crate::join::try_join_all;

/// Opens the wallets of every operator, enough for the largest lane, and gives their numbers.
pub(super) async fn open_everywhere(
    addresses: &[SocketAddr],
    channels: &[Channel],
    payments: u64,
) -> Result<Vec<Arc<[String]>>, LoadError> {
    // Two at least, so that an operator alone has somebody to pay.
    let count = payments.clamp(2, wire::BATCH_MAX as u64);
    // Rounded up, so that no wallet is short of funds by the last payment.
    let payments_each = payments.div_ceil(count);
    let open_one = |(address, channel): (&SocketAddr, &Channel)| {
        open(*address, channel.clone(), count as usize, payments_each)
    };
    try_join_all(addresses.iter().zip(channels).map(open_one)).await
}

/// Opens funded wallets at one operator.
pub(super) async fn open(
    address: SocketAddr,
    channel: Channel,
    count: usize,
    payments_each: u64,
) -> Result<Arc<[String]>, LoadError> {
    let response = WalletServiceClient::new(channel)
        .open_wallets(wire::wallets(count, payments_each))
        .await
        .map_err(CallError::of(address, "OpenWallets"))?
        .into_inner();
    let numbers: Result<Vec<_>, _> =
        response.outcomes.into_iter().map(wire::wallet_number).collect();
    let numbers = numbers.map_err(|message| LoadError::Wallet { address, message })?;
    if numbers.len() == count {
        Ok(numbers.into())
    } else {
        Err(LoadError::Answer {
            address,
            message: format!("{} wallets instead of {count}", numbers.len()),
        })
    }
}
