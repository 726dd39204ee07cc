//! Campaigns as they stand in a file, and what is refused of them.

use clearing_config::{ClusterConfig, Yuan};
use clearing_domain::Lockstep;
use clearing_domain::merchant::MerchantCategory;
use clearing_domain::money::{Amount, OperatorCode, Timestamp};
use clearing_domain::operator::CampaignKind;
use clearing_domain::region::Region;

use super::super::moment;
use super::super::raw::RawCampaign;
use super::names::{category_name, category_named, region_named};
use super::read::{Refused, check_name, named, place};
use super::{Scale, Script};

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The name.
    pub name: String,
    /// The place of the wallets of its sponsor, of which the first pays.
    pub sponsor: usize,
    /// What it hands out.
    pub kind: CampaignKind,
    /// How much each winner gets.
    pub face: Amount,
    /// How many win, in full size.
    pub winners: u64,
    /// What is put into the pool, in full size; `None` is enough for all.
    pub pool: Option<Amount>,
    /// When one may register.
    pub register: [Timestamp; 2],
    /// The last moment to claim.
    pub claim_until: Timestamp,
    /// When its money may be spent.
    pub valid: [Timestamp; 2],
    /// Whether winners are drawn.
    pub draws: bool,
    /// What the merchants sell.
    pub categories: Vec<MerchantCategory>,
    /// Where they are.
    pub regions: Vec<Region>,
    /// Whose wallets they have.
    pub operators: Vec<OperatorCode>,
    /// Whether it is held.
    pub is_held: bool,
    /// The least amount of a payment.
    pub min_spend: Amount,
}

impl Campaign {
    /// Reads a campaign; the error names the key at fault.
    pub(super) fn read(
        raw: &RawCampaign,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let names = script.wallets.iter().map(|wallets| wallets.name.as_str());
        let time = |key, text: &String| {
            moment::read(&cluster.lockstep, text).map_err(|message| (key, message))
        };
        let times = |key, [from, until]: &[String; 2]| Ok([time(key, from)?, time(key, until)?]);
        let code = |text: &str| cluster.operator_named(text).map(|operator| operator.code);
        Ok(Self {
            name: raw.name.clone(),
            sponsor: place("sponsor", Some(&raw.sponsor), names)?,
            kind: named("kind", Some(&raw.kind), kind_named, "red-packet or voucher")?,
            face: raw.face.ok_or_else(|| ("face", "is missing".to_owned()))?.0,
            winners: raw.winners,
            pool: raw.pool.map(|yuan| yuan.0),
            register: times("register", &raw.register)?,
            claim_until: time("claim_until", &raw.claim_until)?,
            valid: times("valid", &raw.valid)?,
            draws: raw.draw.unwrap_or(true),
            categories: all("categories", raw.categories.as_deref(), category_named)?,
            regions: all("regions", raw.regions.as_deref(), region_named)?,
            operators: all("operators", raw.operators.as_deref(), code)?,
            is_held: raw.held.unwrap_or(true),
            min_spend: raw.min_spend.map_or(Amount::ZERO, |yuan| yuan.0),
        })
    }

    /// The campaign as it stands in a file.
    pub(super) fn show(&self, script: &Script, lockstep: &Lockstep) -> RawCampaign {
        let time = |at| moment::show(lockstep.start, at);
        let some = |texts: Vec<String>| (!texts.is_empty()).then_some(texts);
        RawCampaign {
            name: self.name.clone(),
            sponsor: script.wallets[self.sponsor].name.clone(),
            kind: kind_name(self.kind).to_owned(),
            face: Some(Yuan(self.face)),
            winners: self.winners,
            pool: self.pool.map(Yuan),
            register: self.register.map(time),
            claim_until: time(self.claim_until),
            valid: self.valid.map(time),
            draw: Some(self.draws),
            categories: some(self.categories.iter().map(|one| category_name(*one)).collect()),
            regions: some(self.regions.iter().map(|one| format!("{one:?}")).collect()),
            operators: some(self.operators.iter().map(ToString::to_string).collect()),
            held: (!self.is_held).then_some(false),
            min_spend: Some(Yuan(self.min_spend)),
        }
    }

    /// How many win in a run.
    pub fn winners_at(&self, scale: Scale) -> u32 {
        u32::try_from(scale.of(self.winners)).unwrap_or(u32::MAX)
    }

    /// What is put into the pool in a run.
    pub fn pool_at(&self, scale: Scale) -> Amount {
        let part = |pool: Amount| pool.fen() / i64::try_from(scale.0.max(1)).unwrap_or(i64::MAX);
        let all = || self.face.fen().saturating_mul(self.winners_at(scale).into());
        let fen = self.pool.map_or_else(all, part).max(1);
        Amount::from_fen(fen).unwrap_or(Amount::MAX)
    }
}

/// What the texts of a list name; an absent list names nothing.
fn all<T>(
    key: &'static str,
    texts: Option<&[String]>,
    find: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Refused> {
    let find = |text: &String| named(key, Some(text), &find, "known");
    texts.unwrap_or_default().iter().map(find).collect()
}

const fn kind_name(kind: CampaignKind) -> &'static str {
    match kind {
        CampaignKind::RedPacket => "red-packet",
        CampaignKind::Voucher => "voucher",
    }
}

fn kind_named(name: &str) -> Option<CampaignKind> {
    [CampaignKind::RedPacket, CampaignKind::Voucher]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
}
