//! Actions as they stand in a file, and what is refused of them.

use clearing_config::ClusterConfig;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::Timestamp;

use super::super::moment;
use super::super::raw::RawAction;
use super::names::{category_named, region_named};
use super::read::{Refused, check_name, named, place, stated};
use super::{Action, ActionKind, ContractStep, Mismatch, Part, Participation, Ratio, Script, Taps};
use super::{card, loan, wealth};

/// The kinds as an error lists them.
const KINDS: &str = "publish-bills, cancel-bills, refund, exchange-back, sweep-to-treasury, \
    bind-front-end, register-merchant, create-campaign, register, draw, claim, close-campaign, \
    create-contracts, release-lesson, request-lesson, dispute-lesson, refund-contracts, \
    suspend-merchant, resume-merchant, issue-cards, load-cards, tap, report-lost, reissue-cards, \
    agree-loans, grant-mandates, disburse-loans, repay-loans, revoke-mandates, pay-payroll, \
    define-products, subscribe or redeem-products";

/// What the actions of an experiment are checked against.
pub(super) struct Actions<'a> {
    pub(super) cluster: &'a ClusterConfig,
    pub(super) days: u32,
    /// The script so far: actions speak of its wallets and series.
    pub(super) script: &'a Script,
}

impl Actions<'_> {
    /// Reads an action; the error names the key at fault.
    pub(super) fn read(&self, raw: &RawAction) -> Result<Action, Refused> {
        let kind = self.kind(raw)?;
        let name = raw.name.clone().unwrap_or_else(|| kind.name().to_owned());
        check_name(&name)?;
        let lockstep = &self.cluster.lockstep;
        let at = moment::read(lockstep, &raw.at).map_err(|message| ("at", message))?;
        // What an action instructs ends with the next tick, so there must be one.
        let last = lockstep.day(self.days).start().plus_ms(-lockstep.tick_ms);
        if at >= last {
            let sentence = format!("{:?} is not before the last tick of the run", raw.at);
            return Err(("at", sentence));
        }
        Ok(Action { name, at, kind })
    }

    fn kind(&self, raw: &RawAction) -> Result<ActionKind, Refused> {
        let series = || {
            let names = self.script.series.iter().map(|series| series.name.as_str());
            place("series", raw.series.as_deref(), names)
        };
        let wallets = || {
            let names = self.script.wallets.iter().map(|wallets| wallets.name.as_str());
            place("wallet", raw.wallet.as_deref(), names)
        };
        let campaign = || {
            let names = self.script.campaigns.iter().map(|campaign| campaign.name.as_str());
            place("campaign", raw.campaign.as_deref(), names)
        };
        let cards = || card::place_of(self.script, raw);
        let participation = || {
            let (campaign, wallets) = (campaign()?, wallets()?);
            Ok(Participation { campaign, wallets, except: raw.except })
        };
        let every = raw.every.unwrap_or(1);
        let amount = raw.amount.map(|yuan| yuan.0);
        let kind = match raw.kind.as_str() {
            "publish-bills" => {
                let due = raw.due.as_deref().map(|text| self.due(text)).transpose()?;
                ActionKind::PublishBills { series: series()?, due, release: raw.release.clone() }
            }
            "cancel-bills" => ActionKind::CancelBills { series: series()?, every },
            "refund" => ActionKind::Refund { series: series()?, every, amount },
            "exchange-back" => ActionKind::ExchangeBack { wallets: wallets()?, amount },
            "sweep-to-treasury" => ActionKind::SweepToTreasury { wallets: wallets()?, amount },
            "register-merchant" => {
                ActionKind::RegisterMerchant { wallets: wallets()?, traits: traits(raw)? }
            }
            "create-campaign" => ActionKind::CreateCampaign(campaign()?),
            "register" => ActionKind::Register(participation()?),
            "draw" => ActionKind::Draw(campaign()?),
            "claim" => ActionKind::Claim(participation()?),
            "close-campaign" => ActionKind::CloseCampaign(campaign()?),
            "suspend-merchant" => {
                ActionKind::SuspendMerchant { wallets: wallets()?, suspended: true }
            }
            "resume-merchant" => {
                ActionKind::SuspendMerchant { wallets: wallets()?, suspended: false }
            }
            "issue-cards" => ActionKind::IssueCards(cards()?),
            "load-cards" => ActionKind::LoadCards { cards: cards()?, amount: card::amount(raw)? },
            "tap" => ActionKind::Tap(Taps::read(raw, self.script, &self.cluster.lockstep)?),
            "report-lost" => ActionKind::ReportLost { cards: cards()?, every },
            "reissue-cards" => ActionKind::ReissueCards { cards: cards()?, every },
            "bind-front-end" => ActionKind::BindFrontEnd {
                wallets: wallets()?,
                front_end: stated("front_end", raw.front_end.as_deref())?.to_owned(),
                region: named(
                    "region",
                    raw.region.as_deref(),
                    region_named,
                    "a region of the pilot",
                )?,
                mismatch: raw.mismatch.as_deref().map(mismatch).transpose()?,
            },
            name => match self.agreement(raw)? {
                Some(kind) => kind,
                None => return Err(("kind", format!("{name:?} is not {KINDS}"))),
            },
        };
        check_beside(raw, &kind)?;
        self.check_bills(&kind)?;
        self.check_refund(&kind)?;
        Ok(kind)
    }

    /// What is done about contracts, loans, payrolls or wealth products; `None` of an action about something else.
    fn agreement(&self, raw: &RawAction) -> Result<Option<ActionKind>, Refused> {
        match contract_step(raw)? {
            Some(step) => self.contracts(raw, step).map(Some),
            None => match wealth::action(raw, self.script)? {
                Some(action) => Ok(Some(ActionKind::Wealth(action))),
                None => loan::action(raw, self.script),
            },
        }
    }

    fn contracts(&self, raw: &RawAction, step: ContractStep) -> Result<ActionKind, Refused> {
        let names = self.script.contracts.iter().map(|contracts| contracts.name.as_str());
        let contracts = place("contract", raw.contract.as_deref(), names)?;
        let of = Part { every: raw.every, except: raw.except };
        Ok(ActionKind::Contracts { contracts, step, of })
    }

    /// Bills are those of a series that pays its own.
    fn check_bills(&self, kind: &ActionKind) -> Result<(), Refused> {
        let (ActionKind::PublishBills { series, .. } | ActionKind::CancelBills { series, .. }) =
            kind
        else {
            return Ok(());
        };
        let of = &self.script.series[*series];
        if of.bills == Some(*series) {
            return Ok(());
        }
        Err(("series", format!("{:?} has no bills of its own", of.name)))
    }

    /// Which payments a habit adds is not known before.
    fn check_refund(&self, kind: &ActionKind) -> Result<(), Refused> {
        let ActionKind::Refund { series, .. } = kind else { return Ok(()) };
        let of = &self.script.series[*series];
        if of.sticky == Ratio::NONE {
            return Ok(());
        }
        Err(("series", format!("{:?} has payments that a habit adds", of.name)))
    }

    fn due(&self, text: &str) -> Result<Timestamp, Refused> {
        moment::read(&self.cluster.lockstep, text).map_err(|message| ("due", message))
    }
}

/// What an action does about contracts; `None` of one that is about something else.
fn contract_step(raw: &RawAction) -> Result<Option<ContractStep>, Refused> {
    let lesson = || raw.lesson.ok_or_else(|| ("lesson", "is missing".to_owned()));
    Ok(Some(match raw.kind.as_str() {
        "create-contracts" => ContractStep::Create,
        "release-lesson" => ContractStep::Release(lesson()?),
        "request-lesson" => ContractStep::Request(lesson()?),
        "dispute-lesson" => ContractStep::Dispute(lesson()?),
        "refund-contracts" => ContractStep::Refund,
        _ => return Ok(None),
    }))
}

fn traits(raw: &RawAction) -> Result<MerchantTraits, Refused> {
    let region = raw.region.as_deref();
    let region =
        region.map(|text| named("region", Some(text), region_named, "a region of the pilot"));
    let what = "a category of merchants";
    Ok(MerchantTraits {
        category: named("category", raw.category.as_deref(), category_named, what)?,
        region: region.transpose()?,
    })
}

fn mismatch(text: &str) -> Result<Mismatch, Refused> {
    named("mismatch", Some(text), Mismatch::named, "phone or identity")
}

/// A value that its kind does not read is most likely meant for another kind.
fn check_beside(raw: &RawAction, kind: &ActionKind) -> Result<(), Refused> {
    let read: &[&str] = match kind {
        ActionKind::PublishBills { .. } => &["series", "due", "release"],
        ActionKind::CancelBills { .. } => &["series", "every"],
        ActionKind::Refund { .. } => &["series", "every", "amount"],
        ActionKind::ExchangeBack { .. } | ActionKind::SweepToTreasury { .. } => {
            &["wallet", "amount"]
        }
        ActionKind::BindFrontEnd { .. } => &["wallet", "front_end", "region", "mismatch"],
        ActionKind::IssueCards(_) => &["card"],
        ActionKind::LoadCards { .. } => &["card", "amount"],
        ActionKind::Tap(_) => card::TAP_KEYS,
        ActionKind::Loans(action) => action.keys(),
        ActionKind::Wealth(action) => action.keys(),
        ActionKind::PayPayroll(_) => &["payroll"],
        ActionKind::ReportLost { .. } | ActionKind::ReissueCards { .. } => &["card", "every"],
        ActionKind::RegisterMerchant { .. } => &["wallet", "category", "region"],
        ActionKind::Contracts { step: ContractStep::Create, .. } => &["contract"],
        ActionKind::Contracts { step: ContractStep::Refund, .. } => {
            &["contract", "every", "except"]
        }
        ActionKind::Contracts { .. } => &["contract", "lesson", "every", "except"],
        ActionKind::SuspendMerchant { .. } => &["wallet"],
        ActionKind::Register(_) | ActionKind::Claim(_) => &["campaign", "wallet", "except"],
        ActionKind::CreateCampaign(_) | ActionKind::Draw(_) | ActionKind::CloseCampaign(_) => {
            &["campaign"]
        }
    };
    let stated = [
        ("due", raw.due.is_some()),
        ("release", raw.release.is_some()),
        ("series", raw.series.is_some()),
        ("every", raw.every.is_some()),
        ("amount", raw.amount.is_some()),
        ("wallet", raw.wallet.is_some()),
        ("front_end", raw.front_end.is_some()),
        ("region", raw.region.is_some()),
        ("mismatch", raw.mismatch.is_some()),
        ("campaign", raw.campaign.is_some()),
        ("except", raw.except.is_some()),
        ("contract", raw.contract.is_some()),
        ("lesson", raw.lesson.is_some()),
        ("loan", raw.loan.is_some()),
        ("payroll", raw.payroll.is_some()),
        ("wealth", raw.wealth.is_some()),
        ("category", raw.category.is_some()),
        ("card", raw.card.is_some()),
        ("to", raw.to.is_some()),
        ("begin", raw.begin.is_some()),
        ("end", raw.end.is_some()),
        ("times", raw.times.is_some()),
        ("cheats", raw.cheats.is_some()),
        ("cheat_to", raw.cheat_to.is_some()),
        ("amount_max", raw.amount_max.is_some()),
    ];
    match stated.into_iter().find(|(key, is_stated)| *is_stated && !read.contains(key)) {
        None => Ok(()),
        Some((key, _)) => {
            Err((key, format!("stands beside kind = {:?}, which does not have it", kind.name())))
        }
    }
}
