//! What results call the operators: the identifiers of a file of payments where it has other names
//! than codes.

use std::collections::HashMap;

use clearing_config::ClusterConfig;

use super::summary::Summary;

/// The identifiers of operators by their codes, of those that have one.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels(HashMap<String, String>);

impl Labels {
    pub(super) fn new(config: &ClusterConfig) -> Self {
        let identified = config.operators.iter().filter_map(|operator| {
            operator
                .identifier
                .as_ref()
                .map(|identifier| (operator.code.to_string(), identifier.clone()))
        });
        Self(identified.collect())
    }

    /// What an operator is called, or anything else that stands where its code may.
    pub(super) fn of<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.get(code).map_or(code, String::as_str)
    }

    /// Calls the operators of a summary by their identifiers.
    pub(super) fn apply(&self, summary: &mut Summary) {
        let codes = summary.operators.iter_mut().map(|operator| &mut operator.code);
        let codes =
            codes.chain(summary.indicators.operators.iter_mut().map(|operator| &mut operator.code));
        let codes = codes.chain(
            summary.faults.iter_mut().flat_map(|fault| [&mut fault.target, &mut fault.operator]),
        );
        let codes = codes.chain(summary.treasury.iter_mut().map(|one| &mut one.operator));
        // Identifiers are put in last and in one place, so nothing before this has to know of them.
        for code in codes {
            if let Some(identifier) = self.0.get(code.as_str()) {
                code.clone_from(identifier);
            }
        }
    }
}
