//! What became of the payments: every one is asked for again, counted, and proven by the audit.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use clearing_api::v1;
use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::wallet_service_client::WalletServiceClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::TortureError;
use super::chaos::Counts;
use super::clients::{Asked, OPENING_FEN, Record, channel, create, is_final};
use crate::audit::audit;
use crate::call::CallError;
use crate::cluster::{Cluster, LogEnd, Member};

/// How long a payment may take to end once everything is healed.
const END_WITHIN: Duration = Duration::from_secs(120);
/// Payments asked for again at the same time, fewer than a queue holds.
const AT_ONCE: usize = 16;

/// What became of a tortured cluster.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How often each fault struck.
    pub faults: Counts,
    /// Payments asked for.
    pub payments: u64,
    /// Of those, answered finally while the faults went on.
    pub acknowledged: u64,
    /// Calls that met a full queue.
    pub overloaded: u64,
    /// Calls that met no process, or one that went away.
    pub broken: u64,
    /// Lines of the audit.
    pub audit_lines: usize,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<String>,
}

/// Asks for every payment again and audits the files.
pub(super) async fn judge(
    cluster: Cluster,
    record: Record,
    faults: Counts,
) -> Result<Verdict, TortureError> {
    let mut verdict = Verdict {
        faults,
        overloaded: record.overloaded,
        broken: record.broken,
        ..Verdict::default()
    };
    let mut holdings = 0;
    for (member, asked) in record.asked {
        let channel = channel(&cluster, member)?;
        verdict.payments += asked.len() as u64;
        verdict.acknowledged += asked.iter().filter(|asked| asked.answer.is_some()).count() as u64;
        let count = count_requests(member, channel.clone()).await?;
        verdict.check_count(member, &asked, count);
        ask_again(member, &channel, asked, &mut verdict).await?;
    }
    for (member, wallets) in &record.wallets {
        holdings += held(*member, channel(&cluster, *member)?, wallets).await?;
    }
    let expected = OPENING_FEN * record.wallets.values().map(Vec::len).sum::<usize>() as i64;
    if holdings != expected {
        verdict
            .findings
            .push(format!("wallets hold {holdings} fen, but were opened with {expected}"));
    }
    let folder = cluster.folder().clone();
    let members = cluster.members();
    cluster.stop().await?;
    verdict.audit(&folder, &members)?;
    Ok(verdict)
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Every payment that was acknowledged is on record exactly once, and none that was not asked
    /// for.
    fn check_count(&mut self, member: Member, asked: &[Asked], mut count: BTreeMap<String, u64>) {
        for asked in asked {
            let request_id = &asked.order.request_id;
            match (count.remove(request_id), &asked.answer) {
                (Some(1), _) | (None, None) => {}
                (None, Some(_)) => {
                    self.findings.push(format!("{member} lost payment {request_id}"))
                }
                (Some(times), _) => {
                    self.findings.push(format!("{member} has payment {request_id} {times} times"))
                }
            }
        }
        for request_id in count.keys() {
            self.findings
                .push(format!("{member} has payment {request_id}, which nobody asked for"));
        }
    }

    /// An acknowledged outcome stands.
    fn check_answer(&mut self, member: Member, before: &Asked, now: &v1::Payment) {
        let shown =
            before.answer.as_ref().map(|answer| (&answer.payment_id, answer.state, answer.reason));
        let found = (&now.payment_id, now.state, now.reason);
        if shown.is_some_and(|shown| shown != found) {
            self.findings.push(format!(
                "{member} reported {shown:?} of {} and now {found:?}",
                now.request_id
            ));
        }
    }

    fn audit(
        &mut self,
        folder: &crate::cluster::ClusterFolder,
        members: &[Member],
    ) -> Result<(), TortureError> {
        let lines = audit(folder.root())?;
        self.audit_lines = lines.len();
        let broken = lines.into_iter().filter(|line| !line.ok);
        self.findings.extend(broken.map(|line| format!("audit: {}: {}", line.name, line.detail)));
        for member in members {
            let log = std::fs::read_to_string(folder.log(*member)).unwrap_or_default();
            // An alarm is only logged, and a process that raised one may look healthy.
            if log.contains("must never happen") {
                self.findings.push(format!(
                    "{member} raised an alarm{}",
                    LogEnd::read(&folder.log(*member))
                ));
            }
        }
        Ok(())
    }
}

/// Asks for every payment of an operator again until it is final.
async fn ask_again(
    member: Member,
    channel: &Channel,
    asked: Vec<Asked>,
    verdict: &mut Verdict,
) -> Result<(), TortureError> {
    let mut asked = asked.into_iter();
    let mut running = JoinSet::new();
    loop {
        // Not all at once, or the queue of the operator would refuse most of them.
        while running.len() < AT_ONCE
            && let Some(before) = asked.next()
        {
            let channel = channel.clone();
            running.spawn(async move {
                let now =
                    tokio::time::timeout(END_WITHIN, until_final(channel, before.order.clone()))
                        .await;
                (before, now)
            });
        }
        let Some(done) = running.join_next().await else { return Ok(()) };
        match done? {
            (before, Ok(now)) => verdict.check_answer(member, &before, &now),
            (before, Err(_)) => {
                verdict
                    .findings
                    .push(format!("{member} does not end payment {}", before.order.request_id));
            }
        }
    }
}

async fn until_final(channel: Channel, order: v1::NewPayment) -> v1::Payment {
    loop {
        match create(channel.clone(), order.clone()).await {
            Ok(payment) if is_final(&payment) => return payment,
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// How often each request id is on record at an operator.
async fn count_requests(
    member: Member,
    channel: Channel,
) -> Result<BTreeMap<String, u64>, TortureError> {
    let mut client = PaymentServiceClient::new(channel);
    let mut count = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request =
            v1::ListPaymentsRequest { page_size: 1_000, page_token, ..Default::default() };
        let page =
            client.list_payments(request).await.map_err(CallError::of(member, "ListPayments"))?;
        let page = page.into_inner();
        for payment in page.payments {
            *count.entry(payment.request_id).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            return Ok(count);
        }
        page_token = page.next_page_token;
    }
}

/// What wallets hold, in fen.
async fn held(member: Member, channel: Channel, wallets: &[String]) -> Result<i64, TortureError> {
    let mut client = WalletServiceClient::new(channel);
    let mut sum = 0;
    for number in wallets {
        let request = v1::GetWalletRequest { wallet_number: number.clone() };
        let wallet =
            client.get_wallet(request).await.map_err(CallError::of(member, "GetWallet"))?;
        let wallet = wallet.into_inner().wallet.unwrap_or_default();
        sum += wallet
            .balance
            .parse::<clearing_domain::money::Amount>()
            .map_or(0, |balance| balance.fen());
    }
    Ok(sum)
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { kills, central_bank_kills, checkpoint_kills, whole_kills, partitions, slowed } =
            self.faults;
        writeln!(
            formatter,
            "{:<28}{kills:>10}, of the central bank {central_bank_kills}",
            "processes killed"
        )?;
        for (name, count) in [
            ("of those in a growing file", checkpoint_kills),
            ("kills of all at once", whole_kills),
            ("links cut or stalled", partitions),
            ("links slowed", slowed),
            ("calls to a full queue", self.overloaded),
            ("calls that broke", self.broken),
            ("payments", self.payments),
            ("acknowledged under faults", self.acknowledged),
            ("lines of the audit", self.audit_lines as u64),
        ] {
            writeln!(formatter, "{name:<28}{count:>10}")?;
        }
        for finding in &self.findings {
            writeln!(formatter, "WRONG  {finding}")?;
        }
        let verdict = if self.is_clean() {
            "nothing lost, nothing doubled, audit ok"
        } else {
            "money suffered"
        };
        writeln!(formatter, "verdict: {verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request_id: &str, state: Option<v1::payment::State>) -> Asked {
        let order = v1::NewPayment { request_id: request_id.to_owned(), ..Default::default() };
        let answer = state.map(|state| v1::Payment { state: state.into(), ..Default::default() });
        Asked { order, answer }
    }

    #[test]
    fn a_lost_a_doubled_and_an_invented_payment_are_found() {
        let completed = Some(v1::payment::State::Completed);
        let all = ["kept", "lost", "doubled"].map(|request_id| asked(request_id, completed));
        let all = [&all[..], &[asked("unanswered", None)]].concat();
        let count = [("kept", 1), ("doubled", 2), ("invented", 1)]
            .map(|(id, count)| (id.to_owned(), count));
        let mut verdict = Verdict::default();
        verdict.check_count("ICBC".parse().unwrap(), &all, BTreeMap::from(count));
        let expected = [
            "ICBC lost payment lost",
            "ICBC has payment doubled 2 times",
            "ICBC has payment invented, which nobody asked for",
        ];
        assert_eq!(verdict.findings, expected);
        assert!(verdict.to_string().ends_with("verdict: money suffered\n"));
    }

    #[test]
    fn an_outcome_that_changes_is_found() {
        let before = asked("a", Some(v1::payment::State::Completed));
        let mut now = before.answer.clone().unwrap();
        let mut verdict = Verdict::default();
        verdict.check_answer("ABC".parse().unwrap(), &before, &now);
        assert!(verdict.is_clean());
        now.state = v1::payment::State::Returned.into();
        verdict.check_answer("ABC".parse().unwrap(), &before, &now);
        assert_eq!(verdict.findings.len(), 1);
    }
}
