use clearing_domain::money::{Amount, Position};

use super::super::expected::Expected;
use super::super::observation::Clock;
use super::*;

fn code(text: &str) -> OperatorCode {
    text.parse().unwrap()
}

fn shown(operator: &str, tick: u64) -> Observation {
    Observation {
        operator: code(operator),
        clock: Clock { tick, ..Clock::default() },
        balance: Position::ZERO,
        credit: Amount::ZERO,
        free: Some(Position::ZERO),
        brought: Position::ZERO,
        room: Amount::MAX.position(),
        away: false,
        sent: Position::ZERO,
        received: Position::ZERO,
        expected: Expected::default(),
        queue: Vec::new(),
        coming: Vec::new(),
        counterparties: Vec::new(),
    }
}

fn fund(operator: &str, fen: i64) -> (OperatorCode, Decision) {
    (code(operator), Decision { fund: Position::from_fen(fen), ..Decision::default() })
}

fn names(operator: &str) -> (OperatorCode, Decision) {
    (code(operator), Decision::default())
}

fn open() -> (Desk, DeskService) {
    Desk::open(vec![code("A"), code("B")], Duration::from_secs(60))
}

#[tokio::test]
async fn a_tick_waits_for_all_and_a_repeat_is_answered_again() {
    let (mut desk, service) = open();
    let run = async {
        let first = desk.decide(vec![shown("A", 1), shown("B", 1)]).await.unwrap();
        assert_eq!((first[&code("A")].fund.fen(), first[&code("B")].fund.fen()), (7, 0));
        let second = desk.decide(vec![shown("A", 3), shown("B", 3)]).await.unwrap();
        assert_eq!(second.len(), 2);
        desk.finish();
    };
    let a = async {
        let first = service.decide(0, vec![names("A")]).await.unwrap();
        assert_eq!((first.len(), first[0].clock.tick), (1, 1));
        let second = service.decide(1, vec![fund("A", 7)]).await.unwrap();
        assert_eq!(second[0].clock.tick, 3);
        // Its connection broke: it says the same again, and something else is refused.
        assert_eq!(service.decide(1, vec![fund("A", 7)]).await.unwrap()[0].clock.tick, 3);
        let contradicts = DeskRefusal::Contradicts { operator: code("A"), tick: 1 };
        assert_eq!(service.decide(1, vec![fund("A", 8)]).await, Err(contradicts));
        assert_eq!(service.decide(3, vec![names("A")]).await, Ok(Vec::new()));
    };
    let b = async {
        assert_eq!(service.decide(0, vec![names("B")]).await.unwrap()[0].operator, code("B"));
        service.decide(1, vec![names("B")]).await.unwrap();
        assert_eq!(service.decide(3, vec![names("B")]).await, Ok(Vec::new()));
    };
    tokio::join!(run, a, b);
}

#[tokio::test]
async fn who_begins_again_is_shown_the_first_tick_that_it_has_not_decided() {
    let (mut desk, service) = open();
    let run = async {
        desk.decide(vec![shown("A", 1), shown("B", 1)]).await.unwrap();
        desk.decide(vec![shown("A", 2), shown("B", 2)]).await.unwrap();
        desk.finish();
    };
    let a = async {
        service.decide(0, vec![names("A")]).await.unwrap();
        // Its program ends while the tick still waits for B, and another one is started.
        let decided = tokio::select! {
            biased;
            answer = service.decide(1, vec![fund("A", 7)]) => Some(answer),
            () = std::future::ready(()) => None,
        };
        assert_eq!(decided, None);
        let again = service.decide(0, vec![names("A")]);
        let b = async {
            service.decide(1, vec![names("B")]).await.unwrap();
            service.decide(2, vec![names("B")]).await.unwrap();
        };
        let a = async {
            let begins = again.await.unwrap();
            assert_eq!(begins[0].clock.tick, 2);
            assert_eq!(service.decide(2, vec![fund("A", 9)]).await, Ok(Vec::new()));
        };
        tokio::join!(a, b);
    };
    tokio::join!(run, a);
}

#[tokio::test]
async fn what_is_not_decided_now_is_refused_and_none_of_it_taken() {
    let (mut desk, service) = open();
    let refused = async |tick, decisions| service.decide(tick, decisions).await.unwrap_err();
    let checks = async {
        service.decide(0, vec![names("A"), names("B")]).await.unwrap();
        let c = DeskRefusal::Operator(code("C"));
        assert_eq!(refused(1, vec![names("A"), names("C")]).await, c);
        let twice = DeskRefusal::Twice(code("A"));
        assert_eq!(refused(1, vec![names("A"), names("A")]).await, twice);
        let early = DeskRefusal::Tick { found: 2, now: 1 };
        assert_eq!(refused(2, vec![names("A")]).await, early);
        let began = DeskRefusal::Tick { found: 0, now: 1 };
        assert_eq!(refused(0, vec![fund("A", 1)]).await, began);
        let invalid = refused(1, vec![names("A"), fund("B", -1)]).await.to_string();
        assert_eq!(invalid, "fund of B: -0.01 takes out more than the free 0.00");
        // Nothing of the refused calls was taken: A may still decide otherwise.
        service.decide(1, vec![fund("A", 5), names("B")]).await.unwrap_err()
    };
    let run = async {
        let decided = desk.decide(vec![shown("A", 1), shown("B", 1)]).await.unwrap();
        assert_eq!(decided[&code("A")].fund.fen(), 5);
        // The run ends with an error.
        drop(desk);
    };
    let (failed, ()) = tokio::join!(checks, run);
    assert_eq!(failed, DeskRefusal::Failed);
}

#[tokio::test]
async fn a_treasurer_that_is_gone_is_named() {
    let (mut desk, service) = Desk::open(vec![code("A"), code("B")], Duration::from_millis(50));
    let a = service.decide(0, vec![names("A")]);
    let run = async {
        let late = desk.decide(vec![shown("A", 4), shown("B", 4)]).await.unwrap_err();
        drop(desk);
        late
    };
    let (_, late) = tokio::join!(a, run);
    assert_eq!(late, DeskError::Late { operator: code("A"), tick: 4, seconds: 0 });
    assert!(late.to_string().contains("treasurer of A has not decided on tick 4"));
}
