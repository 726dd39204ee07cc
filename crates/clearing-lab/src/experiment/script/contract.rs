//! Prepaid contracts as they stand in a file, and what is refused of them.

use clearing_config::{ClusterConfig, Yuan};
use clearing_domain::Lockstep;
use clearing_domain::money::{Amount, HOUR_MS, Timestamp};
use clearing_domain::operator::RefundRule;

use super::super::moment;
use super::super::raw::RawContract;
use super::Script;
use super::read::{Refused, check_name, named, place};

/// How long a lesson may be disputed when the file does not say so.
const DISPUTE_HOURS: u32 = 24;

/// The contracts of one name: each payer has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// The name.
    pub name: String,
    /// The place of the wallets that pay.
    pub payers: usize,
    /// The place of the wallets that are paid.
    pub merchants: usize,
    /// The price of all lessons.
    pub total: Amount,
    /// How many lessons there are.
    pub lessons: u32,
    /// Who confirms a lesson.
    pub release: Release,
    /// When the payer may have back what is not released.
    pub refund: RefundRule,
    /// Their last moment.
    pub expires_at: Timestamp,
}

/// Who confirms that a lesson was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The payer.
    Payer,
    /// The merchant, unless the payer disputes it within so many hours.
    Merchant(u32),
    /// The merchant by a code of the payer.
    Code,
}

/// What is done about contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractStep {
    /// They are created, and their price is locked.
    Create,
    /// The payers release a lesson.
    Release(u32),
    /// The merchants ask for a lesson.
    Request(u32),
    /// The payers dispute a lesson.
    Dispute(u32),
    /// The payers have back what is not released.
    Refund,
}

/// Which of some things an action is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// One in so many alone.
    pub every: Option<u64>,
    /// All but one in so many.
    pub except: Option<u64>,
}

impl Part {
    /// Whether it has the thing of a number, counted from 1.
    pub fn has(&self, number: u64) -> bool {
        self.every.is_none_or(|every| number.is_multiple_of(every))
            && self.except.is_none_or(|except| !number.is_multiple_of(except))
    }
}

impl ContractStep {
    /// The lesson that it is about.
    pub fn lesson(self) -> Option<u32> {
        match self {
            Self::Release(lesson) | Self::Request(lesson) | Self::Dispute(lesson) => Some(lesson),
            Self::Create | Self::Refund => None,
        }
    }
}

impl Contracts {
    /// Reads contracts; the error names the key at fault.
    pub(super) fn read(
        raw: &RawContract,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let wallets = |key, name: &str| {
            place(key, Some(name), script.wallets.iter().map(|wallets| wallets.name.as_str()))
        };
        let expires_at =
            moment::read(&cluster.lockstep, &raw.expires).map_err(|message| ("expires", message));
        Ok(Self {
            name: raw.name.clone(),
            payers: wallets("payer", &raw.payer)?,
            merchants: wallets("merchant", &raw.merchant)?,
            total: raw.total.ok_or_else(|| ("total", "is missing".to_owned()))?.0,
            lessons: raw.lessons,
            release: release(raw)?,
            refund: named(
                "refund",
                raw.refund.as_deref().or(Some("any-time")),
                |name| RULES.iter().find(|(_, known)| *known == name).map(|(rule, _)| *rule),
                "any-time or before-first-lesson",
            )?,
            expires_at: expires_at?,
        })
    }

    /// The contracts as they stand in a file.
    pub(super) fn show(&self, script: &Script, lockstep: &Lockstep) -> RawContract {
        let (release, dispute_hours) = match self.release {
            Release::Payer => ("payer", None),
            Release::Merchant(hours) => ("merchant", Some(hours)),
            Release::Code => ("code", None),
        };
        let refund = RULES.iter().find(|(rule, _)| *rule == self.refund);
        RawContract {
            name: self.name.clone(),
            payer: script.wallets[self.payers].name.clone(),
            merchant: script.wallets[self.merchants].name.clone(),
            total: Some(Yuan(self.total)),
            lessons: self.lessons,
            release: Some(release.to_owned()),
            dispute_hours,
            refund: refund.map(|(_, name)| (*name).to_owned()),
            expires: moment::show(lockstep.start, self.expires_at),
        }
    }

    /// How long a lesson may be disputed for which the merchant asks, in milliseconds.
    pub fn dispute_ms(&self) -> u64 {
        match self.release {
            Release::Merchant(hours) => u64::from(hours) * HOUR_MS.unsigned_abs(),
            Release::Payer | Release::Code => 0,
        }
    }
}

/// The rules of refunds by their names.
const RULES: [(RefundRule, &str); 2] =
    [(RefundRule::AtAnyTime, "any-time"), (RefundRule::BeforeFirstLesson, "before-first-lesson")];

fn release(raw: &RawContract) -> Result<Release, Refused> {
    let release = match raw.release.as_deref().unwrap_or("payer") {
        "payer" => Release::Payer,
        "merchant" => Release::Merchant(raw.dispute_hours.unwrap_or(DISPUTE_HOURS)),
        "code" => Release::Code,
        name => return Err(("release", format!("{name:?} is not payer, merchant or code"))),
    };
    if raw.dispute_hours.is_some() && !matches!(release, Release::Merchant(_)) {
        let sentence = "stands beside a release that nobody disputes";
        return Err(("dispute_hours", sentence.to_owned()));
    }
    Ok(release)
}
