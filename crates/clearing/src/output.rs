//! The output of commands: results on standard output, sentences for a person on standard error.
//!
//! Neither may end a command in a panic. An error of writing is a failure of the machine, except
//! when the reader has closed the pipe, as `head` does: the command then continues to its own end.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// Writes a result to standard output.
pub(crate) fn print(text: impl Display) -> Result<(), Failure> {
    write_to(&mut io::stdout().lock(), text)
}

/// Writes a result and ends the line.
pub(crate) fn print_line(text: impl Display) -> Result<(), Failure> {
    print(format_args!("{text}\n"))
}

/// Writes a sentence for a person to standard error. An error there cannot be reported anywhere.
pub(crate) fn notice(sentence: impl Display) {
    let _ = writeln!(io::stderr().lock(), "clearing: {sentence}");
}

fn write_to(output: &mut impl Write, text: impl Display) -> Result<(), Failure> {
    // Flushed here: at the exit of the process nobody would see the error of a full disk.
    match write!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The failure of a command that cannot write its result.
pub(crate) fn failed(error: &io::Error) -> Failure {
    Failure::process(format!("cannot write to standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_a_failure_and_a_reader_that_left_is_none() {
        assert!(write_to(&mut Broken(ErrorKind::StorageFull), "text").is_err());
        assert!(write_to(&mut Broken(ErrorKind::BrokenPipe), "text").is_ok());
    }
}
