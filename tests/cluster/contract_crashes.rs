//! A crash before and after every durable write, send and receive while a school asks for lessons.

use clearing_api::v1;
use clearing_api::v1::contract_service_client::ContractServiceClient;
use clearing_api::v1::contract_terms::Release;
use clearing_domain::operator::code_of_lesson;
use clearing_node::crash::POINTS;
use tonic::transport::Channel;

use crate::contracts::{contract, get, terms};
use crate::support::{DEADLINE, TestCluster, eventually, member, operators};

type Contracts = ContractServiceClient<Channel>;

/// What the codes of lessons are made of.
const SEED: [u8; 32] = [4; 32];
/// Lessons that are asked for while a process dies, each until it is paid.
const LESSONS: u32 = 3;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A contract and the question of its school for a lesson.
struct Course {
    id: String,
    school: String,
    payer: String,
    lessons: u32,
}

impl Course {
    /// Asks in the name of the school; whatever is not answered is asked for again.
    async fn ask(&self, school: &Contracts, lesson: u32) -> Option<v1::lesson::State> {
        let request = v1::RequestLessonRequest {
            merchant_wallet: self.school.clone(),
            payer_wallet: self.payer.clone(),
            contract_id: self.id.clone(),
            lesson,
            code: hex(&code_of_lesson(SEED, self.lessons, lesson)),
        };
        let asked = school.clone().request_lesson(request).await.ok()?.into_inner().contract?;
        Some(asked.lessons[lesson as usize - 1].state())
    }

    /// Arms one point of one process, asks until it has died, and asks again for what is not paid.
    async fn crash_at(&self, cluster: &mut TestCluster, victim: &str, point: &str, first: u32) {
        let victim = member(victim);
        let armed = ("FAILPOINTS".to_owned(), format!("{point}=1*off->return"));
        cluster.processes().set_variable(victim, Some(armed));
        cluster.processes().kill(victim).await.unwrap();
        // It may die on its way up, when the point lies there; the next start is unarmed.
        let started = cluster.processes().restart(victim).await;
        cluster.processes().set_variable(victim, None);
        if started.is_ok() {
            let school = Contracts::new(cluster.channel(member("ABC")));
            let asks = async {
                for lesson in (first..first + LESSONS).cycle() {
                    let _ = self.ask(&school, lesson).await;
                }
            };
            let died = tokio::select! {
                () = asks => unreachable!("the school asks again and again"),
                died = tokio::time::timeout(DEADLINE, cluster.processes().next_exit()) => died,
            };
            let (died, status) = died.unwrap_or_else(|_| panic!("{victim} lives on at {point}"));
            assert!(died == victim && !status.success(), "{died} ended with {status}");
        }
        cluster.processes().restart(victim).await.unwrap_or_else(|error| panic!("{error}"));
        let school = Contracts::new(cluster.channel(member("ABC")));
        for lesson in first..first + LESSONS {
            let what = format!("lesson {lesson} is paid after {victim} died at {point}");
            eventually(&what, async || {
                let state = self.ask(&school, lesson).await?;
                (state == v1::lesson::State::Released).then_some(())
            })
            .await;
        }
    }
}

async fn crash_everywhere(victim: &str) {
    let mut cluster = TestCluster::start(operators(2)).await;
    let payer = cluster.operator("ICBC").open("100").await;
    let school = cluster.operator("ABC").open_kind(v1::WalletKind::Merchant).await;
    let lessons = LESSONS * u32::try_from(POINTS.len()).unwrap();
    let terms = v1::ContractTerms {
        lesson_count: lessons,
        release: Release::ByCode.into(),
        codes_hash: hex(&code_of_lesson(SEED, lessons, 0)),
        ..terms(&payer, &school)
    };
    let mut contracts = Contracts::new(cluster.channel(member("ICBC")));
    let id = contract(&mut contracts, terms).await;
    let course = Course { id, school, payer, lessons };
    for (point, first) in POINTS.iter().zip((1..).step_by(LESSONS as usize)) {
        course.crash_at(&mut cluster, victim, point, first).await;
    }
    let mut contracts = Contracts::new(cluster.channel(member("ICBC")));
    let ended = get(&mut contracts, &course.id).await;
    assert_eq!((ended.state(), &*ended.released_amount), (v1::contract::State::Completed, "10.00"));
    assert_eq!(cluster.operator("ABC").balance(&course.school).await, "10.00");
    assert_eq!(cluster.operator("ICBC").balance(&course.payer).await, "90.00");
    cluster.finish().await;
}

#[tokio::test]
async fn the_operator_of_the_payer_may_crash_wherever_a_school_asks() {
    crash_everywhere("ICBC").await;
}

#[tokio::test]
async fn the_operator_of_the_school_may_crash_wherever_it_asks() {
    crash_everywhere("ABC").await;
}

#[tokio::test]
async fn the_central_bank_may_crash_wherever_a_school_asks() {
    crash_everywhere("central-bank").await;
}
