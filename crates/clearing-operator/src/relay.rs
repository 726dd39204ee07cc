//! Questions of this operator to others, through the central bank.

use std::sync::Arc;
use std::time::Duration;

use clearing_api::status;
use clearing_api::v1;
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_domain::money::Prefix;
use clearing_node::serve::Stopping;
use dashmap::DashMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::directory::passed_on;
use crate::proof::Proof;

/// The most questions under way. The connection that they share with the calls to the directory has
/// room for about twice as many calls.
const ASKED_MAX: u32 = 120;
/// The part of them that may be under way to one operator: one that is slow leaves room for others.
const PART_OF_ONE: u32 = 4;
/// How long a question waits for a place, so that a rush is smoothed and not refused.
const PLACE_WAITS: Duration = Duration::from_secs(1);
/// How long a stopping process waits for an answer.
const STOPPING_WAITS: Duration = Duration::from_millis(500);

/// Asks other operators.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    proof: Proof,
    client: InterbankServiceClient<Channel>,
    stopping: Stopping,
    places: Arc<Places>,
}

/// The places for questions under way.
#[derive(Debug)]
struct Places {
    all: Semaphore,
    of_one: usize,
    of_each: DashMap<Prefix, Arc<Semaphore>>,
}

impl Places {
    /// Half of the calls that a connection may have at once are left to others.
    fn new(streams: u32) -> Self {
        let all = ASKED_MAX.min(streams / 2).max(1);
        let size = |places: u32| usize::try_from(places).unwrap_or(usize::MAX);
        Self {
            all: Semaphore::new(size(all)),
            of_one: size((all / PART_OF_ONE).max(1)),
            of_each: DashMap::new(),
        }
    }

    /// A place of one operator, and then one of all: who waits for an operator that is slow must
    /// not keep a place from the others.
    async fn occupy<'a>(
        &'a self,
        of_one: &'a Semaphore,
    ) -> Option<(SemaphorePermit<'a>, SemaphorePermit<'a>)> {
        let one = of_one.acquire().await.ok()?;
        Some((one, self.all.acquire().await.ok()?))
    }

    fn of(&self, prefix: Prefix) -> Arc<Semaphore> {
        let of_one = || Arc::new(Semaphore::new(self.of_one));
        Arc::clone(&self.of_each.entry(prefix).or_insert_with(of_one))
    }
}

impl Relay {
    /// Asks over a channel to the central bank that has so many calls at once.
    pub(crate) fn new(channel: Channel, proof: Proof, stopping: Stopping, streams: u32) -> Self {
        let client = InterbankServiceClient::new(channel);
        Self { proof, client, stopping, places: Arc::new(Places::new(streams)) }
    }

    /// The proof of this operator.
    pub(crate) fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The client of the central bank's end.
    pub(crate) fn client(&self) -> InterbankServiceClient<Channel> {
        self.client.clone()
    }

    /// Asks the operator of a prefix, which may take so long to answer. A question without an answer
    /// may have been answered all the same, so what it does must be the same when it is asked again.
    pub(crate) async fn ask(
        &self,
        prefix: Prefix,
        question: v1::question::Kind,
        wait_ms: u32,
    ) -> Result<v1::answer::Kind, Status> {
        let of_one = self.places.of(prefix);
        let places = tokio::time::timeout(PLACE_WAITS, self.places.occupy(&of_one)).await;
        let full = || status::overloaded("list of questions to other operators");
        let _places = places.ok().flatten().ok_or_else(full)?;
        let request = v1::AskRequest {
            operator_code: self.proof.code.to_string(),
            wallet_prefix: prefix.get().into(),
            question: Some(v1::Question { kind: Some(question) }),
            wait_ms: Some(wait_ms),
        };
        let request = self.proof.with(request).map_err(|status| away(&status))?;
        let mut client = self.client.clone();
        let answered = tokio::select! {
            answered = client.ask(request) => answered.map_err(|status| away(&status))?,
            () = self.stopped() => return Err(status::unavailable("this operator stops")),
        };
        let answer = answered.into_inner().answer.and_then(|answer| answer.kind);
        answer.ok_or_else(|| wrong_answer(prefix))
    }

    async fn stopped(&self) {
        self.stopping.clone().requested().await;
        tokio::time::sleep(STOPPING_WAITS).await;
    }
}

fn away(status: &Status) -> Status {
    passed_on("relay", status)
}

/// The error of an answer that does not fit the question: another operator decides what it sends.
pub(crate) fn wrong_answer(prefix: Prefix) -> Status {
    let text = format!("the operator of the prefix {prefix} does not answer what it was asked");
    tracing::warn!("{text}");
    Status::new(Code::Internal, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_slow_operator_leaves_room_for_those_who_ask_others() {
        let places = Places::new(256);
        let [slow, other] = [2, 3].map(|number| places.of(Prefix::new(number).unwrap()));
        let mut occupied = Vec::new();
        while let Ok(place) = slow.try_acquire() {
            occupied.push((place, places.all.try_acquire().unwrap()));
        }
        assert_eq!(occupied.len(), 30);
        let waits = places.occupy(&slow);
        tokio::pin!(waits);
        let finds = places.occupy(&other);
        tokio::select! {
            biased;
            _ = &mut waits => panic!("the slow operator has no place"),
            found = finds => assert!(found.is_some()),
        }
        occupied.pop();
        assert!(waits.await.is_some());
    }

    #[test]
    fn few_calls_at_once_still_leave_a_place_for_a_question() {
        for streams in [1, 2, 7] {
            let places = Places::new(streams);
            assert!(places.of_one >= 1 && places.all.available_permits() >= 1, "{streams}");
        }
    }
}
