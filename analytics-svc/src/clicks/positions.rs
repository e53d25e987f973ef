//! Which clicks of a batch are new: the numbers of a producer must follow one another.

/// What to do with a batch of clicks, given the last number that was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it was dealt with before.
    Duplicate,
    /// Numbers before the batch are missing; it must come again after them.
    Gap {
        /// The number that should have come.
        expected: u64,
    },
    /// Leave out the first `skip` clicks, take the others.
    Take {
        /// Clicks at the start that were dealt with before.
        skip: usize,
        /// Clicks that the producer says are gone for good.
        lost: u64,
        /// The last number that is dealt with afterwards.
        last: u64,
    },
}

/// Judges a batch of `len` clicks from number `first` on, of a producer whose numbers up to `last` are dealt with and which
/// says that the numbers up to `lost_through` are gone.
pub fn judge(last: u64, first: u64, len: usize, lost_through: u64) -> Verdict {
    // What is in the batch is not lost, whatever it says.
    let lost_through = if len > 0 { lost_through.min(first.saturating_sub(1)) } else { lost_through };
    let reached = last.max(lost_through);
    let lost = reached - last;
    let end = first.saturating_add(len as u64).saturating_sub(1);
    if len > 0 && first > reached + 1 {
        return Verdict::Gap { expected: last + 1 };
    }
    if lost == 0 && (len == 0 || end <= last) {
        return Verdict::Duplicate;
    }
    let skip = if len == 0 { 0 } else { (reached + 1 - first).min(len as u64) as usize };
    Verdict::Take { skip, lost, last: if len == 0 { reached } else { end.max(reached) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(skip: usize, lost: u64, last: u64) -> Verdict {
        Verdict::Take { skip, lost, last }
    }

    #[test]
    fn batches_in_order_are_taken() {
        assert_eq!(judge(0, 1, 10, 0), take(0, 0, 10));
        assert_eq!(judge(10, 11, 1, 0), take(0, 0, 11));
    }

    #[test]
    fn what_was_there_before_is_left_out() {
        assert_eq!(judge(10, 1, 10, 0), Verdict::Duplicate);
        assert_eq!(judge(10, 3, 2, 0), Verdict::Duplicate);
        assert_eq!(judge(10, 1, 11, 0), take(10, 0, 11));
        assert_eq!(judge(10, 8, 5, 0), take(3, 0, 12));
    }

    #[test]
    fn a_hole_asks_for_what_is_missing() {
        assert_eq!(judge(0, 2, 1, 0), Verdict::Gap { expected: 1 });
        assert_eq!(judge(10, 12, 5, 0), Verdict::Gap { expected: 11 });
        assert_eq!(judge(10, 20, 5, 15), Verdict::Gap { expected: 11 });
    }

    #[test]
    fn a_hole_that_stays_is_skipped_and_counted() {
        assert_eq!(judge(10, 20, 5, 19), take(0, 9, 24));
        assert_eq!(judge(10, 0, 0, 19), take(0, 9, 19));
        assert_eq!(judge(19, 20, 5, 19), take(0, 0, 24));
        assert_eq!(judge(24, 20, 5, 19), Verdict::Duplicate);
        assert_eq!(judge(19, 0, 0, 19), Verdict::Duplicate);
    }

    #[test]
    fn clicks_in_the_batch_are_never_lost() {
        assert_eq!(judge(10, 11, 5, 1_000), take(0, 0, 15));
    }

    /// Whatever way batches are cut, repeated and reordered: each number is taken once, in order.
    #[test]
    fn any_schedule_takes_each_number_once() {
        let mut state = 7u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for _ in 0..2_000 {
            let (mut last, mut taken) = (0, 0);
            for _ in 0..60 {
                let first = 1 + next(last + 4);
                let len = 1 + next(5);
                match judge(last, first, len as usize, 0) {
                    Verdict::Take { skip, lost: 0, last: reached } => {
                        assert_eq!(first + skip as u64, last + 1);
                        taken += len - skip as u64;
                        last = reached;
                    }
                    Verdict::Gap { expected } => assert_eq!(expected, last + 1),
                    Verdict::Duplicate => assert!(first + len - 1 <= last),
                    other => panic!("{other:?}"),
                }
                assert_eq!(taken, last);
            }
        }
    }
}
