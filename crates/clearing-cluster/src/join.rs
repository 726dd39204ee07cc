//! Waits for many things at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Waits for all futures together and returns what they give, in their order; the first failure
/// ends the others.
///
/// They run on the task that waits for them, so they may borrow from it.
pub async fn try_join_all<T, E, F>(futures: impl IntoIterator<Item = F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut waits: Vec<Wait<F, T>> =
        futures.into_iter().map(|future| Wait::Running(Box::pin(future))).collect();
    poll_fn(|context| {
        let mut is_pending = false;
        for wait in &mut waits {
            // One that has ended must not be polled again.
            let Wait::Running(future) = wait else { continue };
            match future.as_mut().poll(context) {
                Poll::Pending => is_pending = true,
                Poll::Ready(Ok(value)) => *wait = Wait::Ended(value),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        if is_pending { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    let ended = waits.into_iter().filter_map(|wait| match wait {
        Wait::Ended(value) => Some(value),
        Wait::Running(_) => None,
    });
    Ok(ended.collect())
}

/// A future under way, or what it gave.
enum Wait<F, T> {
    Running(Pin<Box<F>>),
    Ended(T),
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn all_run_together_and_answer_in_their_order() {
        let under_way = Cell::new(0);
        let one = async |number: usize| {
            under_way.set(under_way.get() + 1);
            // Each goes on only when every other one has begun.
            while under_way.get() < 3 {
                yield_now().await;
            }
            for _ in number..3 {
                yield_now().await;
            }
            Ok::<_, ()>(number)
        };
        assert_eq!(try_join_all((0..3).map(one)).await, Ok(vec![0, 1, 2]));
        assert_eq!(try_join_all((0..0).map(one)).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn the_first_failure_ends_the_others() {
        let one = async |number: usize| {
            if number == 1 { Err("one") } else { pending::<Result<(), _>>().await }
        };
        assert_eq!(try_join_all((0..3).map(one)).await, Err("one"));
    }
}
