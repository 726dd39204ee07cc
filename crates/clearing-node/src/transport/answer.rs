//! The bodies of answers, and the limit of the time for which a client may leave them unread.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use super::connections::CallUnderWay;

/// The stretches of time that are counted apart: the present one, two before it in which an answer
/// may have begun to wait, and one that is too long ago.
const STRETCHES: usize = 4;

/// How many answers of a connection wait for its client, by the stretch of time in which they began
/// to wait. Counters replace a timer for each answer, which every message would start and stop.
#[derive(Debug, Default)]
pub(super) struct WaitingAnswers([AtomicU32; STRETCHES]);

impl WaitingAnswers {
    /// Counts an answer that waits from now on, and returns the place of its count.
    pub(super) fn begin(&self, stretch: u64) -> usize {
        let place = usize::try_from(stretch % STRETCHES as u64).unwrap_or_default();
        self.0[place].fetch_add(1, Ordering::Relaxed);
        place
    }

    /// Counts an answer that waits no longer.
    pub(super) fn end(&self, place: usize) {
        self.0[place].fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether an answer has waited for two whole stretches.
    pub(super) fn are_late(&self, stretch: u64) -> bool {
        // Of four places the next one is the oldest: answers in it began three stretches ago.
        let place = usize::try_from((stretch + 1) % STRETCHES as u64).unwrap_or_default();
        self.0[place].load(Ordering::Relaxed) > 0
    }
}

/// The body of an answer; the call is under way until the body is sent or dropped. HTTP/2 polls it
/// only when its client has room for more.
pub(super) struct AnswerBody {
    body: Body,
    call: CallUnderWay,
    /// The place of its count while it waits for its client.
    waits: Option<usize>,
}

impl AnswerBody {
    pub(super) fn new(body: Body, call: CallUnderWay) -> Self {
        let waits = Some(call.wait());
        Self { body, call, waits }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.call.go_on(self.waits.take());
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // A poll means that the client has room again, so the wait of the part before is over.
        let waits = self.waits.take();
        self.call.go_on(waits);
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(Some(Ok(_)))) {
            self.waits = Some(self.call.wait());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_late_after_two_whole_stretches() {
        let waiting = WaitingAnswers::default();
        let place = waiting.begin(6);
        assert_eq!(
            [6, 7, 8, 9].map(|stretch| waiting.are_late(stretch)),
            [false, false, false, true]
        );
        waiting.end(place);
        assert!(!waiting.are_late(9));
    }
}
