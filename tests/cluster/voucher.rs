//! Payments of which a campaign of another operator pays a part, while its process is killed.

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

#[tokio::test]
async fn a_campaign_elsewhere_pays_its_part_once_although_its_process_is_killed() {
    let mut cluster = TestCluster::start(operators(4)).await;
    let [icbc, boc, ccb] = ["ICBC", "BOC", "CCB"].map(|code| cluster.operator(code));
    let [payer, merchant] = [icbc.open("1000.00").await, boc.open("0.00").await];
    let pool = ccb.open("100.00").await;
    let balances = async || {
        [icbc.balance(&payer).await, boc.balance(&merchant).await, ccb.balance(&pool).await]
    };

    let paid = icbc.pay(with(order(&payer, &merchant, "100.00"), &pool, "30.00")).await;
    assert_eq!((ending(&paid).as_str(), paid.amount.as_str()), ("COMPLETED", "100.00"));
    assert_eq!(paid.voucher.unwrap().discount, "30.00");
    let seen = boc.payment(&paid.payment_id).await.unwrap();
    assert_eq!(seen.voucher.unwrap().campaign_wallet, pool);
    assert_eq!(balances().await, ["930.00", "100.00", "70.00"]);

    cluster.processes().kill(member("CCB")).await.unwrap();
    let asked = with(order(&payer, &merchant, "50.00"), &pool, "20.00");
    let waits = icbc.pay_within(asked, 0).await.unwrap();
    assert_eq!(waits.state(), IN_TRANSIT);
    cluster.processes().restart(member("CCB")).await.unwrap();
    assert_eq!(ending(&end_of(&icbc, &waits.payment_id).await), "COMPLETED");
    let ccb = cluster.operator("CCB");
    let left = [icbc.balance(&payer).await, boc.balance(&merchant).await, ccb.balance(&pool).await];
    assert_eq!(left, ["900.00", "150.00", "50.00"]);

    let declined = icbc.pay(with(order(&payer, &merchant, "90.00"), &pool, "50.01")).await;
    assert_eq!(ending(&declined), "RETURNED POOL_INSUFFICIENT");
    let refused = icbc.try_pay(with(order(&payer, &merchant, "90.00"), &pool, "90.00")).await;
    assert_eq!(refusal(refused).reason, Reason::VoucherInvalid);
    cluster.finish().await;
}
