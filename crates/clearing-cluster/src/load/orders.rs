//! Which payments a lane submits: every wallet pays in turn.

use std::sync::Arc;

use clearing_domain::money::PaymentId;

/// One payment to submit.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) request_id: String,
    pub(super) payer: String,
    pub(super) payee: String,
}

/// The payments of a lane, in order.
#[derive(Debug)]
pub(super) struct Orders {
    run: u64,
    lane: u32,
    payers: Arc<[String]>,
    payees: Arc<[String]>,
    next: u64,
    quota: u64,
    random_ids: bool,
}

impl Orders {
    pub(super) fn new(
        run: u64,
        lane: u32,
        payers: Arc<[String]>,
        payees: Arc<[String]>,
        quota: u64,
    ) -> Self {
        Self { run, lane, payers, payees, next: 0, quota, random_ids: false }
    }

    /// The same with random request ids, when asked for.
    pub(super) fn with_random_ids(self, random_ids: bool) -> Self {
        Self { random_ids, ..self }
    }

    /// How many are left.
    pub(super) fn left(&self) -> u64 {
        self.quota - self.next
    }

    /// The next payments, at most so many.
    pub(super) fn take_up_to(&mut self, count: usize) -> Vec<Order> {
        self.by_ref().take(count).collect()
    }

    /// A UUID: the run, the lane and the number; or a random one of version 4.
    fn request_id(&self) -> String {
        if self.random_ids {
            let mut bytes: [u8; 16] = rand::random();
            bytes[6] = 0x40 | bytes[6] & 0x0f;
            bytes[8] = 0x80 | bytes[8] & 0x3f;
            return PaymentId(bytes).to_string();
        }
        let mut bytes = [0; 16];
        // The number is at the end, so ids ascend in time within a lane, as those of careful
        // clients do.
        bytes[..8].copy_from_slice(&self.run.to_be_bytes());
        bytes[8..10].copy_from_slice(&self.lane.to_be_bytes()[2..]);
        bytes[10..].copy_from_slice(&self.next.to_be_bytes()[2..]);
        PaymentId(bytes).to_string()
    }
}

impl Iterator for Orders {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        if self.left() == 0 {
            return None;
        }
        let turn = self.next as usize;
        let order = Order {
            request_id: self.request_id(),
            payer: self.payers[turn % self.payers.len()].clone(),
            // One further on, so that wallets of one operator never pay themselves.
            payee: self.payees[(turn + 1) % self.payees.len()].clone(),
        };
        self.next += 1;
        Some(order)
    }
}

/// Tells the requests of one load from those of every other.
pub(super) fn run_nonce() -> u64 {
    rand::random()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Orders;

    #[test]
    fn request_ids_differ_and_nobody_pays_himself() {
        let wallets: std::sync::Arc<[String]> = ["a", "b", "c"].map(str::to_owned).into();
        let lane = |lane| Orders::new(7, lane, wallets.clone(), wallets.clone(), 10);
        let orders: Vec<_> = lane(0).chain(lane(1).with_random_ids(true)).collect();
        let ids: HashSet<_> = orders.iter().map(|order| &order.request_id).collect();
        assert_eq!((orders.len(), ids.len()), (20, 20));
        assert!(orders.iter().all(|order| order.payer != order.payee));
        let mut lane = lane(2);
        assert_eq!(
            (lane.take_up_to(7).len(), lane.left(), lane.take_up_to(7).len(), lane.left()),
            (7, 3, 3, 0)
        );
    }
}
