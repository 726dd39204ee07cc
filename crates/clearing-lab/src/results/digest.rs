//! The digest of a run: BLAKE3 over its outcome as text, one line per fact.
//!
//! The lines, in this order, each ending with a line feed and its fields separated by commas:
//! `payment,ID,PAYER,PAYEE,AMOUNT,STATE,REASON,CYCLE` by id, `wallet,NUMBER,BALANCE` by number,
//! `position,CYCLE,OPERATOR,SENT,RECEIVED,NET,BROUGHT,SETTLED,CARRIED,BALANCE` by cycle and code,
//! `account,OPERATOR,RESERVES,HELD,UNSETTLED` by code. Money is in fen; a missing reason is empty
//! and a missing cycle 0.

use std::fmt::{self, Write};

use super::outcome::Outcome;
use super::tables::state_name;

/// How much text is collected before it is hashed.
const CHUNK: usize = 1 << 16;

/// Hashes text as it is written.
struct Hashed {
    hasher: blake3::Hasher,
    text: String,
}

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        if self.text.len() >= CHUNK {
            // BLAKE3 takes large pieces several times faster than short ones.
            self.hasher.update(self.text.as_bytes());
            self.text.clear();
        }
        Ok(())
    }
}

impl Outcome {
    /// The digest in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hashed = Hashed { hasher: blake3::Hasher::new(), text: String::new() };
        // Writing into memory cannot fail.
        let _ = self.write_lines(&mut hashed);
        hashed.hasher.update(hashed.text.as_bytes()).finalize().to_hex().to_string()
    }

    fn write_lines(&self, lines: &mut impl Write) -> fmt::Result {
        // The order of the lines is part of the digest: another one would change that of every run.
        for payment in &self.payments {
            let reason = payment.reason.map(clearing_domain::Reason::name).unwrap_or_default();
            let state = state_name(payment.state);
            let (id, payer, payee, amount) =
                (payment.id, payment.payer, payment.payee, payment.amount);
            writeln!(
                lines,
                "payment,{id},{payer},{payee},{amount},{state},{reason},{}",
                payment.cycle
            )?;
        }
        for (number, balance) in &self.wallets {
            writeln!(lines, "wallet,{number},{balance}")?;
        }
        for position in &self.positions {
            write!(lines, "position,{},{}", position.cycle, position.operator)?;
            position.sums.iter().try_for_each(|sum| write!(lines, ",{sum}"))?;
            writeln!(lines)?;
        }
        for (operator, [reserves, held, unsettled]) in &self.accounts {
            writeln!(lines, "account,{operator},{reserves},{held},{unsettled}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Outcome;
    use crate::engine::{golden, run};

    #[test]
    fn the_lines_are_as_documented() {
        let mut text = String::new();
        Outcome::of_ledgers(&run(&golden()).unwrap()).write_lines(&mut text).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("payment,") && line.ends_with(",2500,COMPLETED,,1"))
        );
        assert!(lines.contains(&"wallet,1012000000000012,3500"), "{text}");
        assert!(lines.contains(&"position,1,A,11500,3500,-8000,0,-8000,0,92000"), "{text}");
        assert_eq!(lines.last(), Some(&"account,D,99500,0,0"));
        assert_eq!(lines.len(), 6 + 4 + 4 + 4);
    }
}
