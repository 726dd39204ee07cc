//! Clients that pay without pause, repeat what was not answered, and remember what they were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::wallet_service_client::WalletServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::{Amount, PaymentId};
use clearing_node::dial::endpoint;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::TortureError;
use crate::call::CallError;
use crate::cluster::{Cluster, Member};
use crate::join::try_join_all;

/// Clients of every operator that pay one at a time.
const CLIENTS_EACH: u64 = 4;
/// Wallets of every operator.
const WALLETS_EACH: usize = 6;
/// What every wallet opens with, in fen.
pub(super) const OPENING_FEN: i64 = 1_000_000_000;
/// Calls of a flood, all at once; more than a queue holds.
const FLOOD_CALLS: usize = 200;

/// What a client asked for, and the final answer if it heard one.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) order: v1::NewPayment,
    pub(super) answer: Option<v1::Payment>,
}

/// What all clients remember.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) asked: BTreeMap<Member, Vec<Asked>>,
    /// The wallets by operator.
    pub(super) wallets: BTreeMap<Member, Vec<String>>,
    /// Calls that met a full queue.
    pub(super) overloaded: u64,
    /// Calls that met no process, or one that went away.
    pub(super) broken: u64,
}

/// The clients at work.
pub(super) struct Clients {
    running: JoinSet<Client>,
    stop: watch::Sender<bool>,
    wallets: BTreeMap<Member, Vec<String>>,
}

/// A client of one operator.
struct Client {
    member: Member,
    channel: Channel,
    payers: Vec<String>,
    payees: Arc<[String]>,
    random: StdRng,
    asked: Vec<Asked>,
    overloaded: u64,
    broken: u64,
}

impl Clients {
    /// Opens the wallets and sets the clients to work.
    pub(super) async fn start(cluster: &Cluster, seed: u64) -> Result<Self, TortureError> {
        let members = cluster.members().into_iter().skip(1);
        let opened = try_join_all(members.map(async |member| {
            let channel = channel(cluster, member)?;
            let wallets = open_wallets(member, channel.clone()).await?;
            Ok::<_, TortureError>((member, channel, wallets))
        }));
        let mut channels = BTreeMap::new();
        let mut wallets = BTreeMap::new();
        for (member, channel, numbers) in opened.await? {
            channels.insert(member, channel);
            wallets.insert(member, numbers);
        }
        let payees: Arc<[String]> = wallets.values().flatten().cloned().collect();
        let mut clients =
            Self { running: JoinSet::new(), stop: watch::Sender::new(false), wallets };
        for (index, (member, channel)) in (0u64..).zip(&channels) {
            for number in 0..=CLIENTS_EACH {
                let client = Client {
                    member: *member,
                    channel: channel.clone(),
                    payers: clients.wallets[member].clone(),
                    payees: Arc::clone(&payees),
                    // Each client has draws of its own, so what one is answered moves no other.
                    random: StdRng::seed_from_u64(seed ^ ((index + 1) << 32) ^ (number + 1)),
                    asked: Vec::new(),
                    overloaded: 0,
                    broken: 0,
                };
                let stop = clients.stop.subscribe();
                if number < CLIENTS_EACH {
                    clients.running.spawn(client.pay_until(stop));
                } else {
                    clients.running.spawn(client.flood_until(stop));
                }
            }
        }
        Ok(clients)
    }

    /// Ends the clients and collects what they remember.
    pub(super) async fn stop(mut self) -> Result<Record, TortureError> {
        self.stop.send_replace(true);
        let mut record = Record { wallets: self.wallets, ..Record::default() };
        while let Some(client) = self.running.join_next().await {
            let client = client?;
            record.asked.entry(client.member).or_default().extend(client.asked);
            record.overloaded += client.overloaded;
            record.broken += client.broken;
        }
        Ok(record)
    }
}

/// Lets a client rest before it asks again, unless all shall stop.
async fn pause(stop: &mut watch::Receiver<bool>, rest: Duration) {
    // Either ends the pause, and so does a torture that is gone.
    let _ = tokio::time::timeout(rest, stop.wait_for(|stop| *stop)).await;
}

impl Client {
    async fn pay_until(mut self, mut stop: watch::Receiver<bool>) -> Self {
        while !*stop.borrow() {
            let order = self.order();
            let mut answer = None;
            // The same order with the same id: a client that heard nothing cannot know whether it
            // was paid.
            while answer.is_none() && !*stop.borrow() {
                let answered = create(self.channel.clone(), order.clone()).await;
                answer = self.note(answered);
                if answer.is_none() {
                    pause(&mut stop, Duration::from_millis(10)).await;
                }
            }
            // Also without an answer: what nobody heard of is asked for at the end.
            self.asked.push(Asked { order, answer });
        }
        self
    }

    /// Sends more at once than a queue holds, and repeats what was refused until it is taken.
    async fn flood_until(mut self, mut stop: watch::Receiver<bool>) -> Self {
        while !*stop.borrow() {
            let mut orders: Vec<_> = (0..FLOOD_CALLS).map(|_| self.order()).collect();
            while !orders.is_empty() && !*stop.borrow() {
                let answers = self.flood(&orders).await;
                let mut left = Vec::new();
                for (order, answer) in orders.into_iter().zip(answers) {
                    match answer {
                        Some(answer) => self.asked.push(Asked { order, answer: Some(answer) }),
                        None => left.push(order),
                    }
                }
                orders = left;
                if !orders.is_empty() {
                    pause(&mut stop, Duration::from_millis(20)).await;
                }
            }
            self.asked.extend(orders.into_iter().map(|order| Asked { order, answer: None }));
            pause(&mut stop, Duration::from_millis(500)).await;
        }
        self
    }

    async fn flood(&mut self, orders: &[v1::NewPayment]) -> Vec<Option<v1::Payment>> {
        let mut calls = JoinSet::new();
        for (index, order) in orders.iter().enumerate() {
            let (channel, order) = (self.channel.clone(), order.clone());
            calls.spawn(async move { (index, create(channel, order).await) });
        }
        let mut answers = vec![None; orders.len()];
        while let Some(done) = calls.join_next().await {
            if let Ok((index, answer)) = done {
                answers[index] = self.note(answer);
            }
        }
        answers
    }

    /// A final answer; everything else is counted and asked for again.
    fn note(&mut self, answer: Result<v1::Payment, tonic::Status>) -> Option<v1::Payment> {
        match answer {
            Ok(payment) => Some(payment).filter(is_final),
            Err(status) => {
                let overloaded = reason_of(&status) == Some(Reason::Overloaded);
                *if overloaded { &mut self.overloaded } else { &mut self.broken } += 1;
                None
            }
        }
    }

    fn order(&mut self) -> v1::NewPayment {
        let payer = self.payers[self.random.random_range(0..self.payers.len())].clone();
        let payee = loop {
            let payee = &self.payees[self.random.random_range(0..self.payees.len())];
            if *payee != payer {
                break payee.clone();
            }
        };
        let amount = Amount::from_fen(self.random.random_range(1..10_000)).unwrap_or_default();
        v1::NewPayment {
            request_id: PaymentId(self.random.random()).to_string(),
            payer_wallet: payer,
            payee: Some(v1::new_payment::Payee::PayeeWallet(payee)),
            amount: amount.to_string(),
            ..Default::default()
        }
    }
}

/// Whether nothing will change any more.
pub(super) fn is_final(payment: &v1::Payment) -> bool {
    use v1::payment::State;
    matches!(payment.state(), State::Completed | State::Rejected | State::Returned)
}

/// Asks for a payment; the same order may be asked for again and again.
pub(super) async fn create(
    channel: Channel,
    order: v1::NewPayment,
) -> Result<v1::Payment, tonic::Status> {
    let request = v1::CreatePaymentRequest { payment: Some(order), wait_ms: Some(1_000) };
    let answer = PaymentServiceClient::new(channel).create_payment(request).await?;
    answer
        .into_inner()
        .payment
        .ok_or_else(|| tonic::Status::internal("an answer without a payment"))
}

/// A channel to a process, which may be away for a while.
pub(super) fn channel(cluster: &Cluster, member: Member) -> Result<Channel, TortureError> {
    let endpoint = endpoint(cluster.address(member)?).map_err(|error| {
        CallError::of(member, "connect")(tonic::Status::internal(error.to_string()))
    })?;
    Ok(endpoint.timeout(Duration::from_secs(10)).connect_lazy())
}

async fn open_wallets(member: Member, channel: Channel) -> Result<Vec<String>, TortureError> {
    let mut client = WalletServiceClient::new(channel);
    let mut numbers = Vec::new();
    for _ in 0..WALLETS_EACH {
        let request = v1::OpenWalletRequest {
            kind: v1::WalletKind::Corporate.into(),
            holder: Some(v1::Holder { name: "torture".to_owned(), ..Default::default() }),
            opening_amount: Amount::from_fen(OPENING_FEN).unwrap_or_default().to_string(),
            ..Default::default()
        };
        let opened =
            client.open_wallet(request).await.map_err(CallError::of(member, "OpenWallet"))?;
        numbers.extend(opened.into_inner().wallet.map(|wallet| wallet.wallet_number));
    }
    Ok(numbers)
}
