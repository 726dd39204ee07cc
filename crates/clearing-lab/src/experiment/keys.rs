//! The keys of an experiment as they are listed.

use std::sync::LazyLock;

use clearing_config::{CLUSTER_KEYS, Key, keys_of};

use super::raw::RawExperiment;

/// The keys of an experiment without those of `[cluster]`.
pub static EXPERIMENT_KEYS: LazyLock<Vec<Key>> = LazyLock::new(keys_of::<RawExperiment>);

/// The keys of an experiment with those of its cluster.
pub fn all_keys() -> Vec<Key> {
    [EXPERIMENT_KEYS.as_slice(), &CLUSTER_KEYS].concat()
}
