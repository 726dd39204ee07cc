//! What was queued during a run, from its table.

use std::path::Path;

use crate::table::{Reader, TableError};

use super::series::Changes;

/// What waited, for a cut-off or for cover.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// The value that waits over time.
    pub(super) value: Changes,
    /// How many obligations or payments ever waited.
    pub(super) queued: u64,
    /// How many of them went back to their payers.
    pub(super) returned: u64,
}

impl Queue {
    /// Reads the table in a folder; nothing without the columns that tell.
    pub(super) fn read(folder: &Path) -> Result<Self, TableError> {
        let mut queue = Self { value: Changes::new(1), queued: 0, returned: 0 };
        let (reader, names) =
            (Reader::open(folder, "queue")?, ["amount_fen", "queued_at", "ended_at", "state"]);
        if names.iter().all(|name| reader.has(name)) {
            reader.each_group(&names, |group| {
                for row in 0..group.rows() {
                    let (fen, at) = (group.integer(0, row)?, group.integer(1, row)?);
                    queue.queued += 1;
                    queue.returned += u64::from(group.text(3, row)? == "RETURNED");
                    queue.value.add(at, 0, fen);
                    if let Some(end) = group.optional_integer(2, row)? {
                        queue.value.add(end, 0, -fen);
                    }
                }
                Ok(())
            })?;
        }
        Ok(queue)
    }
}
