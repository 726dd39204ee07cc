//! The process of an operator: its services over the rules of `clearing_domain::operator`.

mod aliases;
mod campaign_orders;
mod card_orders;
mod charges;
mod claims;
mod contract_orders;
mod contracts;
mod directory;
mod keys;
mod link;
mod loan_orders;
mod loans;
mod merchants;
mod node;
mod orders;
mod payroll_orders;
mod proof;
mod questions;
mod relay;
mod release;
mod services;
pub mod store;
mod uploads;
mod view;
mod waiters;
mod wallet_orders;
mod wealth_orders;

use std::future::pending;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clearing_api::settlement_mode;
use clearing_api::v1::bill_service_server::{self, BillServiceServer};
use clearing_api::v1::campaign_service_server::{self, CampaignServiceServer};
use clearing_api::v1::contract_service_server::{self, ContractServiceServer};
use clearing_api::v1::experiment_service_server::{self, ExperimentServiceServer};
use clearing_api::v1::indirect_participant_service_server::{
    self, IndirectParticipantServiceServer,
};
use clearing_api::v1::loan_service_server::{self, LoanServiceServer};
use clearing_api::v1::offline_service_server::{self, OfflineServiceServer};
use clearing_api::v1::payment_code_service_server::{self, PaymentCodeServiceServer};
use clearing_api::v1::payment_service_server::{self, PaymentServiceServer};
use clearing_api::v1::payroll_service_server::{self, PayrollServiceServer};
use clearing_api::v1::wallet_family_service_server::{self, WalletFamilyServiceServer};
use clearing_api::v1::wallet_profile_service_server::{self, WalletProfileServiceServer};
use clearing_api::v1::wallet_service_server::{self, WalletServiceServer};
use clearing_api::v1::wealth_service_server::{self, WealthServiceServer};
use clearing_config::ClusterConfig;
use clearing_domain::money::OperatorCode;
use clearing_domain::operator::{OperatorLedger, OperatorSettings};
use clearing_node::dial::endpoint_at;
use clearing_node::process::{self, Assembly, Process, Tier};
use clearing_node::secret::SecretSource;
use clearing_node::serve::{MESSAGE_BYTES_MAX, ServeOptions};
use clearing_node::{NodeError, clock, key_file};
use tokio::sync::oneshot;
use tonic::service::Routes;
use tonic::transport::Channel;

use aliases::Aliases;
use directory::Directory;
use keys::Keys;
use link::{LinkSender, LinkTask};
use node::{Node, Watching};
use proof::Proof;
use relay::Relay;
use release::{Opening, OperatorRelease};
use services::{
    Bills, Campaigns, Codes, Experiments, Families, HardWallets, IndirectParticipants, Loans,
    Payments, Payrolls, PrepaidContracts, Profiles, Wallets, WealthProducts,
};
use store::OperatorTables;
use waiters::Waiters;

/// Serves an operator until a stop is requested. The secret of its link is in `secret_file`, or in
/// one of the places of [`SecretSource`].
pub async fn serve(
    code: OperatorCode,
    central_bank: String,
    secret_file: Option<PathBuf>,
    options: ServeOptions,
) -> Result<(), NodeError> {
    // The address and the configuration are checked before the folder is touched.
    let channel = dial(&central_bank)?;
    let settings = options.config.operator_settings(code)?;
    process::run(Operator { settings, channel, secret_file }, options).await
}

/// The tier of the operators.
struct Operator {
    settings: OperatorSettings,
    /// Leads to the central bank.
    channel: Channel,
    secret_file: Option<PathBuf>,
}

impl Tier for Operator {
    type Tables = OperatorTables;
    type Release = OperatorRelease;
    type Node = Node;
    const SERVICES: &'static [&'static str] = &[
        wallet_service_server::SERVICE_NAME,
        wallet_family_service_server::SERVICE_NAME,
        wallet_profile_service_server::SERVICE_NAME,
        payment_service_server::SERVICE_NAME,
        bill_service_server::SERVICE_NAME,
        payment_code_service_server::SERVICE_NAME,
        campaign_service_server::SERVICE_NAME,
        contract_service_server::SERVICE_NAME,
        loan_service_server::SERVICE_NAME,
        payroll_service_server::SERVICE_NAME,
        wealth_service_server::SERVICE_NAME,
        offline_service_server::SERVICE_NAME,
        indirect_participant_service_server::SERVICE_NAME,
        experiment_service_server::SERVICE_NAME,
    ];

    fn tables(&self, _: &ClusterConfig) -> OperatorTables {
        OperatorTables::new(self.settings)
    }

    fn assemble(
        self,
        ledger: &mut OperatorLedger,
        process: &Process<'_, OperatorLedger>,
    ) -> Result<Assembly<Self>, NodeError> {
        let Self { settings, channel, secret_file } = self;
        let (code, config) = (settings.code, &process.config);
        tracing::info!(%code, wallets = ledger.wallets().len(), payments = ledger.payments().len(), "ledger loaded");
        let own_key = key_file::open(&process.data_dir.root().join(key_file::PHONE_KEY))?;
        ledger.limit_refusals(config.refusals);
        ledger.list_participants(config.indirect(code));
        let source = SecretSource::new(secret_file, process.data_dir, code);
        let keys = Keys::new(own_key, source.beside(key_file::IDENTITY_KEY));
        let secret = config.link_secrets.then_some(source);
        let sender = Arc::<LinkSender>::default();
        let proof = Proof { code, secret: secret.clone() };
        let streams = config.transport.streams;
        let watching = Arc::new(Watching::start(&config.transport));
        let refusals = Arc::clone(&watching.refusals);
        let node = Node {
            ledger: process.ledger.clone(),
            waiters: Arc::<Waiters>::default(),
            watching,
            campaigns: Arc::new(node::CampaignHub::new(config.transport.subscribers, refusals)),
            asks_for_traits: Arc::default(),
            directory: Directory::new(channel.clone(), proof.clone()),
            relay: Relay::new(channel.clone(), proof, process.stopping.clone(), streams),
            aliases: Arc::<Aliases>::default(),
            mode: Arc::new(Mutex::new(settlement_mode::show(config.mode))),
            keys,
            settings,
            config: Arc::clone(config),
            started_at: process.started_at,
            stopping: process.stopping.clone(),
        };
        let (opened, wait) = oneshot::channel();
        let release = OperatorRelease {
            link: Arc::clone(&sender),
            waiters: Arc::clone(&node.waiters),
            watching: Arc::clone(&node.watching),
            campaigns: Arc::clone(&node.campaigns),
            asks_for_traits: Arc::clone(&node.asks_for_traits),
            opening: Opening { with_money: config.opens_with_money(code), opened: Some(opened) },
        };
        let link = LinkTask::new(&node, sender, channel, secret, process.data_dir.ledger());
        Ok(Assembly {
            release,
            routes: routes(&node),
            link_proven: false,
            link_refused: link.refused.subscribe(),
            ready: Box::pin(ready(!ledger.roster().is_empty(), wait)),
            fault: Box::pin(link.run()),
            beside: Box::pin(keep(node.clone())),
            node,
        })
    }
}

/// Waits until the operator can serve. One that has been linked once serves payments within itself
/// without the central bank, so it is ready at once; a new one needs the roster and its opening
/// money.
async fn ready(linked_before: bool, opened: oneshot::Receiver<()>) {
    if !linked_before && opened.await.is_err() {
        // The ledger stopped before the operator was opened; the process ends for that reason.
        pending().await
    }
}

/// Keeps the clock of the ledger, gives up the aliases of closed wallets, and tells other operators
/// which loans are paid out.
async fn keep(node: Node) {
    tokio::join!(
        clock::keep(node.ledger.clone()),
        node.clone().give_up_aliases(),
        node.announce_loans()
    );
}

fn routes(node: &Node) -> Routes {
    Routes::new(
        WalletServiceServer::new(Wallets(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        WalletFamilyServiceServer::new(Families(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        WalletProfileServiceServer::new(Profiles(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        PaymentServiceServer::new(Payments(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        BillServiceServer::new(Bills(node.clone())).max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        PaymentCodeServiceServer::new(Codes(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        CampaignServiceServer::new(Campaigns(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        OfflineServiceServer::new(HardWallets(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        ContractServiceServer::new(PrepaidContracts(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        LoanServiceServer::new(Loans(node.clone())).max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        WealthServiceServer::new(WealthProducts(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        PayrollServiceServer::new(Payrolls(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        IndirectParticipantServiceServer::new(IndirectParticipants(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        ExperimentServiceServer::new(Experiments(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
}

/// A channel to the central bank that connects at its first use, and again when it breaks.
fn dial(central_bank: &str) -> Result<Channel, NodeError> {
    let malformed = || NodeError::Address { address: central_bank.to_owned() };
    if !central_bank.starts_with("http://") {
        return Err(malformed());
    }
    Ok(endpoint_at(central_bank.to_owned()).map_err(|_| malformed())?.connect_lazy())
}
