//! The contracts of a script: each payer of a name has one, with the next of the merchants.

use clearing_domain::link::Head;
use clearing_domain::money::{ContractId, RequestId, RequestKey, Timestamp};
use clearing_domain::operator::{ContractTerms, LessonRequest, ReleaseRule, code_of_lesson};

use crate::experiment::Experiment;
use crate::experiment::Script;
use crate::experiment::script::{ActionKind, ContractStep, Release};
use crate::workload::Named;

/// What is done about a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractOrder {
    /// What.
    pub step: ContractStep,
    /// The contract.
    pub contract: PlannedContract,
}

/// A contract of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedContract {
    /// The payer's name for the request that creates it.
    pub request_id: RequestId,
    /// Its identity, which follows from that.
    pub id: ContractId,
    /// Who pays.
    pub payer: Named,
    /// Who is paid.
    pub merchant: Named,
    /// What they agree on.
    pub terms: ContractTerms,
    /// What the codes of its lessons are made of.
    seed: Head,
}

impl ContractOrder {
    /// The place of the operator that is asked: merchants and payers ask their own.
    pub fn operator(&self) -> usize {
        match self.step {
            ContractStep::Request(_) => self.contract.merchant.operator,
            ContractStep::Create
            | ContractStep::Release(_)
            | ContractStep::Dispute(_)
            | ContractStep::Refund => self.contract.payer.operator,
        }
    }
}

impl PlannedContract {
    /// What the merchant asks for when it asks for a lesson.
    pub fn request(&self, lesson: u32) -> LessonRequest {
        let ContractTerms { lessons, release, .. } = self.terms;
        let has_codes = matches!(release, ReleaseRule::ByCode { .. });
        LessonRequest {
            merchant: self.merchant.number,
            payer: self.payer.number,
            contract: self.id,
            lesson,
            code: has_codes.then(|| code_of_lesson(self.seed, lessons, lesson)),
        }
    }
}

/// The contracts of a name, those of the named wallets that pay in their order.
pub(in super::super) fn planned(
    experiment: &Experiment,
    named: &[Vec<Named>],
    place: usize,
) -> Vec<PlannedContract> {
    let of = &experiment.script.contracts[place];
    let merchants = named[of.merchants].iter().cycle();
    let pairs = (1..).zip(named[of.payers].iter().zip(merchants));
    let contract = |(number, (payer, merchant)): (u64, (&Named, &Named))| {
        let request_id = RequestId::Text(format!("contract-{}-{number}", of.name).into());
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"codes").update(&experiment.seed.to_le_bytes());
        hasher.update(of.name.as_bytes()).update(&number.to_le_bytes());
        let seed = *hasher.finalize().as_bytes();
        let release = match of.release {
            Release::Payer => ReleaseRule::ByPayer,
            Release::Merchant(_) => ReleaseRule::ByMerchant { dispute_ms: of.dispute_ms() },
            Release::Code => ReleaseRule::ByCode { codes: code_of_lesson(seed, of.lessons, 0) },
        };
        let terms = ContractTerms {
            payer: payer.number,
            merchant: merchant.number,
            total: of.total,
            lessons: of.lessons,
            release,
            refund: of.refund,
            expires_at: of.expires_at,
        };
        let id = ContractId::of_request(RequestKey::new(payer.number, &request_id));
        PlannedContract { request_id, id, payer: *payer, merchant: *merchant, terms, seed }
    };
    pairs.map(contract).collect()
}

/// The moments after which lessons that merchants ask for are paid, and contracts end.
pub(super) fn due(script: &Script) -> Vec<Timestamp> {
    let lessons = script.actions.iter().filter_map(|action| {
        let ActionKind::Contracts { contracts, step: ContractStep::Request(_), .. } = action.kind
        else {
            return None;
        };
        let window = script.contracts[contracts].dispute_ms();
        Some(action.at.plus_ms(i64::try_from(window).unwrap_or(i64::MAX)))
    });
    let ends = script.contracts.iter().map(|contracts| contracts.expires_at);
    lessons.chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::finished;
    use super::*;

    /// Six families with a course of a school each, which the school asks for.
    const COURSE: &str = "
name = 'course'
[cluster]
operator_count = 3
[[wallet]]
name = 'school'
kind = 'merchant'
operator = 'BOC'
[[wallet]]
name = 'family'
kind = 'personal'
class = 3
count = 6
opening = '100'
[[contract]]
name = 'course'
payer = 'family'
merchant = 'school'
total = '10.00'
lessons = 3
release = 'merchant'
dispute_hours = 1
expires = '20:00'
[[action]]
kind = 'create-contracts'
at = '08:00'
contract = 'course'
[[action]]
kind = 'request-lesson'
at = '09:00'
contract = 'course'
lesson = 1
[[action]]
kind = 'dispute-lesson'
at = '09:30'
contract = 'course'
lesson = 1
every = 3
[[action]]
kind = 'refund-contracts'
at = '12:00'
contract = 'course'
except = 2
[[action]]
kind = 'suspend-merchant'
at = '13:00'
wallet = 'school'
[[action]]
kind = 'release-lesson'
at = '14:00'
contract = 'course'
lesson = 2
[[assert]]
figure = 'contract.course.refunded'
equals = '46.68'
[[assert]]
figure = 'wallet.school.balance'
equals = '13.32'
[[assert]]
figure = 'contract.course.lessons'
equals = 4
[[assert]]
figure = 'contract.course.ended'
equals = 6
";

    #[test]
    fn what_is_not_disputed_is_paid_and_the_rest_comes_back() {
        let experiment = Experiment::from_text(COURSE, &[], None).unwrap();
        let run = finished(&experiment).unwrap();
        let done: Vec<_> =
            run.script.actions.iter().map(|one| (one.done, one.value.to_string())).collect();
        let expected =
            [(6, "60.00"), (6, "19.98"), (2, "6.66"), (3, "23.34"), (1, "0.00"), (0, "0.00")];
        assert_eq!(done, expected.map(|(count, sum)| (count, sum.to_owned())));
        let refused: u64 = run.script.actions[5].refused.values().sum();
        assert_eq!(refused, 6, "the ended and the suspended");
        let contracts = &run.script.contracts[0];
        let (mut released, mut refunded) = (0, 0);
        for one in contracts {
            let ledger = &run.ledgers.operators[one.payer.operator];
            let found = ledger.contract(one.id).unwrap();
            assert_eq!(found.locked.fen(), 0);
            released += found.released.fen();
            refunded += found.refunded.fen();
        }
        assert_eq!((released, refunded), (1_332, 4_668));
    }

    #[test]
    fn a_script_with_contracts_reads_as_it_is_shown_and_names_what_is_wrong() {
        let read = |sets: &[&str]| {
            let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
            Experiment::from_text(COURSE, &sets, None).map_err(|error| error.to_string())
        };
        let experiment = read(&[]).unwrap();
        let again = Experiment::from_text(&experiment.to_toml(None), &[], None).unwrap();
        assert_eq!(again.script, experiment.script);
        for (set, wrong) in [
            ("contract.1.payer=nobody", "contract.1.payer"),
            ("contract.1.release=someone", "contract.1.release"),
            ("contract.1.refund=never", "contract.1.refund"),
            ("contract.1.expires=noon", "contract.1.expires"),
            ("contract.1.release=code", "contract.1.dispute_hours"),
            ("contract.1.lessons=0", "contract.1.lessons"),
            ("action.2.contract=lost", "action.2.contract"),
            ("action.1.lesson=1", "action.1.lesson"),
            ("action.4.lesson=1", "action.4.lesson"),
            ("action.5.every=2", "action.5.every"),
        ] {
            let refused = read(&[set]).unwrap_err();
            assert!(refused.contains(wrong), "{set}: {refused}");
        }
    }
}
