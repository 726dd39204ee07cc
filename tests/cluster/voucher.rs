//! Payments of which a wallet of another operator shall pay a part, while its process is killed.

use clearing_api::v1;
use clearing_api::v1::payment::State;
use clearing_domain::Reason;

use crate::support::{DEADLINE, Operator, TestCluster, ending, member, operators, order, refusal};

const IN_TRANSIT: State = State::InTransit;

/// An order of which a campaign pays a part.
fn with(order: v1::NewPayment, campaign: &str, discount: &str) -> v1::NewPayment {
    let (campaign_wallet, discount) = (campaign.to_owned(), discount.to_owned());
    v1::NewPayment { voucher: Some(v1::Voucher { campaign_wallet, discount }), ..order }
}

/// Asks until a payment has ended.
async fn end_of(operator: &Operator, id: &str) -> v1::Payment {
    let asked = async {
        loop {
            let payment = operator.payment(id).await.unwrap();
            if payment.state() != IN_TRANSIT {
                return payment;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, asked).await.expect("the payment never ends")
}

/// Whoever pays names the campaign, so a wallet that is no pool of one must never be debited.
#[tokio::test]
async fn a_wallet_that_is_no_pool_pays_nothing_although_its_process_is_killed() {
    let mut cluster = TestCluster::start(operators(4)).await;
    let [icbc, boc, ccb] = ["ICBC", "BOC", "CCB"].map(|code| cluster.operator(code));
    let [payer, merchant] = [icbc.open("1000.00").await, boc.open("0.00").await];
    let stranger = ccb.open("100.00").await;
    let declined = icbc.pay(with(order(&payer, &merchant, "100.00"), &stranger, "30.00")).await;
    assert_eq!(ending(&declined), "RETURNED CAMPAIGN_UNKNOWN");
    assert_eq!(declined.voucher.unwrap().discount, "30.00");

    cluster.processes().kill(member("CCB")).await.unwrap();
    let asked = with(order(&payer, &merchant, "50.00"), &stranger, "20.00");
    let waits = icbc.pay_within(asked, 0).await.unwrap();
    assert_eq!(waits.state(), IN_TRANSIT);
    cluster.processes().restart(member("CCB")).await.unwrap();
    let ended = end_of(&icbc, &waits.payment_id).await;
    assert_eq!(ending(&ended), "RETURNED CAMPAIGN_UNKNOWN");
    let ccb = cluster.operator("CCB");
    let left =
        [icbc.balance(&payer).await, boc.balance(&merchant).await, ccb.balance(&stranger).await];
    assert_eq!(left, ["1000.00", "0.00", "100.00"]);

    let own = icbc.open("10.00").await;
    let rejected = icbc.pay(with(order(&payer, &merchant, "90.00"), &own, "5.00")).await;
    assert_eq!(ending(&rejected), "REJECTED CAMPAIGN_UNKNOWN");
    let refused = icbc.try_pay(with(order(&payer, &merchant, "90.00"), &stranger, "90.00")).await;
    assert_eq!(refusal(refused).reason, Reason::VoucherInvalid);
    cluster.finish().await;
}
