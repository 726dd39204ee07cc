//! Wallets as messages of the interface.

use clearing_api::enums::WireEnum as _;
use clearing_api::v1;
use clearing_api::v1::open_wallet_outcome::Outcome;
use clearing_domain::money::WalletKind;

use crate::workload::WalletPlan;

/// The most wallets one message opens.
pub(super) const WALLETS_MAX: usize = 1000;

/// Asks for wallets. The number that is due names the request, so that a repeat opens nothing.
pub(super) fn open_wallets(plans: &[WalletPlan]) -> v1::OpenWalletsRequest {
    v1::OpenWalletsRequest { wallets: plans.iter().map(open_wallet).collect() }
}

fn open_wallet(plan: &WalletPlan) -> v1::OpenWalletRequest {
    let number = plan.number.to_string();
    let kind = plan.number.kind();
    v1::OpenWalletRequest {
        kind: v1::WalletKind::of(kind).into(),
        wallet_class: Some(u32::from(plan.class)),
        holder: Some(holder(kind, &number)),
        opening_amount: if plan.opening.fen() > 0 {
            plan.opening.to_string()
        } else {
            String::new()
        },
        // The number that is due is the request id, so a repeat after a crash opens nothing twice.
        request_id: number,
        merchant_traits: None,
        participant: plan.participant.map_or_else(String::new, |code| code.to_string()),
    }
}

/// People have shown everything, legal entities have a name.
fn holder(kind: WalletKind, number: &str) -> v1::Holder {
    match kind {
        WalletKind::Personal | WalletKind::Hard => v1::Holder {
            phone_number: number.to_owned(),
            identity_document: number.to_owned(),
            bank_account: number.to_owned(),
            face_to_face: true,
            name: String::new(),
        },
        WalletKind::Corporate
        | WalletKind::Merchant
        | WalletKind::Government
        | WalletKind::Operator => {
            v1::Holder { name: format!("holder of {number}"), ..v1::Holder::default() }
        }
    }
}

/// Checks that a batch of wallets got the numbers that were due; the error says what came instead.
pub(super) fn check_opened(
    plans: &[WalletPlan],
    response: v1::OpenWalletsResponse,
) -> Result<(), String> {
    if response.outcomes.len() != plans.len() {
        return Err(format!(
            "{} wallets where {} were asked for",
            response.outcomes.len(),
            plans.len()
        ));
    }
    plans.iter().zip(response.outcomes).try_for_each(|(plan, outcome)| match outcome.outcome {
        Some(Outcome::Wallet(wallet)) if wallet.wallet_number == plan.number.to_string() => Ok(()),
        Some(Outcome::Wallet(wallet)) => {
            Err(format!("wallet {} where {} was due", wallet.wallet_number, plan.number))
        }
        Some(Outcome::Error(error)) => Err(format!("no wallet {}: {}", plan.number, error.message)),
        None => Err(format!("nothing for wallet {}", plan.number)),
    })
}
