//! An operator as its clients see it.

use std::sync::atomic::{AtomicU64, Ordering};

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::wallet_family_service_client::WalletFamilyServiceClient;
use clearing_api::v1::wallet_profile_service_client::WalletProfileServiceClient;
use clearing_api::v1::wallet_service_client::WalletServiceClient;
use clearing_domain::money::{Prefix, WalletKind, WalletNumber};
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// The longest wait the interface allows.
const WAIT_MS: u32 = 60_000;

/// The services of an operator.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) wallets: WalletServiceClient<Channel>,
    pub(crate) families: WalletFamilyServiceClient<Channel>,
    pub(crate) profiles: WalletProfileServiceClient<Channel>,
    pub(crate) payments: PaymentServiceClient<Channel>,
}

/// A request id that no other request of this test has.
pub(crate) fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("request-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A well-formed number that the operator of a prefix has not given out.
pub(crate) fn unknown_wallet(prefix: u16) -> String {
    let number = WalletNumber::new(
        Prefix::new(prefix).unwrap(),
        WalletKind::Personal,
        WalletNumber::SERIAL_MAX,
    );
    number.unwrap().to_string()
}

/// An order to pay a wallet.
pub(crate) fn order(payer: &str, payee: &str, amount: &str) -> v1::NewPayment {
    v1::NewPayment {
        request_id: request_id(),
        payer_wallet: payer.to_owned(),
        payee: Some(Payee::PayeeWallet(payee.to_owned())),
        amount: amount.to_owned(),
        ..Default::default()
    }
}

/// Where a payment stands and why, as in "RETURNED NET_DEBIT_CAP".
pub(crate) fn ending(payment: &v1::Payment) -> String {
    let state = payment.state().as_str_name().trim_start_matches("STATE_");
    if payment.reason() == v1::ErrorReason::Unspecified {
        return state.to_owned();
    }
    format!("{state} {}", payment.reason().as_str_name().trim_start_matches("ERROR_REASON_"))
}

impl Operator {
    /// The operator that serves at a URL.
    pub(crate) fn at(url: &str) -> Self {
        Self::new(Endpoint::from_shared(url.to_owned()).unwrap().connect_lazy())
    }

    pub(super) fn new(channel: Channel) -> Self {
        Self {
            wallets: WalletServiceClient::new(channel.clone()),
            families: WalletFamilyServiceClient::new(channel.clone()),
            profiles: WalletProfileServiceClient::new(channel.clone()),
            payments: PaymentServiceClient::new(channel),
        }
    }

    /// Opens a wallet without limits that holds an amount.
    pub(crate) async fn open(&self, amount: &str) -> String {
        self.open_class(1, amount).await
    }

    /// Opens a personal wallet of a class that holds an amount; its holder has shown everything.
    pub(crate) async fn open_class(&self, class: u32, amount: &str) -> String {
        let holder = v1::Holder {
            phone_number: "13912345678".to_owned(),
            // Every wallet is that of another person, who has no other one here.
            identity_document: request_id(),
            bank_account: "6222020200112233445".to_owned(),
            face_to_face: true,
            name: String::new(),
        };
        let request = v1::OpenWalletRequest {
            kind: v1::WalletKind::Personal.into(),
            wallet_class: Some(class),
            holder: Some(holder),
            opening_amount: amount.to_owned(),
            ..Default::default()
        };
        let opened = self.wallets.clone().open_wallet(request).await.unwrap();
        opened.into_inner().wallet.unwrap().wallet_number
    }

    /// Opens an empty wallet of a legal entity or a merchant.
    pub(crate) async fn open_kind(&self, kind: v1::WalletKind) -> String {
        let holder = v1::Holder { name: "A name".to_owned(), ..Default::default() };
        let request =
            v1::OpenWalletRequest { kind: kind.into(), holder: Some(holder), ..Default::default() };
        let opened = self.wallets.clone().open_wallet(request).await.unwrap();
        opened.into_inner().wallet.unwrap().wallet_number
    }

    pub(crate) async fn wallet(&self, number: &str) -> v1::Wallet {
        let request = v1::GetWalletRequest { wallet_number: number.to_owned() };
        self.wallets.clone().get_wallet(request).await.unwrap().into_inner().wallet.unwrap()
    }

    pub(crate) async fn balance(&self, number: &str) -> String {
        self.wallet(number).await.balance
    }

    /// Every wallet, page by page.
    pub(crate) async fn all_wallets(&self) -> Vec<v1::Wallet> {
        let (mut wallets, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListWalletsRequest { page_size: 1000, page_token };
            let page = self.wallets.clone().list_wallets(request).await.unwrap().into_inner();
            wallets.extend(page.wallets);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return wallets;
            }
        }
    }

    /// Every payment submitted here, page by page.
    pub(crate) async fn all_payments(&self) -> Vec<v1::Payment> {
        let (mut payments, mut page_token) = (Vec::new(), String::new());
        loop {
            let request =
                v1::ListPaymentsRequest { page_size: 1000, page_token, ..Default::default() };
            let page = self.payments.clone().list_payments(request).await.unwrap().into_inner();
            payments.extend(page.payments);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return payments;
            }
        }
    }

    /// Pays and waits for the end.
    pub(crate) async fn pay(&self, order: v1::NewPayment) -> v1::Payment {
        self.try_pay(order).await.unwrap()
    }

    /// Pays, waits for the end and says what became of it, as in "COMPLETED".
    pub(crate) async fn pay_to_end(&self, payer: &str, payee: &str, amount: &str) -> String {
        ending(&self.pay(order(payer, payee, amount)).await)
    }

    pub(crate) async fn try_pay(&self, order: v1::NewPayment) -> Result<v1::Payment, Status> {
        self.pay_within(order, WAIT_MS).await
    }

    pub(crate) async fn pay_within(
        &self,
        order: v1::NewPayment,
        wait_ms: u32,
    ) -> Result<v1::Payment, Status> {
        let request = v1::CreatePaymentRequest { payment: Some(order), wait_ms: Some(wait_ms) };
        let answer = self.payments.clone().create_payment(request).await?;
        Ok(answer.into_inner().payment.unwrap())
    }

    pub(crate) async fn pay_batch(
        &self,
        payments: Vec<v1::NewPayment>,
    ) -> Result<Vec<v1::PaymentOutcome>, Status> {
        let request = v1::CreatePaymentsRequest { payments, wait_ms: Some(WAIT_MS) };
        Ok(self.payments.clone().create_payments(request).await?.into_inner().outcomes)
    }

    pub(crate) async fn payment(&self, id: &str) -> Result<v1::Payment, Status> {
        Ok(self.parts(id).await?.payment.unwrap())
    }

    /// A payment, and what a campaign of this operator pays of it.
    pub(crate) async fn parts(&self, id: &str) -> Result<v1::GetPaymentResponse, Status> {
        let request = v1::GetPaymentRequest { payment_id: id.to_owned() };
        Ok(self.payments.clone().get_payment(request).await?.into_inner())
    }

    pub(crate) async fn exchange_out(
        &self,
        wallet: &str,
        amount: &str,
    ) -> Result<v1::Wallet, Status> {
        let request = v1::ExchangeOutRequest {
            request_id: request_id(),
            wallet_number: wallet.to_owned(),
            amount: amount.to_owned(),
            bank_account: String::new(),
        };
        Ok(self.wallets.clone().exchange_out(request).await?.into_inner().wallet.unwrap())
    }

    pub(crate) async fn exchange_back(
        &self,
        wallet: &str,
        amount: &str,
    ) -> Result<v1::Wallet, Status> {
        let request = v1::ExchangeBackRequest {
            request_id: request_id(),
            wallet_number: wallet.to_owned(),
            amount: amount.to_owned(),
            bank_account: String::new(),
        };
        Ok(self.wallets.clone().exchange_back(request).await?.into_inner().wallet.unwrap())
    }

    pub(crate) async fn freeze(
        &self,
        wallet: &str,
        receive_only: bool,
    ) -> Result<v1::Wallet, Status> {
        let request = v1::FreezeWalletRequest { wallet_number: wallet.to_owned(), receive_only };
        Ok(self.wallets.clone().freeze_wallet(request).await?.into_inner().wallet.unwrap())
    }

    pub(crate) async fn close(&self, wallet: &str) -> Result<v1::Wallet, Status> {
        let request = v1::CloseWalletRequest { wallet_number: wallet.to_owned() };
        Ok(self.wallets.clone().close_wallet(request).await?.into_inner().wallet.unwrap())
    }

    pub(crate) async fn link_alias(
        &self,
        wallet: &str,
        alias: &str,
        replace: bool,
    ) -> Result<(), Status> {
        let request = v1::LinkAliasRequest {
            wallet_number: wallet.to_owned(),
            alias: alias.to_owned(),
            replace,
        };
        let linked = self.wallets.clone().link_alias(request).await?.into_inner();
        assert_eq!((linked.alias.as_str(), linked.wallet_number.as_str()), (alias, wallet));
        Ok(())
    }
}
