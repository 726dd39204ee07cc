//! Actions as they stand in a file, and what is refused of them.

use clearing_config::ClusterConfig;
use clearing_domain::money::Timestamp;

use super::super::moment;
use super::super::raw::RawAction;
use super::names::region_named;
use super::read::{Refused, check_name, named, place, stated};
use super::{Action, ActionKind, Mismatch, Script};

/// The kinds as an error lists them.
const KINDS: &str = "publish-bills, cancel-bills, refund, exchange-back, sweep-to-treasury or \
    bind-front-end";

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
            name => return Err(("kind", format!("{name:?} is not {KINDS}"))),
        };
        check_beside(raw, &kind)?;
        self.check_bills(&kind)?;
        Ok(kind)
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

    fn due(&self, text: &str) -> Result<Timestamp, Refused> {
        moment::read(&self.cluster.lockstep, text).map_err(|message| ("due", message))
    }
}

fn mismatch(text: &str) -> Result<Mismatch, Refused> {
    named("mismatch", Some(text), Mismatch::named, "phone or identity")
}

/// A value that its kind does not read is most likely meant for another kind.
fn check_beside(raw: &RawAction, kind: &ActionKind) -> Result<(), Refused> {
    let [bills, series, amounts, wallets, front_end] = match kind {
        ActionKind::PublishBills { .. } => [true, true, false, false, false],
        ActionKind::CancelBills { .. } => [false, true, false, false, false],
        ActionKind::Refund { .. } => [false, true, true, false, false],
        ActionKind::ExchangeBack { .. } | ActionKind::SweepToTreasury { .. } => {
            [false, false, true, true, false]
        }
        ActionKind::BindFrontEnd { .. } => [false, false, false, true, true],
    };
    let is_part = matches!(kind, ActionKind::CancelBills { .. } | ActionKind::Refund { .. });
    let stated = [
        ("due", raw.due.is_some(), bills),
        ("release", raw.release.is_some(), bills),
        ("series", raw.series.is_some(), series),
        ("every", raw.every.is_some(), is_part),
        ("amount", raw.amount.is_some(), amounts),
        ("wallet", raw.wallet.is_some(), wallets),
        ("front_end", raw.front_end.is_some(), front_end),
        ("region", raw.region.is_some(), front_end),
        ("mismatch", raw.mismatch.is_some(), front_end),
    ];
    match stated.into_iter().find(|(_, is_stated, is_read)| *is_stated && !is_read) {
        None => Ok(()),
        Some((key, ..)) => {
            Err((key, format!("stands beside kind = {:?}, which does not have it", kind.name())))
        }
    }
}
