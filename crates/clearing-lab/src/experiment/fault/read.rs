//! Faults as they stand in a file, and what is refused of them.

use clearing_config::{ClusterConfig, ConfigError, Described as _, check_keys, read_value};
use clearing_domain::Regime;
use clearing_domain::central_bank::Manner;
use clearing_domain::money::Timestamp;
use toml::{Table, Value};

use super::super::keys::all_keys;
use super::super::moment;
use super::super::raw::RawFault;
use super::{Fault, FaultKind, FaultTarget};

/// The most faults of an experiment.
const FAULTS_MAX: usize = 1000;
/// The kinds as an error lists them.
const KINDS: &str = "outage, cut, slow, liquidity-loss, funding, failure or crash";

/// What the faults of an experiment are checked against.
struct Run<'a> {
    cluster: &'a ClusterConfig,
    days: u32,
}

/// Reads the list of a file; what the faults say is checked once the cluster and the days are
/// known.
pub(in super::super) fn read(list: Value) -> Result<Vec<RawFault>, ConfigError> {
    check_keys(
        "",
        &Value::Table(Table::from_iter([("fault".to_owned(), list.clone())])),
        &all_keys(),
    )?;
    let Value::Array(list) = list else {
        return Err(ConfigError::value("fault", format!("{list} is not a list of faults")));
    };
    let count = list.len();
    if count > FAULTS_MAX {
        return Err(ConfigError::value(
            "fault",
            format!("{count} faults are more than {FAULTS_MAX}"),
        ));
    }
    let read = |(place, value)| read_value(&format!("fault.{}", place + 1), value);
    list.into_iter().enumerate().map(read).collect()
}

/// Checks the faults of an experiment of so many days.
pub(in super::super) fn resolve(
    faults: &[RawFault],
    cluster: &ClusterConfig,
    days: u32,
) -> Result<Vec<Fault>, ConfigError> {
    let run = Run { cluster, days };
    let resolve = |(place, raw): (usize, &RawFault)| {
        let refused =
            |(key, message)| ConfigError::value(format!("fault.{}.{key}", place + 1), message);
        let fault = run.resolve(raw).map_err(refused)?;
        // After the kind: a number that its kind does not have is refused as such and not for its
        // size.
        raw.check_ranges().map_err(|error| error.in_item(place))?;
        Ok(fault)
    };
    faults.iter().enumerate().map(resolve).collect()
}

/// The fault as it stands in a file with every value stated.
pub(in super::super) fn raw(fault: &Fault, start: Timestamp) -> RawFault {
    let mut raw = RawFault {
        kind: Some(fault.kind.name().to_owned()),
        operator: Some(fault.target.to_string()),
        at: Some(moment::show(start, fault.at)),
        until: fault.until.map(|until| moment::show(start, until)),
        ..RawFault::default()
    };
    match fault.kind {
        FaultKind::Slow { delay_ticks } => raw.delay_ticks = Some(delay_ticks),
        FaultKind::LiquidityLoss { share } => raw.share = Some(share.to_string().into()),
        FaultKind::Funding { amount } => raw.amount = Some(amount.to_string().into()),
        FaultKind::Outage | FaultKind::Cut | FaultKind::Failure | FaultKind::Crash => {}
    }
    raw
}

/// A key with what is wrong with its value.
type Refused = (&'static str, String);

impl Run<'_> {
    fn resolve(&self, raw: &RawFault) -> Result<Fault, Refused> {
        let kind = kind(raw)?;
        let target = self.target(raw, kind)?;
        // In the cash regime these two would do nothing, and a fault that does nothing looks like a
        // finding.
        if matches!(kind, FaultKind::LiquidityLoss { .. }) && self.cluster.regime == Regime::Cash {
            let sentence = "\"liquidity-loss\" needs cluster.regime = \"deposit\": in the cash regime the settlement \
                balance is e-CNY, which leaves an operator only by a withdrawal";
            return Err(("kind", sentence.to_owned()));
        }
        if matches!(kind, FaultKind::Funding { .. }) && self.cluster.regime == Regime::Cash {
            let sentence = "\"funding\" needs cluster.regime = \"deposit\": in the cash regime what settles is e-CNY";
            return Err(("kind", sentence.to_owned()));
        }
        let at = self.time("at", stated("at", raw.at.as_deref())?)?;
        if at >= self.end() {
            return Err(("at", self.outside(at)));
        }
        let until = self.until(raw, kind, at)?;
        Ok(Fault { kind, target, at, until })
    }

    fn target(&self, raw: &RawFault, kind: FaultKind) -> Result<FaultTarget, Refused> {
        let text = stated("operator", raw.operator.as_deref())?;
        let refused = |sentence: &str| Err(("operator", format!("{text:?} {sentence}")));
        // A roster may give an operator an identifier that is also a word for a target; the roster
        // is nearer.
        let named =
            self.cluster.operator_named(text).map(|operator| FaultTarget::Operator(operator.code));
        let target = named
            .map_or_else(|| text.parse().map_err(|error| ("operator", format!("{error}"))), Ok)?;
        match target {
            FaultTarget::Operator(code)
                if !self.cluster.operators.iter().any(|operator| operator.code == code) =>
            {
                refused(
                    "is not in the roster, and none of largest-net-debtor, largest-sender, largest-shortfall",
                )
            }
            FaultTarget::CentralBank if kind != FaultKind::Crash => refused("can only crash"),
            FaultTarget::LargestNetDebtor
            | FaultTarget::LargestSender
            | FaultTarget::LargestShortfall
                if !self.has_cycles() =>
            {
                refused("needs positions, which only cluster.settlement = \"deferred-net\" has")
            }
            FaultTarget::Operator(_)
            | FaultTarget::CentralBank
            | FaultTarget::LargestNetDebtor
            | FaultTarget::LargestSender
            | FaultTarget::LargestShortfall => Ok(target),
        }
    }

    fn has_cycles(&self) -> bool {
        let later = self.cluster.changes.iter().map(|change| change.mode);
        [self.cluster.mode].into_iter().chain(later).any(|mode| mode.manner() == Manner::Net)
    }

    fn until(
        &self,
        raw: &RawFault,
        kind: FaultKind,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, Refused> {
        let Some(text) = raw.until.as_deref() else { return Ok(None) };
        if !kind.lasts() {
            return Err((
                "until",
                format!("{text:?} stands beside kind = {:?}, which has no end", kind.name()),
            ));
        }
        let until = self.time("until", text)?;
        let tick = |time: Timestamp| {
            (time.ms() - self.start().ms()).div_euclid(self.cluster.lockstep.tick_ms)
        };
        // Faults begin and end between ticks, so one within a single tick would never be in force.
        if tick(until) <= tick(at) {
            let began = moment::show(self.start(), at);
            return Err(("until", format!("{text:?} is not in a later tick than at = {began:?}")));
        }
        if until > self.end() {
            return Err(("until", self.outside(until)));
        }
        // The end of the run is stated as no end, so that the resolved form has one spelling of it.
        Ok(Some(until).filter(|until| *until < self.end()))
    }

    fn start(&self) -> Timestamp {
        self.cluster.lockstep.start
    }

    fn end(&self) -> Timestamp {
        self.cluster.lockstep.day(self.days).start()
    }

    fn outside(&self, time: Timestamp) -> String {
        let text = moment::show(self.start(), time);
        format!("{text:?} is outside the days of the run, 1 to {}", self.days)
    }

    fn time(&self, key: &'static str, text: &str) -> Result<Timestamp, Refused> {
        moment::read(&self.cluster.lockstep, text).map_err(|message| (key, message))
    }
}

fn kind(raw: &RawFault) -> Result<FaultKind, Refused> {
    let name = stated("kind", raw.kind.as_deref())?;
    let kind = match name {
        "outage" => FaultKind::Outage,
        "cut" => FaultKind::Cut,
        "failure" => FaultKind::Failure,
        "crash" => FaultKind::Crash,
        "slow" => FaultKind::Slow { delay_ticks: delay_ticks(raw)? },
        "funding" => FaultKind::Funding { amount: funding(raw)? },
        "liquidity-loss" => FaultKind::LiquidityLoss { share: share(raw)? },
        _ => return Err(("kind", format!("{name:?} is not {KINDS}"))),
    };
    // A value that its kind does not read is most likely meant for another kind.
    let beside =
        |value: String| format!("{value} stands beside kind = {name:?}, which does not have it");
    if let Some(amount) = raw.amount.as_ref().filter(|_| name != "funding") {
        return Err(("amount", beside(amount.to_string())));
    }
    match (&raw.share, raw.delay_ticks) {
        (Some(share), _) if name != "liquidity-loss" => Err(("share", beside(share.to_string()))),
        (_, Some(ticks)) if name != "slow" => Err(("delay_ticks", beside(ticks.to_string()))),
        (Some(_) | None, Some(_) | None) => Ok(kind),
    }
}

fn delay_ticks(raw: &RawFault) -> Result<u64, Refused> {
    raw.delay_ticks.ok_or_else(|| missing("delay_ticks"))
}

fn share(raw: &RawFault) -> Result<super::Share, Refused> {
    text_of("share", raw.share.as_ref())?.parse().map_err(|message| ("share", message))
}

fn funding(raw: &RawFault) -> Result<super::Funding, Refused> {
    text_of("amount", raw.amount.as_ref())?.parse().map_err(|message| ("amount", message))
}

/// A value is text or a number; of a number its shortest decimal text counts.
fn text_of(key: &'static str, value: Option<&toml::Value>) -> Result<String, Refused> {
    let value = value.ok_or_else(|| missing(key))?;
    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn stated<'a>(key: &'static str, text: Option<&'a str>) -> Result<&'a str, Refused> {
    text.ok_or_else(|| missing(key))
}

fn missing(key: &'static str) -> Refused {
    (key, "is missing".to_owned())
}
