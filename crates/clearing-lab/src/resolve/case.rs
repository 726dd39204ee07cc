//! A case: who has how much, and what is queued.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use clearing_domain::money::{Amount, AmountError, Position, Total};
use clearing_domain::netting::{ExternalClaims, Obligation, Priority, queue_order};

use super::error::CaseError;
use super::json::{Node, Object};

/// The most participants of a case.
pub const PARTICIPANTS_MAX: usize = 1_000;

/// What a participant of a file may have.
const PARTICIPANT_KEYS: [&str; 6] = [
    "id",
    "balance",
    "credit",
    "external_assets",
    "external_liabilities",
    "external_senior_liabilities",
];

/// Participants and their queued payments. Participants are numbered in the order of their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The codes, in their order.
    pub codes: Vec<String>,
    /// The numbers of the participants in the order of the file.
    pub listed: Vec<usize>,
    /// What each participant has.
    pub balances: Vec<Position>,
    /// What each participant may use beyond that.
    pub credits: Vec<Amount>,
    /// What it has and owes outside, which the clearing vector alone knows.
    pub outside: Vec<Outside>,
    /// The ids of the payments, in queue order.
    pub payments: Vec<String>,
    /// The payments, in queue order: by priority, then as in the file.
    pub queue: Vec<Obligation>,
}

/// What a participant has and owes outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// What it has beside its balance.
    pub assets: Amount,
    /// What it owes to others than participants.
    pub claims: ExternalClaims,
}

struct Participant {
    code: String,
    balance: Amount,
    credit: Amount,
    outside: Outside,
}

struct Payment {
    id: String,
    priority: Priority,
    obligation: Obligation,
}

impl Case {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        Self::from_json(&std::fs::read(path)?)
    }

    /// Reads a text. Every key has to be known, every value well-formed, every id used once.
    pub fn from_json(text: &[u8]) -> Result<Self, CaseError> {
        let file: Node = serde_json::from_slice(text)?;
        let mut file =
            file.object("", &["participants", "payments", "name", "source", "note", "expect"])?;
        let participants = participants(file.need("participants")?)?;
        let mut numbers: Vec<usize> = (0..participants.len()).collect();
        // Numbers ascend with codes, because ties of every algorithm break by number.
        numbers.sort_by(|one, other| participants[*one].code.cmp(&participants[*other].code));
        let codes: BTreeMap<&str, usize> = numbers
            .iter()
            .enumerate()
            .map(|(number, place)| (participants[*place].code.as_str(), number))
            .collect();
        let payments = payments(file.need("payments")?, &codes)?;
        // Algorithms add in 64 bits without looking.
        bounded(&participants, &payments)?;
        let order =
            queue_order(&payments.iter().map(|payment| payment.priority).collect::<Vec<_>>());
        Ok(Self {
            codes: codes.keys().map(|code| (*code).to_owned()).collect(),
            listed: participants
                .iter()
                .map(|participant| codes[participant.code.as_str()])
                .collect(),
            balances: numbers.iter().map(|place| participants[*place].balance.position()).collect(),
            credits: numbers.iter().map(|place| participants[*place].credit).collect(),
            outside: numbers.iter().map(|place| participants[*place].outside).collect(),
            payments: order.iter().map(|place| payments[*place].id.clone()).collect(),
            queue: order.iter().map(|place| payments[*place].obligation).collect(),
        })
    }

    /// Whether anybody has or owes anything outside.
    pub fn has_outside(&self) -> bool {
        self.outside.iter().any(|outside| *outside != Outside::default())
    }

    /// What each participant may use: its balance and its credit.
    pub fn usable(&self) -> Vec<Position> {
        self.balances
            .iter()
            .zip(&self.credits)
            .map(|(balance, credit)| *balance + credit.position())
            .collect()
    }
}

fn participants(node: Node) -> Result<Vec<Participant>, CaseError> {
    let mut participants = Vec::new();
    let mut seen = BTreeMap::new();
    for (path, item) in node.list("participants")? {
        let mut object = item.object(&path, &PARTICIPANT_KEYS)?;
        let code = new_id(&mut object, &mut seen)?;
        let balance = object.need("balance")?;
        let balance = money(balance, &object.at("balance"))?;
        let mut more = |key: &str| {
            let sum = object.take(key).map(|sum| money(sum, &object.at(key))).transpose()?;
            Ok::<_, CaseError>(sum.unwrap_or_default())
        };
        let credit = more("credit")?;
        let claims = ExternalClaims {
            senior: more("external_senior_liabilities")?,
            equal: more("external_liabilities")?,
        };
        let outside = Outside { assets: more("external_assets")?, claims };
        participants.push(Participant { code, balance, credit, outside });
    }
    if participants.len() > PARTICIPANTS_MAX {
        let message = format!("{} are more than {PARTICIPANTS_MAX}", participants.len());
        return Err(CaseError::value("participants", message));
    }
    Ok(participants)
}

fn payments(node: Node, codes: &BTreeMap<&str, usize>) -> Result<Vec<Payment>, CaseError> {
    let mut payments = Vec::new();
    let mut seen = BTreeMap::new();
    for (path, item) in node.list("payments")? {
        let mut object = item.object(&path, &["id", "from", "to", "value", "priority"])?;
        let id = new_id(&mut object, &mut seen)?;
        let (_, debtor) = participant(&mut object, "from", codes)?;
        let (payee, creditor) = participant(&mut object, "to", codes)?;
        if debtor == creditor {
            return Err(CaseError::value(&object.at("to"), format!("{payee:?} cannot pay itself")));
        }
        let value = object.need("value")?;
        let path = object.at("value");
        let amount = Amount::positive(&value.text(&path)?)
            .map_err(|error| CaseError::value(&path, error))?;
        let priority = priority(&mut object)?;
        payments.push(Payment {
            id,
            priority,
            obligation: Obligation { debtor, creditor, amount },
        });
    }
    Ok(payments)
}

/// The id of an item, which no earlier one may have.
fn new_id(object: &mut Object, seen: &mut BTreeMap<String, String>) -> Result<String, CaseError> {
    let path = object.at("id");
    let id = object.need("id")?.text(&path)?;
    if id.is_empty() {
        return Err(CaseError::value(&path, "the id is empty"));
    }
    match seen.entry(id.clone()) {
        Entry::Occupied(earlier) => {
            Err(CaseError::value(&path, format!("{id:?} is already {}", earlier.get())))
        }
        Entry::Vacant(place) => {
            place.insert(path);
            Ok(id)
        }
    }
}

fn participant(
    object: &mut Object,
    key: &str,
    codes: &BTreeMap<&str, usize>,
) -> Result<(String, usize), CaseError> {
    let path = object.at(key);
    let code = object.need(key)?.text(&path)?;
    match codes.get(code.as_str()) {
        Some(number) => Ok((code, *number)),
        None => Err(CaseError::value(&path, format!("{code:?} is none of the participants"))),
    }
}

/// A name of a level, or its number with or without quotation marks.
fn priority(object: &mut Object) -> Result<Priority, CaseError> {
    let path = object.at("priority");
    let text = match object.take("priority") {
        None => return Ok(Priority::default()),
        Some(Node::Other(number)) => number,
        Some(node) => node.text(&path)?,
    };
    text.parse().map_err(|error| CaseError::value(&path, error))
}

/// Yuan, not negative.
fn money(node: Node, path: &str) -> Result<Amount, CaseError> {
    let text = node.text(path)?;
    text.parse().map_err(|error| match error {
        AmountError::NotPositive(text) => {
            CaseError::value(path, format!("amount {text} is negative"))
        }
        AmountError::Malformed(_) | AmountError::Scale(_) | AmountError::TooLarge(_) => {
            CaseError::value(path, error)
        }
    })
}

/// Refuses a case in which some sum could be too large to compute with.
fn bounded(participants: &[Participant], payments: &[Payment]) -> Result<(), CaseError> {
    let held = participants.iter().flat_map(|participant| {
        let Outside { assets, claims } = participant.outside;
        [participant.balance, participant.credit, assets, claims.senior, claims.equal]
    });
    let owed = payments.iter().map(|payment| payment.obligation.amount);
    let total: Total = held.chain(owed).sum();
    if !total.is_bounded() {
        let message =
            format!("balances, credits and values together are more than {} yuan", Amount::SUM_MAX);
        return Err(CaseError::value("payments", message));
    }
    Ok(())
}
