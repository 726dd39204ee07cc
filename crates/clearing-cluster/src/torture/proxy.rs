//! A network between an operator and the central bank that can be cut, stalled one way and slowed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// Carries everything.
    Whole,
    /// Carries nothing: connections break and new ones are refused.
    Cut,
    /// Carries only what the central bank says.
    OperatorUnheard,
    /// Carries only what the operator says.
    OperatorDeaf,
    /// Carries everything, late.
    Slow(Duration),
}

/// Which way bytes flow.
#[derive(Clone, Copy)]
enum Way {
    ToCentralBank,
    ToOperator,
}

/// A proxy in front of the central bank for one operator.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    network: watch::Sender<Network>,
}

impl Proxy {
    /// Listens on a free port and carries connections to the central bank.
    pub(super) async fn start(central_bank: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let network = watch::Sender::new(Network::Whole);
        tokio::spawn(accept(listener, central_bank, network.subscribe()));
        Ok(Self { address, network })
    }

    /// Changes the network from now on.
    pub(super) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn accept(
    listener: TcpListener,
    central_bank: SocketAddr,
    network: watch::Receiver<Network>,
) {
    while let Ok((operator, _)) = listener.accept().await {
        // Dropping the connection is the refusal.
        if *network.borrow() != Network::Cut {
            tokio::spawn(carry(operator, central_bank, network.clone()));
        }
    }
}

/// Carries one connection until either side ends it or the network is cut.
async fn carry(
    operator: TcpStream,
    central_bank: SocketAddr,
    mut network: watch::Receiver<Network>,
) {
    let Ok(central_bank) = TcpStream::connect(central_bank).await else { return };
    // What cannot be set only costs time.
    let _ = (operator.set_nodelay(true), central_bank.set_nodelay(true));
    let ((from_operator, to_operator), (from_central_bank, to_central_bank)) =
        (operator.into_split(), central_bank.into_split());
    let there = copy(from_operator, to_central_bank, Way::ToCentralBank, network.clone());
    let back = copy(from_central_bank, to_operator, Way::ToOperator, network.clone());
    tokio::select! {
        _ = there => {}
        _ = back => {}
        _ = network.wait_for(|network| *network == Network::Cut) => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: Way,
    mut network: watch::Receiver<Network>,
) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        // Bytes that were read wait here instead of being lost: TCP loses none, it delivers late or
        // breaks.
        let carries =
            network.wait_for(|network| !blocks(*network, way)).await.map(|network| *network);
        if let Ok(Network::Slow(delay)) = carries {
            tokio::time::sleep(delay).await;
        }
        to.write_all(&bytes[..count]).await?;
    }
}

fn blocks(network: Network, way: Way) -> bool {
    match (network, way) {
        (Network::OperatorUnheard, Way::ToCentralBank)
        | (Network::OperatorDeaf, Way::ToOperator) => true,
        (Network::Whole | Network::Cut | Network::Slow(_), _)
        | (Network::OperatorUnheard, Way::ToOperator)
        | (Network::OperatorDeaf, Way::ToCentralBank) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An echo in place of the central bank.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> io::Result<u8> {
        stream.write_all(&[7]).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn a_whole_network_carries_a_cut_one_breaks_and_a_stalled_one_delivers_later() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(ask(&mut stream).await.unwrap(), 7);
        proxy.set(Network::OperatorDeaf);
        stream.write_all(&[8]).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await.is_err());
        proxy.set(Network::Whole);
        assert_eq!(stream.read_u8().await.unwrap(), 8);
        proxy.set(Network::Cut);
        assert!(stream.read_u8().await.is_err());
        let mut refused = TcpStream::connect(proxy.address).await.unwrap();
        assert!(ask(&mut refused).await.is_err());
    }
}
