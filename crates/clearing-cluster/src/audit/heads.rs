//! The heads of the hash chains, as an audit prints them and as a later one finds them again.
//!
//! A head that was printed earlier and kept elsewhere is an anchor: whoever forges a file with new
//! hashes throughout cannot also have that head at that batch.

use std::fmt;

use clearing_domain::money::{cut, whole_number};
use clearing_domain::seal::BatchSeal;
use thiserror::Error;

use super::AuditLine;
use crate::cluster::Member;

/// The head of a member's hash chain at a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Whose chain it is.
    pub member: Member,
    /// The number of the batch; 0 before the first.
    pub batch: u64,
    /// The hash.
    pub hash: [u8; 32],
}

/// A file of heads cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeadsError {
    /// A line is no head.
    #[error(
        "line {line} is no head of a chain: {text:?}; it has the form 'head MEMBER BATCH HASH'"
    )]
    Malformed {
        /// The number of the line, from 1.
        line: usize,
        /// The line, cut when it is long.
        text: String,
    },
    /// No line is a head.
    #[error("no line is the head of a chain")]
    Empty,
}

impl ChainHead {
    /// The last head of a chain.
    pub(super) fn last(member: Member, seals: &[BatchSeal]) -> Self {
        let (batch, hash) = seals.last().map_or((0, [0; 32]), |seal| (seal.batch, seal.hash));
        Self { member, batch, hash }
    }

    /// Whether the chains of today hold this head.
    pub(super) fn find(&self, chains: &[(Member, Vec<BatchSeal>)]) -> AuditLine {
        let Self { member, batch, .. } = self;
        let name = format!("{member}: the head seen earlier is in the chain");
        let seals = chains.iter().find(|(found, _)| found == member).map(|(_, seals)| seals);
        let found = seals.and_then(|seals| seals.iter().find(|seal| seal.batch == *batch));
        let (ok, detail) = match (seals, found) {
            (None, _) => (false, "there is no ledger of it that can be read".to_owned()),
            // An empty chain has no batch to be found, and every chain goes on from it.
            (Some(_), None) if *batch == 0 => (true, "it was empty".to_owned()),
            (Some(seals), None) => {
                let last = seals.last().map_or(0, |seal| seal.batch);
                (false, format!("batch {batch} is missing; the chain ends at batch {last}"))
            }
            (Some(_), Some(seal)) if seal.hash == self.hash => (true, format!("batch {batch}")),
            (Some(_), Some(_)) => (false, format!("batch {batch} has another head")),
        };
        AuditLine { name, ok, detail }
    }
}

impl fmt::Display for ChainHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, batch, hash } = self;
        write!(formatter, "head    {member} {batch} {}", blake3::Hash::from_bytes(*hash).to_hex())
    }
}

/// Reads heads from a file of them, or from everything that an audit printed.
pub fn read(text: &str) -> Result<Vec<ChainHead>, HeadsError> {
    let mut heads = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        // The whole output of an audit is a file of heads, so its other lines are passed over.
        let of_an_audit =
            ["ok ", "BROKEN ", "verdict "].iter().any(|start| line.starts_with(start));
        if line.is_empty() || line.starts_with('#') || of_an_audit {
            continue;
        }
        heads.push(
            head(line)
                .ok_or_else(|| HeadsError::Malformed { line: index + 1, text: cut(line, 100) })?,
        );
    }
    if heads.is_empty() { Err(HeadsError::Empty) } else { Ok(heads) }
}

fn head(line: &str) -> Option<ChainHead> {
    let mut parts = line.split_ascii_whitespace();
    let (start, member, batch, hash, end) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next());
    if start != "head" || end.is_some() {
        return None;
    }
    let hash = *blake3::Hash::from_hex(hash).ok()?.as_bytes();
    Some(ChainHead { member: member.parse().ok()?, batch: whole_number(batch)?, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<BatchSeal> {
        let seal =
            |batch| BatchSeal { batch, last_row: batch, hash: [batch as u8; 32], beside: None };
        (1..=3).map(seal).collect()
    }

    #[test]
    fn heads_read_back_as_printed_among_the_other_lines_of_an_audit() {
        let head = ChainHead::last(Member::CentralBank, &chain());
        let text = format!(
            "ok      ICBC: hash chain: 3 batches\n# kept on paper\n\n{head}\r\nverdict ok: 1 check\n"
        );
        assert_eq!(read(&text), Ok(vec![head]));
    }

    #[test]
    fn a_line_that_is_no_head_is_named() {
        let malformed = |text: &str| read(text).unwrap_err().to_string();
        let hash = "ab".repeat(32);
        assert!(
            malformed(&format!("head ICBC 1 {hash}\nhead ICBC x {hash}"))
                .starts_with("line 2 is no head")
        );
        assert!(malformed(&format!("head ICBC 1 {}", &hash[2..])).starts_with("line 1 is no head"));
        assert!(malformed(&format!("head ICBC 1 {hash} more")).starts_with("line 1 is no head"));
        for batch in ["+1", "-1", "1.0"] {
            assert!(
                malformed(&format!("head ICBC {batch} {hash}")).starts_with("line 1 is no head"),
                "{batch}"
            );
        }
        let long = malformed(&"x".repeat(101));
        assert!(
            long.starts_with(&format!("line 1 is no head of a chain: \"{}…\"; ", "x".repeat(100))),
            "{long}"
        );
        assert_eq!(malformed("ok      nothing here"), "no line is the head of a chain");
    }

    #[test]
    fn an_earlier_head_is_found_and_another_or_a_missing_one_is_not() {
        let chains = vec![(Member::CentralBank, chain())];
        let find = |batch, byte| {
            ChainHead { member: Member::CentralBank, batch, hash: [byte; 32] }.find(&chains)
        };
        assert!(find(2, 2).ok && find(3, 3).ok && find(0, 0).ok);
        assert_eq!(find(2, 9).detail, "batch 2 has another head");
        assert_eq!(find(4, 4).detail, "batch 4 is missing; the chain ends at batch 3");
        let stranger = ChainHead { member: "ICBC".parse().unwrap(), batch: 1, hash: [1; 32] };
        assert!(!stranger.find(&chains).ok);
    }
}
