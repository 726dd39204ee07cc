//! How a workload grows over the dates of a run: payments, operators and regions.

use std::collections::BTreeMap;

use clearing_config::{ClusterConfig, ConfigError, within};
use clearing_domain::money::{BusinessDate, OperatorCode};

use super::raw::RawHome;
use super::script::region_named;
use super::{Generated, Home};

/// The most payments of a day.
const PAYMENTS_MAX: u64 = 100_000_000;
/// The most points of a growth.
const POINTS_MAX: usize = 1000;

/// The numbers of payments by their dates.
pub(super) fn points(raw: &BTreeMap<String, u64>) -> Result<Vec<(BusinessDate, u64)>, ConfigError> {
    if raw.len() > POINTS_MAX {
        let sentence = format!("{} are more than {POINTS_MAX}", raw.len());
        return Err(ConfigError::value("workload.growth", sentence));
    }
    let point = |(day, number): (&String, &u64)| {
        let path = format!("workload.growth.{day}");
        Ok((date(&path, day)?, within(&path, *number, 0, PAYMENTS_MAX)?))
    };
    let mut points = raw.iter().map(point).collect::<Result<Vec<_>, _>>()?;
    points.sort_unstable();
    Ok(points)
}

/// The days from which on operators take part.
pub(super) fn opens(
    raw: &BTreeMap<String, String>,
    cluster: &ClusterConfig,
) -> Result<BTreeMap<OperatorCode, BusinessDate>, ConfigError> {
    let open = |(name, day): (&String, &String)| {
        let path = format!("workload.opens.{name}");
        let unknown = || ConfigError::value(&path, "is not in the roster of the configuration");
        let operator = cluster.operator_named(name).ok_or_else(unknown)?;
        Ok((operator.code, date(&path, day)?))
    };
    raw.iter().map(open).collect()
}

/// The regions that wallets live in, each once.
pub(super) fn homes(raw: &[RawHome]) -> Result<Vec<Home>, ConfigError> {
    let mut homes: Vec<Home> = Vec::with_capacity(raw.len());
    for (place, raw) in raw.iter().enumerate() {
        let path = |key: &str| format!("workload.regions.{}.{key}", place + 1);
        let named = region_named(&raw.name)
            .filter(|region| homes.iter().all(|home| home.region != *region));
        let region = named.ok_or_else(|| {
            let sentence = format!("{:?} is not a region of the pilot, named once", raw.name);
            ConfigError::value(path("name"), sentence)
        })?;
        let from = match &raw.from {
            None => region.batch().joined(),
            Some(day) => date(&path("from"), day)?,
        };
        homes.push(Home { region, from, weight: raw.weight.unwrap_or(1.0) });
    }
    if !homes.is_empty() && homes.iter().all(|home| home.weight <= 0.0) {
        return Err(ConfigError::value("workload.regions", "every region has the weight 0"));
    }
    Ok(homes)
}

fn date(path: &str, text: &str) -> Result<BusinessDate, ConfigError> {
    let wrong = || ConfigError::value(path, format!("{text:?} is not a date as in 2022-08-24"));
    BusinessDate::parse(text).ok_or_else(wrong)
}

pub(super) fn show_points(points: &[(BusinessDate, u64)]) -> BTreeMap<String, u64> {
    points.iter().map(|(day, number)| (day.to_string(), *number)).collect()
}

pub(super) fn show_opens(opens: &BTreeMap<OperatorCode, BusinessDate>) -> BTreeMap<String, String> {
    opens.iter().map(|(code, day)| (code.to_string(), day.to_string())).collect()
}

pub(super) fn show_home(home: &Home) -> RawHome {
    RawHome {
        name: home.region.name().to_owned(),
        from: Some(home.from.to_string()),
        weight: Some(home.weight),
    }
}

impl Generated {
    /// How many payments are submitted on a day.
    pub fn payments_on(&self, day: BusinessDate) -> u64 {
        let after = self.growth.partition_point(|(date, _)| *date <= day);
        let before = after.checked_sub(1).map(|place| self.growth[place]);
        match (before, self.growth.get(after)) {
            (None, None) => self.payments_per_day,
            (Some((_, number)), None) | (None, Some(&(_, number))) => number,
            (Some((from, least)), Some(&(until, most))) => {
                let part = i128::from(day.days()) - i128::from(from.days());
                let all = i128::from(until.days()) - i128::from(from.days());
                let more = (i128::from(most) - i128::from(least)) * part;
                // To the nearest whole number; the line never leaves the two points.
                let more = (2 * more + all).div_euclid(2 * all);
                u64::try_from(i128::from(least) + more).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Experiment, WorkloadConfig};

    fn generated(workload: &str) -> Result<Generated, String> {
        let text = format!("name = 'x'\n[workload]\n{workload}");
        let read = Experiment::from_text(&text, &[], None).map_err(|error| error.to_string())?;
        let again = Experiment::from_text(&read.to_toml(None), &[], None).unwrap();
        assert_eq!(again, read);
        let WorkloadConfig::Generated(generated) = read.workload else { panic!() };
        Ok(*generated)
    }

    #[test]
    fn payments_grow_along_the_lines_between_dates() {
        let growth = "growth = { '2022-01-11' = 20, '2022-01-01' = 10, '2022-01-15' = 0 }\npayments_per_day = 7";
        let generated = generated(growth).unwrap();
        let on = |text: &str| generated.payments_on(BusinessDate::parse(text).unwrap());
        let days =
            ["2021-12-31", "2022-01-01", "2022-01-04", "2022-01-11", "2022-01-13", "2022-02-01"];
        assert_eq!(days.map(on), [10, 10, 13, 20, 10, 0]);
        let plain = super::tests::generated("payments_per_day = 7").unwrap();
        assert_eq!(plain.payments_on(BusinessDate::parse("2022-01-01").unwrap()), 7);
    }

    #[test]
    fn a_region_has_the_day_of_its_batch_unless_another_is_stated() {
        let regions = "regions = [{ name = 'Shenzhen' }, { name = \"Xi'an\", from = '2021-05-01', weight = 2 }, { name = 'Xiamen' }]";
        let generated = generated(regions).unwrap();
        let homes = generated.regions.iter();
        let homes: Vec<_> = homes.map(|home| (home.from.to_string(), home.weight)).collect();
        let day = |text: &str, weight| (text.to_owned(), weight);
        assert_eq!(homes, [day("2020-10-01", 1.0), day("2021-05-01", 2.0), day("2022-04-01", 1.0)]);
    }

    #[test]
    fn what_cannot_grow_is_named() {
        let refuses =
            |text: &str, sentence: &str| assert_eq!(generated(text).unwrap_err(), sentence);
        refuses(
            "growth = { may = 1 }",
            "workload.growth.may: \"may\" is not a date as in 2022-08-24",
        );
        refuses(
            "growth = { 2022-01-01 = 100000001 }",
            "workload.growth.2022-01-01: 100000001 is not between 0 and 100000000",
        );
        refuses(
            "opens = { XYZ = '2022-01-01' }",
            "workload.opens.XYZ: is not in the roster of the configuration",
        );
        refuses(
            "regions = [{ name = 'Xiamen' }, { name = 'Xiamen' }]",
            "workload.regions.2.name: \"Xiamen\" is not a region of the pilot, named once",
        );
        refuses(
            "regions = [{ name = 'Xiamen', weight = 0 }]",
            "workload.regions: every region has the weight 0",
        );
    }
}
