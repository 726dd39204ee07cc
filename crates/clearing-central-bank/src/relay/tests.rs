use super::*;

type Received = tokio::sync::mpsc::Receiver<Result<v1::AnswerQuestionsResponse, Status>>;

fn outlet() -> (Arc<Outlet>, Received) {
    let (stream, (received, _)) = Stream::new();
    (Arc::new(Outlet::new(stream)), received)
}

fn ask(outlet: &Arc<Outlet>) -> Waiting {
    outlet.ask("ABC".parse().unwrap(), v1::Question::default()).unwrap()
}

fn refusal(message: &str) -> Outcome {
    Err(v1::ItemError { message: message.to_owned(), ..Default::default() })
}

#[tokio::test]
async fn each_question_gets_the_answer_of_its_number_and_no_other() {
    let (outlet, mut received) = outlet();
    let mut asked = [ask(&outlet), ask(&outlet)];
    for number in 1..=2 {
        let question = received.try_recv().unwrap().unwrap();
        assert_eq!((question.number, question.operator_code.as_str()), (number, "ABC"));
    }
    assert!(outlet.answer(2, refusal("second")) && outlet.answer(1, refusal("first")));
    // A repeat comes too late, and a number that was never asked is none.
    assert!(outlet.answer(1, refusal("again")));
    assert!(!outlet.answer(0, refusal("none")) && !outlet.answer(3, refusal("none")));
    let [first, second] = &mut asked;
    assert_eq!(first.outcome().await, Some(refusal("first")));
    assert_eq!(second.outcome().await, Some(refusal("second")));
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_nothing_behind_and_an_operator_that_goes_leaves_nobody() {
    let (outlet, _received) = outlet();
    let (given_up, mut waits) = (ask(&outlet), ask(&outlet));
    drop(given_up);
    assert_eq!(outlet.lock().waiting.keys().collect::<Vec<_>>(), [&2]);
    drop(outlet);
    assert_eq!(waits.outcome().await, None);
}

#[tokio::test]
async fn an_operator_that_reads_nothing_makes_no_caller_wait() {
    let (outlet, received) = outlet();
    let asked: Vec<_> = (0..received.capacity()).map(|_| ask(&outlet)).collect();
    let refused = outlet.ask("ABC".parse().unwrap(), v1::Question::default()).unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    assert_eq!(outlet.lock().waiting.len(), asked.len());
}
